#include "base/help.hpp"

#include <CLI/CLI.hpp>

#include "base/text.hpp"

namespace stretto {
namespace {

constexpr std::size_t line_columns = 79, help_column = 27;

/// Words of `what` from `column` on; the first line has reached that column already.
std::string wrapped(std::string_view what, std::size_t column) {
    std::string out;
    std::size_t at = column;
    while (!what.empty()) {
        const auto end = std::min(what.find(' '), what.size());
        const auto word = what.substr(0, end);
        what.remove_prefix(std::min(end + 1, what.size()));
        if (at > column && at + 1 + word.size() > line_columns) {
            out += '\n' + std::string(column, ' ');
            at = column;
        }
        if (at > column) out += ' ', ++at;
        out += word;
        at += word.size();
    }
    return out;
}

std::string row(std::string left, const std::string& help) {
    left = "  " + left;
    if (left.size() + 2 > help_column)
        left += '\n' + std::string(help_column, ' ');
    else
        left.resize(help_column, ' ');
    return left + wrapped(help, help_column) + '\n';
}

/// "-o, --output FILE"
std::string names_of(const CLI::Option& option) {
    std::string names;
    for (const auto& name : option.get_snames()) names += (names.empty() ? "-" : ", -") + name;
    for (const auto& name : option.get_lnames()) names += (names.empty() ? "--" : ", --") + name;
    if (option.get_items_expected_max() > 0) names += ' ' + option.get_type_name();
    return names;
}

std::string help_of(const CLI::Option& option) {
    auto help = option.get_description();
    if (const auto value = option.get_default_str(); !value.empty()) help += text(" (", value, ")");
    if (!option.get_envname().empty()) help += text(" [$", option.get_envname(), "]");
    return help;
}

class Formatter : public CLI::Formatter {
   public:
    std::string make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const override {
        std::string out = wrapped(app->get_description(), 0) + "\n\nUsage: " + app->get_name();
        std::string arguments;
        const auto all = app->get_options([](const CLI::Option* o) { return o->nonpositional(); });
        if (all.size() > 2) out += " [OPTION]...";
        for (const auto* argument :
             app->get_options([](const CLI::Option* o) { return o->get_positional(); })) {
            const auto name =
                argument->get_name(true) + (argument->get_items_expected_max() > 1 ? "..." : "");
            out += argument->get_required() ? ' ' + name : text(" [", name, "]");
            arguments += row(argument->get_name(true), help_of(*argument));
        }
        out += '\n';
        if (!arguments.empty()) out += "\nArguments:\n" + arguments;
        for (const auto& group : app->get_groups()) {
            std::string rows;
            for (const auto* option : all)
                if (option->get_group() == group) rows += row(names_of(*option), help_of(*option));
            if (!rows.empty()) out += text("\n", group, ":\n", rows);
        }
        return out + '\n' + app->get_footer() + '\n';
    }
};

}  // namespace

std::shared_ptr<CLI::FormatterBase> help_formatter() { return std::make_shared<Formatter>(); }

}  // namespace stretto
