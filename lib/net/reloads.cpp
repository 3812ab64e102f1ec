#include "net/reloads.hpp"

#include "base/error.hpp"
#include "base/note.hpp"

namespace stretto::net {

std::string Reloads::run() const {
    std::string done;
    for (const auto& [what, reload] : parts_) {
        try {
            reload();
            done.append(done.empty() ? "" : ", ").append(what);
        } catch (const Error& error) {
            note(text("cannot reload the ", what,
                      ", the previous one stays in use: ", error.what()));
        }
    }
    auto said =
        text("reloaded: ", done.empty() ? "nothing" : done, "; all other options need a restart");
    note(said);
    return said;
}

}  // namespace stretto::net
