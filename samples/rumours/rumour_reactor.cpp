// SPDX-License-Identifier: Apache-2.0
#include "rumour_reactor.hpp"

#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

#include "rumours.pb.h"

namespace rumours {

namespace {

using namespace troupe;

struct rumour_state {
  static inline const char* name = "rumours";

  rumour_state(caf::event_based_actor* ptr, node where, rumour_options chosen)
    : self(ptr),
      home(std::move(where)),
      options(std::move(chosen)),
      wire(home.open_channel<Rumours>(
          self, {.id = options.channel, .name = "rumours"})) {
    home.subscribe(self);
  }

  caf::behavior make_behavior() {
    wait_for_idea();
    return {
        [this](caf::tick_atom) {
          invent();
          wait_for_idea();
        },
        [this](const inbound_envelope& in) {
          return in.match(
              [&](const Rumours& heard) { return hear(in.from, heard); });
        },
        [this](const peer_update& update) {
          if (update.status == peer_status::up)
            meet(update.peer);
          else
            peers.erase(update.peer);
        },
    };
  }

  // -- rumours ----------------------------------------------------------------

  // Time and randomness come from their seams, so that a simulation decides.
  void wait_for_idea() {
    if (inventions == options.inventions_max)
      return;
    auto span = static_cast<uint64_t>(2 * options.mean_gap.count());
    auto wait = duration{static_cast<int64_t>(home.random().below(span))};
    self->delayed_send(self, wait, caf::tick_atom_v);
  }

  void invent() {
    ++inventions;
    Rumour made;
    made.set_id(home.random().below(UINT64_MAX));
    made.set_text(fmt::format("{:.4} says that {}", to_string(home.id()),
                              made.id() % 100));
    Rumours news;
    if (learn(made))
      *news.add_rumours() = std::move(made);
    for (const auto& peer : peers)
      tell(peer, news);
  }

  /// @returns whether it is new.
  bool learn(const Rumour& rumour) {
    if (known.size() >= rumours_max
        || !known.emplace(rumour.id(), rumour.text()).second)
      return false;
    if (options.on_rumour)
      options.on_rumour(rumour.id(), rumour.text());
    return true;
  }

  caf::result<void> hear(const node_id& from, const Rumours& heard) {
    Rumours news;
    for (const auto& rumour : heard.rumours()) {
      if (rumour.text().size() > text_size_max)
        return caf::make_error(blame::malformed_message, "a longwinded peer");
      if (learn(rumour))
        *news.add_rumours() = rumour;
    }
    if (news.rumours_size() > 0)
      for (const auto& peer : peers)
        if (peer != from)
          tell(peer, news);
    return caf::unit;
  }

  // -- peers ------------------------------------------------------------------

  /// What was on its way when the last connection ended may be lost, and what
  /// came up since was never sent.
  void meet(const node_id& peer) {
    peers.insert(peer);
    if (met.insert(peer).second || !options.forgetful)
      tell_all(peer);
  }

  void tell_all(const node_id& peer) {
    Rumours all;
    for (const auto& [id, text] : known) {
      auto& rumour = *all.add_rumours();
      rumour.set_id(id);
      rumour.set_text(text);
    }
    if (peers.count(peer) != 0 && !known.empty())
      tell(peer, all);
  }

  void tell(const node_id& peer, const Rumours& what) {
    wire.send(self, peer, what)
        .then([] {},
              [this, peer](const caf::error& reason) {
                // Other errors mean that the peer is gone: we meet it again.
                if (reason == errc::queue_full)
                  tell_all_later(peer);
              });
  }

  /// However many messages are refused meanwhile, one question is enough.
  void tell_all_later(const node_id& peer) {
    if (!waiting.insert(peer).second)
      return;
    wire.writable(self, peer)
        .then(
            [this, peer] {
              waiting.erase(peer);
              tell_all(peer);
            },
            [this, peer](const caf::error&) { waiting.erase(peer); });
  }

  caf::event_based_actor* self;
  node home;
  rumour_options options;
  channel<Rumours> wire;
  std::set<node_id> peers;
  std::set<node_id> met;
  std::set<node_id> waiting; // For room.
  std::map<uint64_t, std::string> known;
  size_t inventions = 0;
};

} // namespace

caf::actor spawn_rumours(caf::actor_system& sys, const troupe::node& home,
                         rumour_options options) {
  return sys.spawn<caf::stateful_actor<rumour_state>>(home, std::move(options));
}

} // namespace rumours
