#include "subsonic/answer.hpp"

#include "base/json.hpp"

namespace stretto::subsonic {
namespace {

constexpr std::string_view api_version = "1.16.1";
constexpr std::string_view replacement = "\xef\xbf\xbd";  // U+FFFD

template <class... Calls>
struct Overloaded : Calls... {
    using Calls::operator()...;
};
template <class... Calls>
Overloaded(Calls...) -> Overloaded<Calls...>;

/// U+FFFE and U+FFFF, which are characters in JSON but not in XML.
bool is_no_character(std::string_view at) {
    return at.starts_with("\xef\xbf\xbe") || at.starts_with("\xef\xbf\xbf");
}

/// What is in every response.
Node whole(bool ok) {
    Node node;
    node.text("status", ok ? "ok" : "failed")
        .text("version", std::string{api_version})
        .text("type", "stretto")
        .text("serverVersion", STRETTO_VERSION)
        .flag("openSubsonic", true);
    return node;
}

std::string all_of(Text text) {
    std::string out;
    while (text.more(out, out.max_size()) != Step::end) {
    }
    return out;
}

}  // namespace

void append_xml_text(std::string& to, std::string_view value) {
    const auto valid = valid_utf8(value);
    for (std::size_t i = 0; i < valid.size(); ++i) {
        const char c = valid[i];
        if (c == '&')
            to += "&amp;";
        else if (c == '<')
            to += "&lt;";
        else if (c == '>')
            to += "&gt;";
        else if (c == '"')
            to += "&quot;";
        else if (c == '\t' || c == '\n' || c == '\r')
            to += c == '\t' ? "&#9;" : c == '\n' ? "&#10;" : "&#13;";
        else if (static_cast<unsigned char>(c) < ' ')
            to += replacement;
        else if (is_no_character(std::string_view{valid}.substr(i)))
            to += replacement, i += 2;
        else
            to += c;
    }
}

Node& Node::text(std::string_view name, std::string value) {
    members_.push_back({name, false, std::move(value)});
    return *this;
}
Node& Node::text_if(std::string_view name, std::string value) {
    return value.empty() ? *this : text(name, std::move(value));
}
Node& Node::number(std::string_view name, std::int64_t value) {
    members_.push_back({name, false, value});
    return *this;
}
Node& Node::number_if(std::string_view name, std::int64_t value) {
    return value == 0 ? *this : number(name, value);
}
Node& Node::flag(std::string_view name, bool value) {
    members_.push_back({name, false, value});
    return *this;
}
Node& Node::child(std::string_view name, Node value) {
    std::vector<Node> one;
    one.push_back(std::move(value));
    members_.push_back({name, false, std::move(one)});
    return *this;
}
Node& Node::list(std::string_view name, std::vector<Node> values) {
    members_.push_back({name, true, std::move(values)});
    return *this;
}
Node& Node::list(std::string_view name, Elements elements) {
    members_.push_back({name, true, std::move(elements)});
    return *this;
}
Node& Node::numbers(std::string_view name, std::vector<std::int64_t> values) {
    members_.push_back({name, true, std::move(values)});
    return *this;
}

Node& Node::take(Node other) {
    for (auto& member : other.members_) members_.push_back(std::move(member));
    return *this;
}

void Node::append_xml(std::string& to, std::string_view name, std::vector<Part>& parts) const {
    const auto attribute = [&](std::string_view key, std::string_view value) {
        ((to += ' ') += key) += "=\"";
        append_xml_text(to, value);
        to += '"';
    };
    (to += '<') += name;
    for (const auto& member : members_)
        std::visit(
            Overloaded{[&](bool value) { attribute(member.name, value ? "true" : "false"); },
                       [&](std::int64_t value) { attribute(member.name, std::to_string(value)); },
                       [&](const std::string& value) { attribute(member.name, value); },
                       [](const auto&) {}},
            member.value);
    to += '>';
    for (const auto& member : members_) {
        if (const auto* nodes = std::get_if<std::vector<Node>>(&member.value))
            for (const auto& node : *nodes) node.append_xml(to, member.name, parts);
        if (const auto* elements = std::get_if<Elements>(&member.value))
            parts.push_back({std::exchange(to, {}), member.name, *elements});
        if (const auto* numbers = std::get_if<Numbers>(&member.value))
            for (const auto number : *numbers) {
                ((to += '<') += member.name) += '>';
                ((to += std::to_string(number)) += "</") += member.name;
                to += '>';
            }
    }
    ((to += "</") += name) += '>';
}

void Node::append_json(std::string& to, std::vector<Part>& parts) const {
    JsonObject object{to};
    for (const auto& member : members_) {
        auto& out = object[member.name];
        std::visit(Overloaded{[&](bool value) { out += value ? "true" : "false"; },
                              [&](std::int64_t value) { stretto::append_json(out, value); },
                              [&](const std::string& value) { stretto::append_json(out, value); },
                              [&](const std::vector<Node>& nodes) {
                                  if (!member.repeated) return nodes[0].append_json(out, parts);
                                  append_json_list(out, nodes,
                                                   [&](std::string& list, const Node& node) {
                                                       node.append_json(list, parts);
                                                   });
                              },
                              [&](const Elements& elements) {
                                  out += '[';
                                  parts.push_back({std::exchange(out, {}), member.name, elements});
                                  out += ']';
                              },
                              [&](const Numbers& numbers) {
                                  append_json_list(out, numbers,
                                                   [](std::string& list, std::int64_t number) {
                                                       stretto::append_json(list, number);
                                                   });
                              }},
                   member.value);
    }
    object.end();
}

Text::Text(Whole, Format format, Node response) : format_(format) {
    if (format == Format::xml) {
        last_ = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
        response.text("xmlns", "http://subsonic.org/restapi");
        response.append_xml(last_, "subsonic-response", parts_);
    } else {
        JsonObject object{last_};
        response.append_json(object["subsonic-response"], parts_);
        object.end();
    }
    last_ += '\n';
}

Text::Text(Format format, Node content)
    : Text(Whole{}, format, std::move(whole(true).take(std::move(content)))) {}

Step Text::more(std::string& to, std::size_t bytes) {
    while (to.size() < bytes) {
        if (at_ == parts_.size()) {
            to += std::exchange(last_, {});
            return Step::end;
        }
        auto& part = parts_[at_];
        to += std::exchange(part.before, {});
        Node node;
        const auto step = part.elements(node);
        if (step == Step::later) return step;
        if (step == Step::end) {
            ++at_;
            first_ = true;
            continue;
        }
        std::vector<Node::Part> none;
        if (format_ == Format::xml) {
            node.append_xml(to, part.name, none);
        } else {
            if (!std::exchange(first_, false)) to += ',';
            node.append_json(to, none);
        }
    }
    return Step::more;
}

std::string print(Format format, Node content) { return all_of({format, std::move(content)}); }

std::string print(Format format, const Refusal& refusal) {
    auto node = whole(false);
    Node error;
    error.number("code", refusal.code).text("message", refusal.why);
    node.child("error", std::move(error));
    return all_of({Text::Whole{}, format, std::move(node)});
}

}  // namespace stretto::subsonic
