#include "base/json_value.hpp"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/json.hpp"

namespace stretto {
namespace {

/// The shortest digits that read back as `value`; with a point or an exponent, so that readers see
/// a number that need not be whole.
void append_number(std::string& to, double value) {
    char digits[64];
    const auto print = [&](auto... how) {
        return std::string_view{digits,
                                std::to_chars(digits, digits + sizeof digits, value, how...).ptr};
    };
    if (!std::isfinite(value)) {
        to += "null";
        return;
    }
    const double size = std::abs(value);
    const bool plain = size == 0 || (size >= 1e-5 && size < 1e15);
    const auto printed = plain ? print(std::chars_format::fixed) : print();
    to += printed;
    if (printed.find_first_of(".e") == std::string_view::npos) to += ".0";
}

Json value_of(simdjson::dom::element from) {
    using Type = simdjson::dom::element_type;
    switch (from.type()) {
        case Type::ARRAY: {
            auto to = Json::array();
            for (const auto item : simdjson::dom::array(from)) to.push_back(value_of(item));
            return to;
        }
        case Type::OBJECT: {
            Json::Object members;
            for (const auto [key, value] : simdjson::dom::object(from))
                members.emplace_back(std::string{key}, value_of(value));
            return Json::object(std::move(members));
        }
        case Type::INT64:
            return std::int64_t(from);
        case Type::UINT64:
            return std::uint64_t(from);
        case Type::DOUBLE:
            return double(from);
        case Type::STRING:
            return std::string_view(from);
        case Type::BOOL:
            return bool(from);
        case Type::NULL_VALUE:
            break;
    }
    return nullptr;
}

}  // namespace

Json::Json() : value_(nullptr) {}
Json::Json(double value) : value_(value) {}
Json::Json(std::string value) : value_(std::move(value)) {}
Json::Json(std::string_view value) : value_(std::string{value}) {}
Json::Json(const char* value) : value_(std::string{value}) {}
Json::Json(const Json& other) = default;
Json::Json(Json&& other) noexcept = default;
Json& Json::operator=(const Json& other) = default;
Json& Json::operator=(Json&& other) noexcept = default;
Json::~Json() = default;

Json::Json(std::initializer_list<Json> list) {
    const bool pairs = std::ranges::all_of(list, [](const Json& one) {
        return one.is_array() && one.size() == 2 && one.at(std::size_t{0}).is_string();
    });
    if (!pairs) {
        value_ = Array(list);
        return;
    }
    auto& members = value_.emplace<Object>();
    for (const auto& one : list) members.emplace_back(one.items()[0].string(), one.items()[1]);
}

Json Json::of_bool(bool value) {
    Json json;
    json.value_ = value;
    return json;
}
Json Json::of_signed(std::int64_t value) {
    Json json;
    json.value_ = value;
    return json;
}
Json Json::of_unsigned(std::uint64_t value) {
    Json json;
    json.value_ = value;
    return json;
}
Json Json::object(Object members) {
    Json json;
    json.value_ = std::move(members);
    return json;
}
Json Json::array() { return array({}); }
Json Json::array(std::initializer_list<Json> list) {
    Json json;
    json.value_ = Array(list);
    return json;
}
Json Json::object() { return object(Object{}); }

Result<Json> Json::parse(std::string_view text) {
    if (text.empty()) return Malformed{"no JSON"};  // simdjson would copy nothing from nowhere
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    if (const auto error = parser.parse(text.data(), text.size()).get(root))
        return Malformed{simdjson::error_message(error)};
    return value_of(root);
}

std::string Json::dump(int indent) const {
    std::string out;
    append_to(out, indent, 0);
    return out;
}

void Json::append_to(std::string& out, int indent, int level) const {
    const auto line = [&](int depth) {
        if (indent < 0) return;
        out += '\n';
        out.append(static_cast<std::size_t>(indent * depth), ' ');
    };
    const auto list = [&](char open, char close, const auto& all, const auto& each) {
        out += open;
        for (const auto& one : all) {
            if (&one != &all.front()) out += ',';
            line(level + 1);
            each(one);
        }
        if (!all.empty()) line(level);
        out += close;
    };
    if (const auto* text = std::get_if<std::string>(&value_))
        append_json(out, *text);
    else if (const auto* real = std::get_if<double>(&value_))
        append_number(out, *real);
    else if (const auto* integer = std::get_if<std::int64_t>(&value_))
        out += std::to_string(*integer);
    else if (const auto* natural = std::get_if<std::uint64_t>(&value_))
        out += std::to_string(*natural);
    else if (const auto* yes = std::get_if<bool>(&value_))
        out += *yes ? "true" : "false";
    else if (const auto* items = std::get_if<Array>(&value_))
        list('[', ']', *items, [&](const Json& item) { item.append_to(out, indent, level + 1); });
    else if (const auto* members = std::get_if<Object>(&value_))
        list('{', '}', *members, [&](const auto& member) {
            append_json(out, member.first);
            out += indent < 0 ? ":" : ": ";
            member.second.append_to(out, indent, level + 1);
        });
    else
        out += "null";
}

bool Json::is_null() const { return std::holds_alternative<std::nullptr_t>(value_); }
bool Json::is_bool() const { return std::holds_alternative<bool>(value_); }
bool Json::is_string() const { return std::holds_alternative<std::string>(value_); }
bool Json::is_integer() const {
    return std::holds_alternative<std::int64_t>(value_) ||
           std::holds_alternative<std::uint64_t>(value_);
}
bool Json::is_number() const { return is_integer() || std::holds_alternative<double>(value_); }
bool Json::is_array() const { return std::holds_alternative<Array>(value_); }
bool Json::is_object() const { return std::holds_alternative<Object>(value_); }

bool Json::boolean() const {
    if (const auto* yes = std::get_if<bool>(&value_)) return *yes;
    throw Wrong{"not true or false"};
}
const std::string& Json::string() const {
    if (const auto* text = std::get_if<std::string>(&value_)) return *text;
    throw Wrong{"not a string"};
}
std::int64_t Json::integer() const {
    if (const auto* value = std::get_if<std::int64_t>(&value_)) return *value;
    const auto* value = std::get_if<std::uint64_t>(&value_);
    if (value && *value <= INT64_MAX) return static_cast<std::int64_t>(*value);
    throw Wrong{value ? "an integer out of range" : "not an integer"};
}
std::uint64_t Json::natural() const {
    if (const auto* value = std::get_if<std::uint64_t>(&value_)) return *value;
    const auto* value = std::get_if<std::int64_t>(&value_);
    if (value && *value >= 0) return static_cast<std::uint64_t>(*value);
    throw Wrong{value ? "an integer below 0" : "not an integer"};
}
double Json::number() const {
    if (const auto* value = std::get_if<double>(&value_)) return *value;
    if (const auto* value = std::get_if<std::int64_t>(&value_)) return static_cast<double>(*value);
    if (const auto* value = std::get_if<std::uint64_t>(&value_)) return static_cast<double>(*value);
    throw Wrong{"not a number"};
}
const Json::Array& Json::items() const {
    if (const auto* items = std::get_if<Array>(&value_)) return *items;
    throw Wrong{"not a list"};
}
const Json::Object& Json::members() const {
    if (const auto* members = std::get_if<Object>(&value_)) return *members;
    throw Wrong{"not an object"};
}
const Json& Json::at(std::string_view key) const {
    if (const auto* value = find(key)) return *value;
    throw Wrong{text("no '", key, "'")};
}
const Json& Json::at(std::size_t index) const {
    if (index < items().size()) return items()[index];
    throw Wrong{"a list that is too short"};
}

const Json* Json::find(std::string_view key) const {
    const auto* members = std::get_if<Object>(&value_);
    if (!members) return nullptr;
    const auto found = std::find_if(members->rbegin(), members->rend(),
                                    [&](const auto& member) { return member.first == key; });
    return found == members->rend() ? nullptr : &found->second;
}
std::size_t Json::size() const {
    if (const auto* items = std::get_if<Array>(&value_)) return items->size();
    const auto* members = std::get_if<Object>(&value_);
    return members ? members->size() : 0;
}

Json& Json::operator[](std::string_view key) {
    if (is_null()) value_.emplace<Object>();
    if (const auto* found = find(key)) return const_cast<Json&>(*found);
    auto* members = std::get_if<Object>(&value_);
    if (!members) throw Wrong{"not an object"};
    return members->emplace_back(std::string{key}, Json{}).second;
}
void Json::push_back(Json value) {
    if (is_null()) value_.emplace<Array>();
    auto* items = std::get_if<Array>(&value_);
    if (!items) throw Wrong{"not a list"};
    items->push_back(std::move(value));
}
void Json::update(const Json& other) {
    for (const auto& [key, value] : other.members()) (*this)[key] = value;
}

}  // namespace stretto
