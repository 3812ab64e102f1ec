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
