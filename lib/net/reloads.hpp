#pragma once
// What SIGHUP reloads in a server, part by part.
#include <functional>
#include <string>
#include <vector>

namespace stretto::net {

class Reloads {
   public:
    /// @param what    names the part in messages: "access log"
    /// @param reload  throws an Error if it fails; then the part stays in use as it was
    void add(std::string what, std::function<void()> reload) {
        parts_.push_back({std::move(what), std::move(reload)});
    }

    /// Reload all parts in the order of add(), and note which of them failed, which did not, and
    /// that everything else needs a restart. @return the last line that was noted
    std::string run() const;

   private:
    struct Part {
        std::string what;
        std::function<void()> reload;
    };
    std::vector<Part> parts_;
};

}  // namespace stretto::net
