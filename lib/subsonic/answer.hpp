#pragma once
// The body of an answer: a tree, printed as XML or as JSON, whichever the client asks for.
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace stretto::subsonic {

/// An element with attributes and elements in it; in JSON, an object. Names are ours and outlive
/// it.
class Node {
   public:
    Node& text(std::string_view name, std::string value);
    /// Left out if it is empty.
    Node& text_if(std::string_view name, std::string value);
    Node& number(std::string_view name, std::int64_t value);
    /// Left out if it is 0.
    Node& number_if(std::string_view name, std::int64_t value);
    Node& flag(std::string_view name, bool value);
    Node& child(std::string_view name, Node value);
    /// Repeated elements; in JSON an array, also without any.
    Node& list(std::string_view name, std::vector<Node> values);
    /// Elements that contain a number each.
    Node& numbers(std::string_view name, std::vector<std::int64_t> values);

    void append_xml(std::string& to, std::string_view name) const;
    void append_json(std::string& to) const;
    /// Adds the members of another one.
    Node& take(Node other);

   private:
    using Numbers = std::vector<std::int64_t>;
    using Value = std::variant<bool, std::int64_t, std::string, std::vector<Node>, Numbers>;
    struct Member {
        std::string_view name;
        bool repeated;  // of elements
        Value value;
    };
    std::vector<Member> members_;
};

enum class Format { xml, json };

/// A request that cannot be fulfilled, with a code of the API.
struct Refusal {
    enum Code {
        generic = 0,
        missing_parameter = 10,
        wrong_password = 40,
        no_token_and_salt = 41,
        two_mechanisms = 43,
        wrong_key = 44,
        not_found = 70
    } code = generic;
    std::string why;
};

/// The whole body. @param content  what is in `subsonic-response` beside its attributes
std::string print(Format format, Node content);
std::string print(Format format, const Refusal& refusal);

/// A value of an attribute in double quotes: markup and line breaks escaped; what no XML 1.0 may
/// hold becomes U+FFFD.
void append_xml_text(std::string& to, std::string_view value);

}  // namespace stretto::subsonic
