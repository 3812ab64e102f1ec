#include "clickhouse/loader.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "report/access.hpp"
#include "report/input.hpp"
#include "report/partial.hpp"

namespace stretto::clickhouse {
namespace {

std::string_view without_return(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

/// How much is read of a line that is too long depends on who reads it.
std::string_view begin_of(std::string_view line) { return line.substr(0, report::most_line_bytes); }

/// Whether a file begins with the lines that were loaded.
bool begins_with(const std::string& name, const Progress& progress) {
    struct Enough {};
    LineSum sum;
    try {
        report::each_line(name, [&](std::string_view line, bool whole) {
            if (sum.lines() == progress.read) throw Enough{};
            sum.add(whole ? without_return(line) : begin_of(line));
        });
    } catch (const Enough&) {
    }
    return sum.lines() == progress.read && sum.sum() == progress.sum;
}

}  // namespace

Sha256 LineSum::begun(const Digest& before) {
    Sha256 sum;
    sum.add(before);
    return sum;
}

void LineSum::add(std::string_view line) {
    block_.add(as_bytes(line));
    block_.add(as_bytes("\n"));
    if (++lines_ % block_lines != 0) return;
    before_ = block_.finish();
    block_ = begun(before_);
}

std::string LineSum::sum() { return hex(at_boundary() ? before_ : block_.finish()); }

/// Reads a file once.
class Loader::File {
   public:
    File(Loader& to, const std::string& name) : to_(to), name_(name) { loaded_.name = name; }

    std::string load() {
        const auto broken = report::each_parsed(
            name_, [this](const report::ParsedLine& line) { take(line); },
            report::helping_threads());
        const bool any = events_ + loaded_.requests > 0 || loaded_.before > 0;
        end();
        if (!broken.empty()) return broken;
        return sum_.lines() > 0 && !any ? "it has no events" : "";
    }

   private:
    void take(const report::ParsedLine& line) {
        if (torn_) {
            sum_.add(torn_text_);
            torn_.reset();
        }
        const auto own = line.whole ? line.text : begin_of(line.text);
        auto text = own;
        if (sum_.lines() == 0) begin(text);
        if (sum_.lines() < known_.read) {
            sum_.add(text);
            ++loaded_.before;
            return;
        }
        if (sum_.lines() == 0 && text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
        const bool torn = count(line, text);
        if (torn) {  // if it is the last line, it is perhaps half written
            torn_ = text.size() + 1;
            torn_text_ = own;
            return;
        }
        sum_.add(own);
        if (sum_.at_boundary() && to_.full()) {
            tell(sum_.sum(), 0);
            to_.flush();
        }
    }

    void begin(std::string_view first) {
        known_.file = hex(sha256(as_bytes(first)));
        // a pipe can be read once; to look at its begin would take lines from it
        if (name_ == "-" || !std::filesystem::is_regular_file(name_)) return;
        const auto answer =
            to_.engine_.ask(0, select_progress(to_.engine_.location().database, known_.file));
        for (RowReader rows{answer}; !rows.over();) {
            auto progress = read_progress(rows);
            if (rows.broken()) throw bad_data(to_.engine_.where(0), "an answer ends early");
            if (!begins_with(name_, progress)) continue;
            known_ = std::move(progress);
            break;
        }
        counted_ = known_;
        if (known_.tail > 0) {
            --counted_.torn;
            --counted_.lines;
            counted_.bytes -= known_.tail;
        }
    }

    /// @return whether the line is torn
    bool count(const report::ParsedLine& line, std::string_view text) {
        if (line.whole && report::is_partial(text))
            throw bad_data(name_, "a partial report cannot be loaded, but its events can");
        counted_.bytes += text.size() + 1;
        if (line.whole && text.empty()) return false;
        ++counted_.lines;
        if (!line.whole) return foreign();
        auto kind = line.kind;
        auto event = line.event;
        if (!kind && text.front() == '{') kind = reader_.read(padded(text), event);
        if (!kind) {
            if (!report::parse_access(text)) return foreign();
            ++counted_.requests;
            ++loaded_.requests;
            return false;
        }
        if (*kind == events::Line::foreign) return foreign();
        if (*kind == events::Line::torn) {
            ++counted_.torn;
            ++loaded_.skipped;
            return true;
        }
        to_.add(event);
        ++events_;
        ++loaded_.events;
        return false;
    }
    bool foreign() {
        ++counted_.foreign;
        ++loaded_.skipped;
        return false;
    }
    std::string_view padded(std::string_view text) {
        padded_.assign(text);
        padded_.append(events::Reader::padding, ' ');
        return std::string_view{padded_}.substr(0, text.size());
    }

    void tell(std::string sum, std::uint64_t tail) {
        counted_.read = sum_.lines();
        counted_.tail = tail;
        counted_.sum = std::move(sum);
        if (counted_.chain.empty()) counted_.chain = counted_.sum;
        to_.progress_.push_back(counted_);
    }
    void end() {
        // a torn first line names another file when it is whole
        const bool more = sum_.lines() > known_.read || (torn_ && sum_.lines() > 0);
        if (more) tell(sum_.sum(), torn_.value_or(0));
        to_.loaded_.push_back(loaded_);
        if (to_.full()) to_.flush();
    }

    Loader& to_;
    const std::string& name_;
    events::Reader reader_;
    std::string padded_;
    LineSum sum_;
    Progress known_, counted_;           // of earlier runs; with this one
    std::optional<std::uint64_t> torn_;  // bytes of the last line, if it is torn
    std::string torn_text_;
    std::int64_t events_ = 0;
    Loaded loaded_;
};

Loader::Loader(Engine& engine, std::uint32_t start_s, Done done)
    : engine_(engine),
      position_(std::uint64_t{start_s} << 32),
      done_(std::move(done)),
      batches_(engine.shards()) {}

std::string Loader::load(const std::string& name) { return File{*this, name}.load(); }

void Loader::add(const events::Event& event) {
    RowWriter row{batches_[part_of(event.session) % batches_.size()]};
    write_event(row, event, position_++);
    ++lines_;
}

bool Loader::full() const noexcept {
    return lines_ >= batch_lines || progress_.size() >= batch_lines ||
           std::any_of(batches_.begin(), batches_.end(),
                       [](const Bytes& batch) { return batch.size() >= batch_bytes; });
}

void Loader::flush() {
    const auto& database = engine_.location().database;
    for (std::size_t shard = 0; shard < batches_.size(); ++shard) {
        if (batches_[shard].empty()) continue;
        engine_.ask(shard, insert_events(database), batches_[shard]);
        batches_[shard].clear();
    }
    lines_ = 0;
    if (!progress_.empty()) {
        Bytes rows;
        RowWriter to{rows};
        for (const auto& progress : progress_) write_progress(to, progress);
        engine_.ask(0, insert_progress(database), rows);
        progress_.clear();
    }
    for (const auto& loaded : loaded_) done_(loaded);
    loaded_.clear();
}

}  // namespace stretto::clickhouse
