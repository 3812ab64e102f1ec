#include "base/terminal.hpp"

#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace stretto {
namespace {

// What handlers of signals need lies in plain variables.
int terminal_fd = -1;
volatile sig_atomic_t raw = 0;
termios before{}, during{};

void set_back() {
    if (!raw) return;
    raw = 0;
    ::tcsetattr(terminal_fd, TCSANOW, &before);
}
bool ours() { return ::tcgetpgrp(terminal_fd) == ::getpgrp(); }
void set_keys() {
    if (terminal_fd < 0 || !ours()) return;
    raw = 1;
    ::tcsetattr(terminal_fd, TCSANOW, &during);
}

/// Set back, then let the signal do what it does by default.
void pass_on(int number) {
    const int error = errno;
    set_back();
    struct sigaction action {
    }, kept{};
    action.sa_handler = SIG_DFL;
    ::sigaction(number, &action, &kept);
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, number);
    ::raise(number);
    ::sigprocmask(SIG_UNBLOCK, &only, nullptr);  // it ends or stops the program here
    ::sigaction(number, &kept, nullptr);
    set_keys();  // continued
    errno = error;
}

constexpr int passed_on[] = {SIGTSTP, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGABRT, SIGSEGV, SIGBUS};

/// @param from, to  dispositions: any other disposition stays
void exchange(void (*from)(int), void (*to)(int)) {
    for (const int number : passed_on) {
        struct sigaction now {
        }, then{};
        ::sigaction(number, nullptr, &now);
        if (now.sa_handler != from) continue;
        then.sa_handler = to;
        then.sa_flags = SA_RESTART;
        ::sigaction(number, &then, nullptr);
    }
}

/// A locale whose wcwidth() knows Unicode, for this thread and a while.
class UnicodeLocale {
   public:
    UnicodeLocale() : before_(::uselocale(unicode())) {}
    ~UnicodeLocale() { ::uselocale(before_); }
    UnicodeLocale(const UnicodeLocale&) = delete;

   private:
    static locale_t unicode() {
        static const locale_t made = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
        return made;
    }
    locale_t before_;
};

/// The next character of UTF-8 text, which gets shorter by it; -1 when it is broken.
long next_character(std::string_view& text) {
    const auto lead = static_cast<unsigned char>(text[0]);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xc2 ? 0
                               : lead < 0xe0 ? 2
                               : lead < 0xf0 ? 3
                               : lead < 0xf5 ? 4
                                             : 0;
    long value = length == 1 ? lead : lead & (0x7f >> length);
    bool right = length > 0 && text.size() >= length;
    for (std::size_t i = 1; right && i < length; ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        right = (c & 0xc0) == 0x80;
        value = value << 6 | (c & 0x3f);
    }
    const long least[] = {0, 0, 0x80, 0x800, 0x10000};
    right =
        right && value >= least[length] && value <= 0x10ffff && (value < 0xd800 || value > 0xdfff);
    text.remove_prefix(right ? length : 1);
    return right ? value : -1;
}

bool turns_direction(long c) {
    return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e ||
           c == 0x200f || c == 0x061c;
}

}  // namespace

bool in_foreground(int fd) {
    if (!::isatty(fd)) return false;
    const pid_t group = ::tcgetpgrp(fd);
    return group < 0 || group == ::getpgrp();  // -1: not our session's, so nobody controls jobs
}

bool KeyTerminal::readable() {
    if (!active_ || !ours()) return false;
    if (!raw) set_keys();
    return true;
}

KeyTerminal::KeyTerminal(int fd) {
    terminal_fd = fd;
    if (!::isatty(fd) || !ours() || ::tcgetattr(fd, &before) != 0) {
        terminal_fd = -1;
        return;
    }
    during = before;
    during.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    during.c_cc[VMIN] = 1;
    during.c_cc[VTIME] = 0;
    static const int registered = std::atexit(set_back);
    static_cast<void>(registered);
    exchange(SIG_DFL, pass_on);
    set_keys();
    active_ = true;
}

KeyTerminal::~KeyTerminal() {
    if (!active_) return;
    set_back();
    exchange(pass_on, SIG_DFL);
    terminal_fd = -1;
}

std::vector<Press> KeyReader::add(std::string_view bytes) {
    std::vector<Press> presses;
    for (const char c : bytes) {
        if (sequence_.empty()) {
            if (c == '\x1b')
                sequence_ = c;
            else if (c == ' ')
                presses.push_back({Key::space});
            else if (c > ' ' && c < 0x7f)
                presses.push_back({Key::character, c});
            continue;
        }
        if (sequence_.size() == 1 && c != '[' && c != 'O') {
            sequence_.clear();  // ESC alone, or Alt with a key
            if (c == '\x1b') sequence_ = c;
            continue;
        }
        // a sequence ends with a letter or ~ (ECMA-48, 5.4); longer ones than 8 are none
        if (sequence_.size() == 1 || (c < 0x40 && sequence_.size() < 8)) {
            sequence_ += c;
            continue;
        }
        if (sequence_.size() == 2) switch (c) {
                case 'A':
                    presses.push_back({Key::up});
                    break;
                case 'B':
                    presses.push_back({Key::down});
                    break;
                case 'C':
                    presses.push_back({Key::right});
                    break;
                case 'D':
                    presses.push_back({Key::left});
                    break;
                default:
                    break;
            }
        sequence_.clear();
    }
    return presses;
}

std::string fit_columns(std::string_view text, std::size_t columns, bool utf8) {
    const UnicodeLocale locale;
    std::string out;
    std::size_t used = 0, fits = 0;  // bytes of `out` behind which the mark of a cut has room
    while (!text.empty()) {
        const auto from = text;
        const long c = next_character(text);
        const auto bytes = from.substr(0, from.size() - text.size());
        const bool plain = c >= 0 && (utf8 || c < 0x80);
        const int width = plain ? ::wcwidth(static_cast<wchar_t>(c)) : 1;
        if (width < 0 || turns_direction(c)) continue;
        if (used + static_cast<std::size_t>(width) > columns) {
            out.resize(fits);
            if (columns > 0) out += utf8 ? "\u2026" : "~";
            return out;
        }
        out += plain ? bytes : "?";
        used += static_cast<std::size_t>(width);
        if (used < columns) fits = out.size();
    }
    return out;
}

std::size_t columns_of(std::string_view text) {
    const UnicodeLocale locale;
    std::size_t columns = 0;
    while (!text.empty())
        columns += static_cast<std::size_t>(
            std::max(0, ::wcwidth(static_cast<wchar_t>(next_character(text)))));
    return columns;
}

bool utf8_locale() {
    const locale_t locale = ::newlocale(LC_CTYPE_MASK, "", nullptr);
    if (!locale) return false;
    const bool utf8 = std::string_view{::nl_langinfo_l(CODESET, locale)} == "UTF-8";
    ::freelocale(locale);
    return utf8;
}

}  // namespace stretto
