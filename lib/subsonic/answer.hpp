#pragma once
// The body of an answer: a tree, printed as XML or as JSON, whichever the client asks for.
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace stretto::subsonic {

class Node;

/// What came of asking for the next part of an answer.
enum class Step {
    more,   ///< it is there, and another may follow
    later,  ///< not yet: others are to have their turn first
    end     ///< there is none
};
/// Gives the elements of a list one by one, when they are printed: there may be any number.
using Elements = std::function<Step(Node& next)>;

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
    /// The same, of elements without such lists in them.
    Node& list(std::string_view name, Elements elements);
    /// Elements that contain a number each.
    Node& numbers(std::string_view name, std::vector<std::int64_t> values);

    /// Text up to a list whose elements are still to be made.
    struct Part {
        std::string before;
        std::string_view name;  ///< of each element
        Elements elements;
    };
    /// At each such list, the text so far is moved to `parts`.
    void append_xml(std::string& to, std::string_view name, std::vector<Part>& parts) const;
    void append_json(std::string& to, std::vector<Part>& parts) const;
    /// Adds the members of another one.
    Node& take(Node other);

   private:
    using Numbers = std::vector<std::int64_t>;
    using Value =
        std::variant<bool, std::int64_t, std::string, std::vector<Node>, Numbers, Elements>;
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

/// The body, piece by piece.
class Text {
   public:
    /// @param content  what is in `subsonic-response` beside its attributes
    Text(Format format, Node content);
    /// Appends the next pieces until `to` has this many bytes.
    Step more(std::string& to, std::size_t bytes);

   private:
    friend std::string print(Format format, const Refusal& refusal);
    struct Whole {};
    Text(Whole, Format format, Node response);

    Format format_;
    std::vector<Node::Part> parts_;
    std::string last_;
    std::size_t at_ = 0;
    bool first_ = true;
};

/// All of it at once.
std::string print(Format format, Node content);
std::string print(Format format, const Refusal& refusal);

/// A value of an attribute in double quotes: markup and line breaks escaped; what no XML 1.0 may
/// hold becomes U+FFFD.
void append_xml_text(std::string& to, std::string_view value);

}  // namespace stretto::subsonic
