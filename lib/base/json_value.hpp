#pragma once
// JSON as values: built, printed, parsed. Light to include; the parser is simdjson's. Where speed
// matters, base/json.hpp prints without a tree.
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.hpp"

namespace stretto {

/// `Json{{"id", id}, {"bitrates", {96, 160}}, {"lufs", nullptr}}`: a list of pairs that begin with
/// a string is an object, any other list is an array. Members keep their order. As in all C++ with
/// such lists, `Json{value}` is a list of one: write `Json(value)` for a copy.
class Json {
   public:
    using Array = std::vector<Json>;
    using Object = std::vector<std::pair<std::string, Json>>;

    /// A value has another type than requested, or a member is missing.
    struct Wrong : std::runtime_error {
        using std::runtime_error::runtime_error;
    };

    Json();
    Json(std::nullptr_t) : Json() {}
    template <std::integral Value>
    Json(Value value) : Json(of(value)) {}
    Json(double value);
    Json(std::string value);
    Json(std::string_view value);
    Json(const char* value);
    template <class T>
    Json(const std::optional<T>& value) : Json(value ? Json(*value) : Json()) {}
    template <class T>
    Json(const std::vector<T>& values) : Json(array()) {
        for (const auto& value : values) push_back(value);
    }
    Json(std::initializer_list<Json> list);

    Json(const Json& other);
    Json(Json&& other) noexcept;
    Json& operator=(const Json& other);
    Json& operator=(Json&& other) noexcept;
    ~Json();

    static Json array();
    static Json array(std::initializer_list<Json> list);
    static Json object();
    static Json object(Object members);

    /// Malformed for invalid JSON, numbers beyond 64 bits, and more than 1000 levels.
    static Result<Json> parse(std::string_view text);

    /// On one line, or with `indent` spaces a level. Invalid UTF-8 becomes U+FFFD; a number that is
    /// not finite, null.
    std::string dump(int indent = -1) const;

    bool is_null() const;
    bool is_bool() const;
    bool is_string() const;
    bool is_integer() const;
    bool is_number() const;
    bool is_array() const;
    bool is_object() const;

    // the following functions throw Wrong
    bool boolean() const;
    const std::string& string() const;
    std::int64_t integer() const;   ///< Wrong also outside its range
    std::uint64_t natural() const;  ///< Wrong also below 0
    double number() const;          ///< of any number
    const Array& items() const;     ///< of an array
    const Object& members() const;  ///< of an object
    const Json& at(std::string_view key) const;
    const Json& at(std::size_t index) const;

    /// The member, the last one if the key is repeated; nullptr if there is no member or no object.
    const Json* find(std::string_view key) const;
    bool contains(std::string_view key) const { return find(key); }
    std::size_t size() const;  ///< of an array or object; otherwise 0

    /// The member, created if it is missing; null becomes an object.
    Json& operator[](std::string_view key);
    /// Null becomes an array.
    void push_back(Json value);
    /// Each member of another object is set in this one.
    void update(const Json& other);

   private:
    template <std::integral Value>
    static Json of(Value value) {
        if constexpr (std::same_as<Value, bool>)
            return of_bool(value);
        else if constexpr (std::signed_integral<Value>)
            return of_signed(value);
        else
            return of_unsigned(value);
    }
    static Json of_bool(bool value);
    static Json of_signed(std::int64_t value);
    static Json of_unsigned(std::uint64_t value);
    void append_to(std::string& out, int indent, int level) const;

    std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, std::string, Array,
                 Object>
        value_;
};

}  // namespace stretto
