#pragma once
// Keeps the list of a store's songs while the store changes, on a thread of its own.
#include <condition_variable>
#include <mutex>
#include <thread>

#include "edge/catalogue.hpp"

namespace stretto::edge {

class Librarian : public Listings {
   public:
    /// Called on the librarian's thread.
    struct Told {
        std::function<void(const std::vector<std::string>& ids)> gone;  ///< songs left the store
        std::function<void()> swapped;  ///< another directory is at the store's path
    };

    /// @param file  keeps the list over restarts; empty: none
    Librarian(store::Tree& tree, std::filesystem::path file, Told told);
    ~Librarian() override;

    std::shared_ptr<const Listing> listing() const override;

   private:
    using Clock = std::chrono::steady_clock;

    void run();
    void start();
    void catch_up();
    void follow();
    void verify();
    void show();
    void save();
    bool stopping();
    bool pause(std::chrono::milliseconds time);

    store::Tree& tree_;
    std::filesystem::path file_;
    Told told_;
    Catalogue catalogue_;
    store::Changes changes_;
    std::shared_ptr<const Listing> saved_;
    Clock::time_point saved_at_, compared_at_, doubted_at_;
    bool verifying_ = false;
    bool whole_ = false;  // all that was queued by a comparison has been read

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::shared_ptr<const Listing> listing_;  // guarded by mutex_
    bool stop_ = false;                       // guarded by mutex_
    std::thread thread_;
};

}  // namespace stretto::edge
