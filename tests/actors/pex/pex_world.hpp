// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "troupe/actors/pex/pex.hpp"
#include "troupe/actors/pex/pex_wire.hpp"
#include "troupe/tests/actors/world.hpp"

namespace troupe::test {

/// A node with peer exchange, and remotes in the hands of the test that speak
/// it.
struct pex_world : world {
  explicit pex_world(pex_options how = {},
                     const std::function<void(node_options&)>& change = {},
                     uint64_t seed = 0)
    : world(seed) {
    how.on_list = [this](const pex_news& what) { news.push_back(what); };
    auto chosen = options(1);
    if (change)
      change(chosen);
    home = spawn(std::move(chosen));
    reactor = guard(spawn_pex(sys(), home, std::move(how)));
    settle();
  }

  ~pex_world() {
    stop_all();
  }

  /// Dials the node, as a node of that version.
  puppet_ptr visit(uint8_t number, std::string version = "0.38.17") {
    auto result = knock(home, id(number));
    auto about = info(number, {pex_channel});
    about.version = std::move(version);
    result->greet(id(number), about);
    settle();
    return result;
  }

  /// Answers when the node dials that number.
  decoy_ptr host(uint8_t number) {
    auto result = stand_in(id(number));
    home.add_peer(*node_address::parse(address(number)));
    settle();
    return result;
  }

  /// Ends the handshake of a connection that the node has dialed.
  puppet_ptr welcome(const decoy_ptr& where, uint8_t number,
                     std::string version = "0.38.17") {
    REQUIRE_FALSE(where->dials.empty());
    auto result = where->dials.back();
    auto about = info(number, {pex_channel});
    about.version = std::move(version);
    result->greet(id(number), about);
    settle();
    return result;
  }

  void say(const puppet_ptr& who, const p2p::PexMessage& message) {
    const auto text = message.SerializeAsString();
    who->send(pex_channel, from_text(text));
    settle();
  }

  void ask(const puppet_ptr& who, pex_dialect how = pex_dialect::legacy) {
    say(who, make_pex_request(how));
  }

  void tell(const puppet_ptr& who, const std::vector<node_address>& addresses,
            pex_dialect how = pex_dialect::urls) {
    say(who, make_pex_response(how, addresses));
  }

  /// What the node has sent on the channel, in order, and no longer remembers.
  std::vector<p2p::PexMessage> heard(const puppet_ptr& by) {
    std::vector<p2p::PexMessage> result;
    for (const auto& message : by->got) {
      REQUIRE(message.channel == pex_channel);
      REQUIRE(result.emplace_back().ParseFromArray(
          message.body.data(), static_cast<int>(message.body.size())));
    }
    by->got.clear();
    return result;
  }

  /// The same in letters: `q` and `Q` for questions, `a` and `A` for answers,
  /// the large ones with URLs.
  std::string letters(const puppet_ptr& by) {
    std::string result;
    for (const auto& message : heard(by))
      result += " qaQA"[message.sum_case()];
    return result;
  }

  /// All that the node knows.
  std::vector<peer_report> known() {
    auto all = ask_with<std::vector<peer_report>>(
        [this](caf::event_based_actor* self) { return home.peers(self); });
    REQUIRE(all->value.has_value());
    return *all->value;
  }

  [[nodiscard]] bool knows(const node_id& who) {
    for (const auto& peer : known())
      if (peer.peer == who && !peer.addresses.empty())
        return true;
    return false;
  }

  static node_address address_of(uint8_t number) {
    return *node_address::parse(address(number));
  }

  std::vector<pex_news> news;
  node home;
  caf::actor reactor;
};

} // namespace troupe::test
