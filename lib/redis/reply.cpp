#include "redis/reply.hpp"

#include <hiredis/hiredis.h>

namespace stretto::redis {

bool Reply::has_failed() const noexcept { return !raw_ || raw_->type == REDIS_REPLY_ERROR; }
bool Reply::is_nothing() const noexcept { return raw_ && raw_->type == REDIS_REPLY_NIL; }

std::string_view Reply::error() const noexcept {
    return raw_ && raw_->type == REDIS_REPLY_ERROR ? std::string_view{raw_->str, raw_->len}
                                                   : std::string_view{};
}
std::string_view Reply::text() const noexcept {
    return raw_ && (raw_->type == REDIS_REPLY_STRING || raw_->type == REDIS_REPLY_STATUS)
               ? std::string_view{raw_->str, raw_->len}
               : std::string_view{};
}
std::int64_t Reply::number() const noexcept {
    return raw_ && raw_->type == REDIS_REPLY_INTEGER ? raw_->integer : 0;
}
std::size_t Reply::size() const noexcept {
    return raw_ && raw_->type == REDIS_REPLY_ARRAY ? raw_->elements : 0;
}
Reply Reply::operator[](std::size_t i) const noexcept {
    return i < size() ? Reply{raw_->element[i]} : Reply{};
}

void bound_lists(redisReader& reader) noexcept {
    // that of all readers, as hiredis made it
    static redisReplyObjectFunctions* const of_hiredis = reader.fn;
    static redisReplyObjectFunctions bounded = [] {
        auto all = *of_hiredis;
        all.createArray = [](const redisReadTask* task, int items) -> void* {
            if (items < 0 || static_cast<std::size_t>(items) > most_items) return nullptr;
            return of_hiredis->createArray(task, items);
        };
        return all;
    }();
    reader.fn = &bounded;
}

}  // namespace stretto::redis
