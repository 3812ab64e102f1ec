#include "rtc/ice.hpp"

#include <nice/agent.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "base/own.hpp"
#include "rtc/engine.hpp"

namespace stretto::rtc {
namespace {

using Text = std::unique_ptr<gchar, Freed<g_free>>;
constexpr guint component = 1;
constexpr int receive_buffer_bytes = 2 << 20;  // the default of 208 kB loses packets of a burst
constexpr guint stun_tries = 3, first_stun_ms = 200;

struct FreeCandidates {
    void operator()(GSList* list) const noexcept {
        g_slist_free_full(list, reinterpret_cast<GDestroyNotify>(nice_candidate_free));
    }
};
using Candidates = std::unique_ptr<GSList, FreeCandidates>;

std::string print(const NiceAddress& address) {
    std::array<char, NICE_ADDRESS_STRING_LEN> text{};
    nice_address_to_string(&address, text.data());
    return text.data();
}

std::optional<swarm::Candidate> candidate_of(const NiceCandidate& found) {
    using Type = swarm::Candidate::Type;
    if (found.type != NICE_CANDIDATE_TYPE_HOST &&
        found.type != NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE)
        return std::nullopt;
    swarm::Candidate candidate;
    candidate.type = found.type == NICE_CANDIDATE_TYPE_HOST ? Type::host : Type::srflx;
    candidate.address = print(found.addr);
    if (candidate.address.starts_with("fe80:"))
        return std::nullopt;  // means nothing without a link
    candidate.port = static_cast<int>(nice_address_get_port(&found.addr));
    candidate.priority = found.priority;
    return candidate;
}

/// nullptr for a name: browsers give ".local" names, and are found as they ask us.
NiceCandidate* to_nice(const swarm::Candidate& candidate, guint stream, std::size_t number) {
    NiceAddress address;
    nice_address_init(&address);
    if (!nice_address_set_from_string(&address, candidate.address.c_str())) return nullptr;
    nice_address_set_port(&address, static_cast<guint>(candidate.port));
    auto* made = nice_candidate_new(candidate.type == swarm::Candidate::Type::host
                                        ? NICE_CANDIDATE_TYPE_HOST
                                        : NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE);
    made->transport = NICE_CANDIDATE_TRANSPORT_UDP;
    made->addr = made->base_addr = address;
    made->priority = candidate.priority;
    made->stream_id = stream;
    made->component_id = component;
    std::snprintf(made->foundation, sizeof made->foundation, "%zu", number + 1);
    return made;
}

}  // namespace

struct Ice::Agent {
    std::unique_ptr<NiceAgent, Freed<g_object_unref>> nice;
    guint stream = 0;
};

Ice::Ice(Engine& engine, const IceOptions& options, Calls calls)
    : engine_(engine), calls_(std::move(calls)), agent_(std::make_unique<Agent>()) {
    engine_.descriptors_changed();
    auto* nice = nice_agent_new_full(engine.context(), NICE_COMPATIBILITY_RFC5245,
                                     NICE_AGENT_OPTION_CONSENT_FRESHNESS);
    agent_->nice.reset(nice);
    g_object_set(nice, "controlling-mode", static_cast<gboolean>(options.controlling), "ice-tcp",
                 FALSE, "upnp", FALSE, "stun-max-retransmissions", stun_tries,
                 "stun-initial-timeout", first_stun_ms, nullptr);
    if (options.stun)
        g_object_set(nice, "stun-server", options.stun->host().c_str(), "stun-server-port",
                     static_cast<guint>(options.stun->port()), nullptr);
    for (const auto& one : options.addresses) {
        NiceAddress address;
        nice_address_init(&address);
        if (nice_address_set_from_string(&address, one.host().c_str()))
            nice_agent_add_local_address(nice, &address);
    }
    agent_->stream = nice_agent_add_stream(nice, component);
    g_signal_connect(nice, "candidate-gathering-done",
                     G_CALLBACK(+[](NiceAgent*, guint, gpointer self) {
                         auto& ice = *static_cast<Ice*>(self);
                         ice.engine_.loop().guard([&] { ice.calls_.gathered(); });
                     }),
                     this);
    g_signal_connect(nice, "component-state-changed",
                     G_CALLBACK(+[](NiceAgent*, guint, guint, guint state, gpointer self) {
                         auto& ice = *static_cast<Ice*>(self);
                         ice.engine_.loop().guard([&] { ice.on_state(state); });
                     }),
                     this);
    nice_agent_attach_recv(
        nice, agent_->stream, component, engine.context(),
        [](NiceAgent*, guint, guint, guint size, gchar* bytes, gpointer self) {
            auto& ice = *static_cast<Ice*>(self);
            ice.engine_.loop().guard([&] { ice.calls_.datagram(as_bytes({bytes, size})); });
        },
        this);
}

Ice::~Ice() {
    auto* nice = agent_->nice.get();
    engine_.descriptors_changed();
    g_signal_handlers_disconnect_by_data(nice, this);
    nice_agent_attach_recv(nice, agent_->stream, component, engine_.context(), nullptr, nullptr);
    nice_agent_remove_stream(nice, agent_->stream);
}

bool Ice::gather() {
    engine_.descriptors_changed();
    return nice_agent_gather_candidates(agent_->nice.get(), agent_->stream);
}

void Ice::describe(swarm::Signal& to) const {
    gchar *ufrag = nullptr, *password = nullptr;
    nice_agent_get_local_credentials(agent_->nice.get(), agent_->stream, &ufrag, &password);
    const Text first{ufrag}, second{password};
    to.ufrag = ufrag ? ufrag : "";
    to.password = password ? password : "";
    to.candidates.clear();
    const Candidates found{
        nice_agent_get_local_candidates(agent_->nice.get(), agent_->stream, component)};
    for (const auto* item = found.get(); item; item = item->next)
        if (auto one = candidate_of(*static_cast<const NiceCandidate*>(item->data)))
            to.candidates.push_back(std::move(*one));
    // those that a NAT needs first: a machine may have many addresses of its own
    std::ranges::stable_sort(to.candidates, [](const auto& a, const auto& b) {
        return a.type != b.type ? a.type == swarm::Candidate::Type::srflx : a.priority > b.priority;
    });
    if (to.candidates.size() > swarm::most_candidates) to.candidates.resize(swarm::most_candidates);
}

void Ice::set_remote(const swarm::Signal& from) {
    engine_.descriptors_changed();
    auto* nice = agent_->nice.get();
    nice_agent_set_remote_credentials(nice, agent_->stream, from.ufrag.c_str(),
                                      from.password.c_str());
    GSList* list = nullptr;
    for (std::size_t i = 0; i < from.candidates.size(); ++i)
        if (auto* one = to_nice(from.candidates[i], agent_->stream, i))
            list = g_slist_append(list, one);
    const Candidates owner{list};
    // an empty list too begins: the other end may be one whom we only learn from its checks
    nice_agent_set_remote_candidates(nice, agent_->stream, component, list);
}

void Ice::send(BytesView datagram) {
    nice_agent_send(agent_->nice.get(), agent_->stream, component,
                    static_cast<guint>(datagram.size()),
                    reinterpret_cast<const gchar*>(datagram.data()));
}

void Ice::on_state(unsigned state) {
    engine_.descriptors_changed();
    if (state == NICE_COMPONENT_STATE_CONNECTED) {
        auto* sockets = nice_agent_get_sockets(agent_->nice.get(), agent_->stream, component);
        for (guint i = 0; sockets && i < sockets->len; ++i)
            ::setsockopt(g_socket_get_fd(static_cast<GSocket*>(sockets->pdata[i])), SOL_SOCKET,
                         SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
        if (sockets) g_ptr_array_unref(sockets);
    }
    if (state == NICE_COMPONENT_STATE_CONNECTED || state == NICE_COMPONENT_STATE_READY)
        calls_.connected();
    if (state == NICE_COMPONENT_STATE_FAILED) calls_.failed();
}

}  // namespace stretto::rtc
