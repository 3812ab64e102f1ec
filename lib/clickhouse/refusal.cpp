#include "clickhouse/refusal.hpp"

#include <algorithm>
#include <charconv>

#include "base/note.hpp"

namespace stretto::clickhouse {
namespace {

// of ClickHouse's ErrorCodes
constexpr int timeout_exceeded = 159, too_many_queries = 202, network_error = 210,
              memory_limit = 241, too_many_parts = 252, unknown_table = 60, unknown_database = 81,
              unknown_user = 192, wrong_password = 193, required_password = 194,
              not_in_network = 195, access_to_database_denied = 291, readonly = 164,
              access_denied = 497, authentication_failed = 516;

template <class... Codes>
bool is_one_of(int code, Codes... codes) {
    return ((code == codes) || ...);
}

}  // namespace

Refusal parse_refusal(std::string_view body) {
    constexpr std::size_t most_message_bytes = 200;
    constexpr std::string_view before_code = "Code: ", before_message = "DB::Exception: ";
    Refusal refusal;
    if (const auto at = body.find(before_code); at != body.npos) {
        const auto number = body.substr(at + before_code.size());
        std::from_chars(number.data(), number.data() + number.size(), refusal.code);
    }
    if (const auto at = body.find(before_message); at != body.npos)
        body.remove_prefix(at + before_message.size());
    body = body.substr(0, body.find(", e.what() = "));
    refusal.message = printable(body.substr(0, std::min(body.find('\n'), most_message_bytes)));
    if (refusal.message.size() > most_message_bytes) refusal.message.resize(most_message_bytes);
    return refusal;
}

bool is_passing(const Refusal& refusal) {
    return is_one_of(refusal.code, timeout_exceeded, too_many_queries, network_error, memory_limit,
                     too_many_parts);
}

bool is_absent(const Refusal& refusal) {
    return is_one_of(refusal.code, unknown_table, unknown_database);
}

bool is_forbidden(const Refusal& refusal) {
    return is_one_of(refusal.code, unknown_user, wrong_password, required_password, not_in_network,
                     access_to_database_denied, readonly, access_denied, authentication_failed);
}

}  // namespace stretto::clickhouse
