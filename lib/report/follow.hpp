#pragma once
// Files that grow, and a report of what is in them so far.
#include <functional>
#include <string>
#include <vector>

#include "report/input.hpp"
#include "report/report.hpp"

namespace stretto::report {

/// Reads on in files that other programs append to, move away and make anew.
///
/// Names are expanded again at each look, so files that come later are read as well. A file is
/// known by its inode: one that is renamed is read on until it has been quiet for a while. One that
/// was cut or written anew is read from its beginning, where events that were there before count
/// once. A packed file is read once, whole.
class Follower {
   public:
    /// An Error (66) for a name that means no file now. "-" is standard input.
    Follower(Report& report, std::vector<std::string> names);

    /// All that there is now. A line without its line feed waits for it.
    /// @return  were there new bytes
    bool read_on();
    /// Only standard input was followed, and it has ended.
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
        int quiet = 0;                ///< looks since it was listed, or grew
        bool whole = false;           ///< there is no more to read
        std::int64_t changed_ns = 0;  ///< of a packed one, which is not kept open
    };
    void look();
    void open(const std::string& name);
    bool read(Tail& tail, bool last);
    static bool is_same(const Tail& tail);

    Report& report_;
    std::vector<std::string> names_;
    std::vector<Tail> tails_;
};

/// What `make` returns in a copy of this process, so that what it does to the report is undone. An
/// Error (70) when that fails, whose reason the copy has told.
std::string in_a_copy(const std::function<std::string()>& make);

}  // namespace stretto::report
