#pragma once
// Follows growing files, for a report of their content so far.
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "report/input.hpp"
#include "report/report.hpp"

namespace stretto::report {

/// Continues to read files that other programs append to, rename and create again.
///
/// Names are expanded again at each look, so new files are read too. A file is identified by its
/// inode; a renamed file is followed until it has not grown for a while. A file that was truncated
/// or rewritten is read from its beginning; events that were there before count once. A compressed
/// file is read once, as a whole.
class Follower {
   public:
    /// Throws an Error for a name without a file (66), and for what cannot be read (74). What
    /// cannot be read later is passed over, with one note. "-" is standard input.
    Follower(Report& report, std::vector<std::string> names);

    /// Read everything that is there now. An incomplete line waits for its line feed.
    /// @return  whether there were new bytes
    bool read_on();
    /// Only standard input is followed, and it has ended.
    bool over() const;

   private:
    struct Tail {
        File file;
        std::uint64_t device = 0, inode = 0;
        Report::Pass pass;
        Unfinished left;
        std::int64_t offset = 0;
        Bytes before;  ///< the last bytes that were read
        bool listed = true;
        int quiet = 0;                ///< looks since it was last listed or grew
        bool whole = false;           ///< completely read
        std::int64_t changed_ns = 0;  ///< of a compressed file, which is not kept open
    };
    void look();
    void open_or_note(const std::string& name);
    void cannot_read(const std::string& name, const std::string& why);
    void open(const std::string& name);
    bool read(Tail& tail, bool last);
    static bool is_same(const Tail& tail);

    Report& report_;
    std::vector<std::string> names_;
    std::vector<Tail> tails_;
    bool begun_ = false;
    std::set<std::string> unread_;  // names that a note was about
};

/// Call `make` in a forked copy of this process, so that its changes to the report are discarded,
/// and return its result. Throws an Error (70) if that fails; the copy has reported the reason.
std::string in_a_copy(const std::function<std::string()>& make);

}  // namespace stretto::report
