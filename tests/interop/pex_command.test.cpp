// SPDX-License-Identifier: Apache-2.0
//
// troupe start, in a network of CometBFT nodes of all releases.
#include <memory>
#include <string>
#include <vector>

#include "cometbft_world.hpp"
#include "output_of.hpp"
#include "temp_folder.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

using json = peer_process::json;

/// `troupe start` in a home of its own.
class troupe_node {
public:
  explicit troupe_node(const arguments& more) {
    const auto program = environment("TROUPE_COMMAND");
    const auto home = folder_ / "home";
    output_of(program + " init --home " + home + " --network troupe-interop");
    id_ = output_of(program + " show-node-id --home " + home);
    arguments words = {"start",
                       "--home",
                       home,
                       "--network",
                       "troupe-interop",
                       "--listen",
                       "mconn://127.0.0.1:0",
                       "--json"};
    words.insert(words.end(), more.begin(), more.end());
    process_ = std::make_unique<peer_process>(program, words);
    const std::string where = process_->wait_for("listening").at("endpoint");
    address_ = id_ + "@" + where.substr(where.rfind('/') + 1);
  }

  [[nodiscard]] const std::string& id() const {
    return id_;
  }

  /// `ID@127.0.0.1:PORT`.
  [[nodiscard]] const std::string& address() const {
    return address_;
  }

  peer_process& process() {
    return *process_;
  }

private:
  temp_folder folder_;
  std::unique_ptr<peer_process> process_;
  std::string id_;
  std::string address_;
};

} // namespace

TEST_CASE("troupe start knows one CometBFT node and finds the others") {
  std::vector<std::unique_ptr<cometbft_peer>> peers;
  for (const auto* release : releases) {
    arguments options = {"-pex"};
    if (!peers.empty())
      options.insert(options.end(), {"-persistent", peers[0]->address()});
    peers.push_back(std::make_unique<cometbft_peer>(options, release));
  }
  for (size_t i = 1; i < peers.size(); ++i)
    peers[0]->wait_up(peers[i]->id());
  troupe_node node{{"--bootstrap-peers", peers[1]->address()}};
  for (auto& peer : peers) {
    node.process().wait_for("peer_up", cometbft_peer::with("peer", peer->id()));
    peer->wait_up(node.id());
    CHECK_FALSE(peer->has_seen("banned"));
  }
  CHECK_FALSE(node.process().has_seen("peer_down"));
  CHECK_FALSE(node.process().has_seen("peer_error"));
}

TEST_CASE("troupe start --seed-mode lets CometBFT nodes find each other") {
  troupe_node seed{{"--seed-mode"}};
  std::vector<std::unique_ptr<cometbft_peer>> peers;
  for (const auto* release : releases)
    peers.push_back(std::make_unique<cometbft_peer>(
        arguments{"-seeds", seed.address(), "-ensure-peers", "2s"}, release));
  for (auto& one : peers) {
    for (auto& other : peers)
      if (one != other)
        one->wait_up(other->id());
    // It has had its answer and had to go.
    one->wait_down(seed.id());
    // CometBFT 0.40 asks others too often, and is banned for that; not we.
    while (one->has_seen("banned")) {
      const std::string who = one->wait_for("banned").at("address");
      CAPTURE(who);
      CHECK(who.find(seed.id()) == std::string::npos);
    }
  }
  CHECK_FALSE(seed.process().has_seen("peer_error"));
  seed.process().signal(SIGTERM);
  CHECK(seed.process().wait_for_exit() == 0);
}
