#pragma once
// text(): join parts into one string, as std::format will when the compiler has it.
#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

namespace stretto {

/// A part of a text(): characters, or a number in the format of C++ streams.
class TextPart {
   public:
    TextPart(std::string_view characters) : kind_(Kind::characters), characters_(characters) {}
    TextPart(const std::string& s) : TextPart(std::string_view{s}) {}
    TextPart(const char* s) : TextPart(std::string_view{s}) {}
    TextPart(char c) : kind_(Kind::character), character_(c) {}
    TextPart(double v) : kind_(Kind::real), real_(v) {}
    template <std::integral Integer>
    TextPart(Integer v)
        : kind_(std::signed_integral<Integer> ? Kind::integer : Kind::natural),
          natural_(static_cast<unsigned long long>(v)) {}

    void append_to(std::string& out) const;

   private:
    enum class Kind { characters, character, integer, natural, real } kind_;
    union {
        std::string_view characters_;
        char character_;
        unsigned long long natural_;
        double real_;
    };
};

std::string join(std::initializer_list<TextPart> parts);

/// `text("chunk ", 3, " of ", 22)` is "chunk 3 of 22". Numbers are printed in the C locale,
/// whatever LC_ALL says; a double with six digits.
template <class... Parts>
std::string text(const Parts&... parts) {
    return join({TextPart{parts}...});
}

}  // namespace stretto
