#pragma once
// What is wrong with a text that is being read, for the readers of this module alone. They do not
// throw: WebAssembly has no exceptions, and a browser reads these texts too. A reader goes on with
// what stands for nothing, and the text is malformed because of the first complaint.
#include <simdjson.h>

#include "base/error.hpp"
#include "base/text.hpp"

namespace stretto::swarm {

using Value = simdjson::dom::element;
using Object = simdjson::dom::object;
using Array = simdjson::dom::array;

class Wrong {
   public:
    static void say(const auto&... why) {
        if (first().empty()) first() = text(why...);
    }
    static bool any() noexcept { return !first().empty(); }
    static void forget() noexcept { first().clear(); }
    static Malformed take() { return Malformed{std::exchange(first(), {})}; }

    /// In place of a value that is not there.
    template <class T>
    static T nothing() {
        // what is read is the document's: it stays
        static simdjson::dom::parser parser;
        static const Array all = [] {
            using namespace simdjson;
            return Array{
                parser.parse("[{}, [], null]"_padded).value_unsafe().get_array().value_unsafe()};
        }();
        if constexpr (std::is_same_v<T, Object>)
            return all.at(0).value_unsafe().get_object().value_unsafe();
        else if constexpr (std::is_same_v<T, Array>)
            return all.at(1).value_unsafe().get_array().value_unsafe();
        else if constexpr (std::is_same_v<T, Value>)
            return all.at(2).value_unsafe();
        else
            return T{};
    }

   private:
    static std::string& first() noexcept {
        thread_local std::string why;
        return why;
    }
};

/// The value as a T, or a complaint.
template <class T>
T as(const Value& value, const auto&... why) {
    T out{};
    if (value.get(out) == simdjson::SUCCESS) return out;
    Wrong::say(why...);
    return Wrong::nothing<T>();
}

/// The root of a text, given to `reader`. Malformed: not JSON, or the reader complained.
template <class T>
Result<T> read_json(std::string_view json, std::size_t most_bytes, T (*reader)(const Value&)) {
    if (json.size() > most_bytes) return Malformed{"too long"};
    if (json.empty()) return Malformed{"not JSON"};  // simdjson would copy nothing from nowhere
    // keeps its buffers, which is most of what a short text takes
    thread_local simdjson::dom::parser parser;
    Value root;
    if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS)
        return Malformed{"not JSON"};
    Wrong::forget();
    auto made = reader(root);
    if (Wrong::any()) return Wrong::take();
    return made;
}

}  // namespace stretto::swarm
