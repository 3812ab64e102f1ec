#include "http/outgoing.hpp"

namespace stretto::http {

void append_field(std::string& to, std::string_view name, std::string_view value) {
    to.append(name).append(": ").append(value).append("\r\n");
}

std::string print_fields(const Fields& fields) {
    std::string out;
    for (const auto& field : fields) append_field(out, field.name, field.value);
    return out;
}

std::string privately(std::string_view fields) {
    std::string kept;
    kept.reserve(fields.size() + 16);
    bool said = false;
    while (!fields.empty()) {
        const auto end = fields.find("\r\n") + 2;
        const auto line = fields.substr(0, end);
        fields.remove_prefix(end);
        const auto name = line.substr(0, line.find(':'));
        if (same_token(name, "CDN-Cache-Control") || same_token(name, "Surrogate-Control"))
            continue;
        if (!same_token(name, "Cache-Control")) {
            kept += line;
            continue;
        }
        const auto rest = line.substr(name.size() + 1, line.size() - name.size() - 3);
        // `private` is first, so that it counts whatever follows
        kept += "Cache-Control: private";
        for (const auto member : list_members(rest))
            if (!same_token(member, "public") && !same_token(member, "private"))
                kept.append(", ").append(member);
        kept += "\r\n";
        said = true;
    }
    if (!said) kept += "Cache-Control: private\r\n";
    return kept;
}

Outgoing busy_answer() {
    return plain_answer(503, "too many responses at a time", "Retry-After: 1\r\n");
}

Outgoing plain_answer(int status, std::string_view why, std::string fields) {
    Outgoing response;
    response.status = status;
    std::string body{why};
    body += '\n';
    response.fields = std::move(fields);
    // scripts of other pages may tell a 404 from a dead line; there is no secret in an error
    append_field(response.fields, "Access-Control-Allow-Origin", "*");
    append_field(response.fields, "Content-Type", "text/plain; charset=utf-8");
    response.length = body.size();
    response.body = body_of(std::move(body));
    return response;
}

}  // namespace stretto::http
