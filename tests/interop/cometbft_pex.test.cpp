// SPDX-License-Identifier: Apache-2.0
//
// Peer exchange with CometBFT nodes of all releases in one network. Theirs keep
// their own time: who asks them a third time within ten seconds is banned.
#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "cometbft_world.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

using json = peer_process::json;

/// Runs the rest of a test case once for each release.
size_t each_release() {
  size_t result = 0;
  SUBCASE("v0.38") {}
  SUBCASE("v0.40") {
    result = 1;
  }
  SUBCASE("v1.0") {
    result = 2;
  }
  return result;
}

std::unique_ptr<cometbft_peer> start(const std::string& release,
                                     arguments more) {
  more.emplace_back("-pex");
  return std::make_unique<cometbft_peer>(more, release);
}

/// Who finds out by himself soon that peers are missing.
arguments watchful(arguments more) {
  more.insert(more.end(), {"-ensure-peers", "2s"});
  return more;
}

std::unique_ptr<local_node> start_ours(std::vector<std::string> known,
                                       const pex_options& exchange = {}) {
  auto options = test_options();
  options.bootstrap_peers = std::move(known);
  return std::make_unique<local_node>(options, test_channels(), exchange);
}

/// How long a long run goes on, at least; TROUPE_PEX_MINUTES makes it as long
/// as a person wants to watch it.
std::chrono::minutes long_run() {
  const auto* text = std::getenv("TROUPE_PEX_MINUTES");
  return std::chrono::minutes{text == nullptr ? 0 : std::atoi(text)};
}

/// Checks that it took no offence at how we exchange addresses. CometBFT 0.40
/// asks others too often, and is banned for that by its own kind.
void check_content(cometbft_peer& peer,
                   const std::vector<std::string>& our_ids) {
  while (peer.has_seen("banned")) {
    const std::string who = peer.wait_for("banned").at("address");
    CAPTURE(who);
    for (const auto& id : our_ids)
      CHECK(who.find(id) == std::string::npos);
  }
  while (peer.has_seen("peer_down")) {
    const auto event = peer.wait_for("peer_down");
    if (std::find(our_ids.begin(), our_ids.end(), event.at("id"))
        == our_ids.end())
      continue;
    std::string reason = event.at("reason");
    std::transform(reason.begin(), reason.end(), reason.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    CAPTURE(reason);
    CHECK(reason.find("pex") == std::string::npos);
    CHECK(reason.find("proto") == std::string::npos);
  }
}

std::vector<std::string>
ids_of(const std::vector<std::unique_ptr<local_node>>& nodes) {
  std::vector<std::string> result;
  for (const auto& node : nodes)
    result.push_back(node->id());
  return result;
}

void check_content(local_node& node) {
  CHECK_FALSE(node.has_seen(node_event::kind::peer_error));
  CHECK_FALSE(node.has_seen(node_event::kind::messages_shed));
}

/// A node of each release. The first knows the others, for they dialed it; the
/// others know the first.
struct their_network {
  their_network() {
    for (const auto* release : releases)
      peers.push_back(
          start(release, peers.empty()
                             ? arguments{}
                             : arguments{"-persistent", peers[0]->address()}));
    for (size_t i = 1; i < peers.size(); ++i)
      peers[0]->wait_up(peers[i]->id());
  }

  std::vector<std::unique_ptr<cometbft_peer>> peers;
};

/// Three nodes of ours. The others know the first.
struct our_network {
  our_network() {
    nodes.push_back(start_ours({}));
    for (size_t i = 1; i < 3; ++i)
      nodes.push_back(start_ours({nodes[0]->address()}));
    for (auto& one : nodes)
      for (auto& other : nodes)
        if (one != other)
          one->wait_up(other->id());
  }

  std::vector<std::unique_ptr<local_node>> nodes;
};

} // namespace

TEST_CASE("our node knows one of three CometBFT nodes and finds the others") {
  const auto known = each_release();
  their_network theirs;
  auto node = start_ours({theirs.peers[known]->address()});
  for (auto& peer : theirs.peers) {
    node->wait_up(peer->id());
    peer->wait_up(node->id());
  }
  CHECK(node->wait_list(theirs.peers[known]->id()).dialect
        == pex_dialect::legacy);
  for (auto& peer : theirs.peers) {
    node->ping(peer->id(), 0x71, 100, 3);
    peer->ping(node->id(), "71", 100, 3);
    CHECK_FALSE(node->has_lost(peer->id()));
    check_content(*peer, {node->id()});
  }
  check_content(*node);
}

