#pragma once
// The kinds of failure: Error (of a disk, a codec, a server) and Malformed (invalid bytes from a
// stranger). The third kind, a bug of ours, is for assert() and the sanitizers.
#include <sysexits.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/text.hpp"

namespace stretto {

/// A disk, a codec or a server failed. Thrown; ends the current job.
/// what() is one line for people, without the tool's name; exit() is a status of sysexits.h for
/// scripts.
class Error : public std::runtime_error {
   public:
    Error(int exit_status, const std::string& what)
        : std::runtime_error(what), exit_(exit_status) {}

    int exit() const noexcept { return exit_; }

   private:
    int exit_;
};

/// Invalid bytes from a stranger. Returned, not thrown, because a server gets such bytes in its
/// ordinary work.
struct Malformed {
    std::string why;
};

/// A T, or the reason why there is no T. Has the interface of std::expected, which g++ 12 has only
/// in C++23.
template <class T>
class [[nodiscard]] Result {
   public:
    Result(T value) : value_(std::move(value)) {}
    Result(Malformed error) : value_(std::move(error)) {}

    explicit operator bool() const noexcept { return std::holds_alternative<T>(value_); }
    T& operator*() { return std::get<T>(value_); }
    const T& operator*() const { return std::get<T>(value_); }
    T* operator->() { return &std::get<T>(value_); }
    const T* operator->() const { return &std::get<T>(value_); }
    const Malformed& error() const { return std::get<Malformed>(value_); }

   private:
    std::variant<T, Malformed> value_;
};

/// Bad data with its subject: "'song.ogg': page 7 is missing", exit 65.
inline Error bad_data(std::string_view subject, std::string_view why) {
    return Error{EX_DATAERR, text("'", subject, "': ", why)};
}

/// Returns the value, or throws bad_data(): for tools whose only job is this input.
template <class T>
T must(Result<T> result, std::string_view subject) {
    if (!result) throw bad_data(subject, result.error().why);
    return std::move(*result);
}

/// A failed system call: "cannot open 'a.ogg': No such file or directory". Reads errno at once.
/// Exit 74 (input or output), 66 if an input does not exist.
Error system_error(std::string_view doing, std::string_view subject);
/// The same for an output that cannot be created: "cannot create 'x/a.ogg': No such file or
/// directory". Exit 73; 74 if the disk is full or broken.
Error output_error(std::string_view subject);

}  // namespace stretto
