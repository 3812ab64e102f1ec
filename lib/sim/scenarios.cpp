#include "sim/scenarios.hpp"

#include <algorithm>
#include <charconv>

#include "base/file.hpp"

namespace stretto::sim {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t most_bytes = 64u << 20;
constexpr std::string_view header = "file\toffset_s\tmultiplier\trtt_ms";

std::vector<std::string_view> split(std::string_view line) {
    std::vector<std::string_view> fields;
    for (;;) {
        const auto tab = line.find('\t');
        fields.push_back(line.substr(0, tab));
        if (tab == line.npos) return fields;
        line.remove_prefix(tab + 1);
    }
}

bool number(std::string_view text, double low, double high, double& into) {
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), into);
    return code == std::errc{} && end == text.data() + text.size() && into >= low && into <= high;
}

/// Only within the folder.
bool stays_inside(std::string_view file) {
    const fs::path path{file};
    return !file.empty() && path.is_relative() &&
           std::none_of(path.begin(), path.end(), [](const auto& part) { return part == ".."; });
}

}  // namespace

Result<std::vector<Scenario>> parse_scenarios(std::string_view text) {
    std::vector<Scenario> all;
    for (int number_of_line = 1; !text.empty(); ++number_of_line) {
        auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty() || line.starts_with(header) || line.front() == '#') continue;
        const auto fields = split(line);
        double offset = 0, multiplier = 0, rtt = 0;
        if (fields.size() < 4 || fields.size() > 5 || !stays_inside(fields[0]) ||
            !number(fields[1], 0, 1e7, offset) || !number(fields[2], 0, 1e6, multiplier) ||
            !number(fields[3], 0, 60000, rtt))
            return Malformed{
                stretto::text("line ", number_of_line,
                              ": not a file, offset_s, multiplier, rtt_ms and perhaps a kind")};
        all.push_back({std::string{fields[0]}, static_cast<int>(offset), multiplier, rtt / 1000,
                       fields.size() > 4 ? std::string{fields[4]} : std::string{}});
    }
    if (all.empty()) return Malformed{"it contains no scenario"};
    return all;
}

std::vector<Scenario> Recordings::all() {
    std::vector<Scenario> all;
    std::error_code failed;
    for (fs::recursive_directory_iterator it{folder_, failed}, end; !failed && it != end;
         it.increment(failed)) {
        const auto extension = it->path().extension();
        if (!it->is_regular_file() || extension == ".md" || extension == ".tsv") continue;
        all.push_back({fs::relative(it->path(), folder_).generic_string(), 0, 1, 0, {}});
    }
    if (failed)
        throw Error{EX_NOINPUT, text("cannot read '", folder_.string(), "': ", failed.message())};
    if (all.empty()) throw Error{EX_NOINPUT, text("no trace in '", folder_.string(), "'")};
    std::sort(all.begin(), all.end(),
              [](const Scenario& a, const Scenario& b) { return a.file < b.file; });
    for (auto& scenario : all) scenario.rtt_s = trace(scenario.file).rtt_s;
    return all;
}

const Trace& Recordings::trace(const std::string& file) {
    if (const auto found = read_.find(file); found != read_.end()) return found->second;
    const auto path = folder_ / file;
    const auto bytes = read_file(path, most_bytes);
    const std::string_view text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    return read_.emplace(file, must(parse_trace(text), path.string())).first->second;
}

}  // namespace stretto::sim