TEST_CASE("a CometBFT node knows one of three of ours and finds the others") {
  const auto release = releases.at(each_release());
  our_network ours;
  auto peer
      = start(release, watchful({"-persistent", ours.nodes[0]->address()}));
  for (auto& node : ours.nodes)
    peer->wait_up(node->id());
  for (auto& node : ours.nodes)
    peer->ping(node->id(), "71", 100, 3);
  CHECK(peer->ask("pex", "pex").at("lists") >= 1);
  check_content(*peer, ids_of(ours.nodes));
  for (auto& node : ours.nodes)
    check_content(*node);
}

TEST_CASE("CometBFT nodes that know only our seed find each other") {
  auto seed = start_ours({}, {.seed_mode = true});
  std::vector<std::unique_ptr<cometbft_peer>> peers;
  for (const auto* release : releases)
    peers.push_back(start(release, watchful({"-seeds", seed->address()})));
  for (auto& one : peers)
    for (auto& other : peers)
      if (one != other)
        one->wait_up(other->id());
  for (auto& peer : peers) {
    // It has had its answer and had to go.
    peer->wait_up(seed->id());
    peer->wait_down(seed->id());
    check_content(*peer, {seed->id()});
  }
  check_content(*seed);
}

TEST_CASE("nodes of ours tell each other addresses as URLs") {
  our_network ours;
  // The others have dialed the first one, which they ask at once.
  for (size_t i = 1; i < 3; ++i) {
    const auto list = ours.nodes[i]->wait_list(ours.nodes[0]->id());
    CHECK(list.dialect == pex_dialect::urls);
    CHECK(list.skipped == 0);
  }
}

TEST_CASE("an ordinary node of ours can be the seed of a CometBFT node") {
  const auto release = releases.at(each_release());
  our_network ours;
  auto peer = start(release, {"-seeds", ours.nodes[0]->address()});
  for (auto& node : ours.nodes) {
    peer->wait_up(node->id());
    node->wait_up(peer->id());
  }
  CHECK(peer->ask("pex", "pex").at("lists") >= 1);
  for (auto& node : ours.nodes)
    check_content(*node);
  check_content(*peer, ids_of(ours.nodes));
}

TEST_CASE(
    "a CometBFT node that asks its seed again with every answer is slowed "
    "down and stays") {
  // v0.40, as long as it knows nobody else.
  auto seed = start_ours({});
  auto peer = start("cometbft-v0.40", {"-seeds", seed->address()});
  peer->wait_up(seed->id());
  const auto wait_lists = [&peer](int count) {
    peer->ask_until("pex", "pex", [count](const json& counts) {
      return counts.at("lists") >= count;
    });
    return std::chrono::steady_clock::now();
  };
  const auto first = wait_lists(9);
  CHECK(wait_lists(12) - first > 1s);
  CHECK_FALSE(seed->has_lost(peer->id()));
  check_content(*seed);
  check_content(*peer, {seed->id()});
}

TEST_CASE("whoever exchanges addresses for long loses nobody over it") {
  // Ours and theirs ask as often as they may where everybody looks for peers
  // every 3 s: a third of that has to lie between two questions.
  constexpr auto period = "3s";
  const pex_options busy
      = {.asking
         = {.max_interval = 300ms, .eager_interval = 300ms, .peer_pause = 1s}};
  std::vector<std::unique_ptr<cometbft_peer>> theirs;
  std::vector<std::unique_ptr<local_node>> ours;
  std::vector<std::string> known;
  for (int round = 0; round < 2; ++round) {
    for (const auto* release : releases) {
      arguments more = {"-ensure-peers", period};
      if (!known.empty())
        more.insert(more.end(), {"-persistent", known.back()});
      theirs.push_back(start(release, more));
      known.push_back(theirs.back()->address());
    }
    ours.push_back(start_ours({known.back()}, busy));
    known.push_back(ours.back()->address());
  }
  for (auto& node : ours)
    for (auto& peer : theirs)
      node->wait_up(peer->id());
  using clock = std::chrono::steady_clock;
  const auto end = clock::now() + long_run();
  for (int64_t asked = 2; asked <= 8 || clock::now() < end; asked += 2)
    for (auto& peer : theirs) {
      CAPTURE(peer->version());
      peer->ask_until("pex", "pex", [asked](const json& counts) {
        return counts.at("requests") >= asked && counts.at("lists") >= 1;
      });
      check_content(*peer, ids_of(ours));
    }
  for (auto& peer : theirs)
    MESSAGE(peer->version() << " saw " << peer->ask("pex", "pex").dump());
  for (auto& node : ours) {
    for (auto& peer : theirs)
      CHECK_FALSE(node->has_lost(peer->id()));
    check_content(*node);
  }
}
