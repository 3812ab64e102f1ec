#pragma once
// The commands of Redis that a tracker uses, on made-up data and a made-up clock.
#include <algorithm>
#include <map>
#include <random>

#include "fake.hpp"

namespace stretto::redis {

class Store {
   public:
    explicit Store(const std::uint64_t& now_ms) : now_ms_(now_ms) {}

    std::string operator()(const Words& words) {
        ++commands[words[0]];
        if (words[0] == "PING") return "+PONG\r\n";
        if (words[0] == "CLUSTER") return "-ERR This instance has cluster support disabled\r\n";
        if (words[0] == "TIME") return list({bulk(std::to_string(now_ms_ / 1000)), bulk("0")});
        const auto& key = words.at(words[0] == "EVAL" ? 3 : 1);
        if (const auto end = ends_.find(key); end != ends_.end() && end->second <= now_ms_) {
            ends_.erase(end);
            hashes.erase(key);
            strings.erase(key);
        }
        if (is_full && words[0] != "HGETALL" && words[0] != "GET" && words[0] != "HDEL" &&
            words[0] != "EXPIRE" && words[0] != "PFCOUNT")
            return "-OOM command not allowed when used memory > 'maxmemory'.\r\n";
        const bool there = hashes.contains(key) || strings.contains(key);
        if (words[0] == "SET") {
            if (there) return nil;
            strings[key] = words[2];
            return fine;
        }
        if (words[0] == "GET") return there ? bulk(strings[key]) : nil;
        if (words[0] == "DEL") return number(static_cast<long>(hashes.erase(key)));
        if (words[0] == "EXPIRE") {
            if (!there) return number(0);
            ends_[key] = now_ms_ + 1000 * std::stoull(words[2]);
            return number(1);
        }
        if (words[0] == "SETBIT" || words[0] == "GETBIT") {
            auto& bits = strings[key];
            const auto at = std::stoul(words[2]);
            if (bits.size() <= at) bits.resize(at + 1, '0');
            const bool was = bits[at] == '1';
            if (words[0] == "SETBIT") bits[at] = '1';
            return number(was);
        }
        if (words[0] == "PFADD") {
            hashes[key][words[2]] = "";
            return number(1);
        }
        if (words[0] == "PFCOUNT") {
            std::map<std::string, std::string> all;
            for (std::size_t i = 1; i < words.size(); ++i)
                if (const auto one = hashes.find(words[i]); one != hashes.end())
                    all.insert(one->second.begin(), one->second.end());
            return number(static_cast<long>(all.size()));
        }
        if (words[0] == "HSET" || words[0] == "HSETNX") {
            long fresh = 0;
            auto& hash = hashes[key];
            for (std::size_t i = 2; i + 1 < words.size(); i += 2) {
                const bool had = hash.contains(words[i]);
                fresh += !had;
                if (!had || words[0] == "HSET") hash[words[i]] = words[i + 1];
            }
            return number(fresh);
        }
        auto found = hashes.find(key);
        if (words[0] == "EVAL") {  // the one script: health into an entry that is there
            if (found != hashes.end() && found->second.contains(words[4]))
                found->second[words[4]].replace(25, words[5].size(), words[5]);
            return number(0);
        }
        if (words[0] == "HLEN")
            return number(found == hashes.end() ? 0 : static_cast<long>(found->second.size()));
        if (found == hashes.end()) return words[0] == "HDEL" ? number(0) : list({});
        if (words[0] == "HDEL") {
            long gone = 0;
            for (std::size_t i = 2; i < words.size(); ++i)
                gone += static_cast<long>(found->second.erase(words[i]));
            if (found->second.empty()) hashes.erase(found), ends_.erase(key);
            return number(gone);
        }
        if (words[0] != "HGETALL" && words[0] != "HRANDFIELD") return "-ERR unknown command\r\n";
        std::vector<std::string> all;
        std::vector<std::pair<std::string, std::string>> some(found->second.begin(),
                                                              found->second.end());
        if (words[0] == "HRANDFIELD") {
            std::ranges::shuffle(some, random_);
            some.resize(std::min<std::size_t>(some.size(), std::stoul(words[2])));
        }
        for (const auto& [field, value] : some) {
            all.push_back(bulk(field));
            all.push_back(bulk(value));
        }
        return list(all);
    }

    bool is_full = false;
    std::map<std::string, std::size_t> commands;
    std::map<std::string, std::map<std::string, std::string>> hashes;
    std::map<std::string, std::string> strings;

   private:
    const std::uint64_t& now_ms_;
    std::map<std::string, std::uint64_t> ends_;
    std::mt19937 random_{7};
};

}  // namespace stretto::redis
