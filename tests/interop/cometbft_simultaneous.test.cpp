// SPDX-License-Identifier: Apache-2.0
//
// A CometBFT peer and a node of ours dial each other at the same instant.
//
// We keep the connection that the smaller ID dialed, CometBFT the one that it
// has added first. Where these differ, each side closes what the other one
// keeps, and one of them has to dial once more.
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include "cometbft_world.hpp"
#include "troupe/peerstore/rules/peer_manager.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// What our peer manager has going on.
class activity {
public:
  void set(const peer_manager& core) {
    {
      std::lock_guard guard{mutex_};
      at_rest_ = core.state().dials.all().empty()
                 && core.state().connections.all().size() == 1;
    }
    changed_.notify_all();
  }

  /// Waits until there is one connection and no dial.
  void wait_for_rest() {
    std::unique_lock guard{mutex_};
    REQUIRE(changed_.wait_for(guard, patience, [this] { return at_rest_; }));
  }

  [[nodiscard]] bool at_rest() {
    std::lock_guard guard{mutex_};
    return at_rest_;
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool at_rest_ = false;
};

/// A node of ours that one can look into.
struct open_node {
  explicit open_node(node_options options = test_options())
    : node(watched(std::move(options))) {}

  node_options watched(node_options options) {
    options.watch_peers
        = [shared = inside](const peer_manager& core) { shared->set(core); };
    return options;
  }

  std::shared_ptr<activity> inside = std::make_shared<activity>();
  local_node node;
};

/// Options of a node whose ID is smaller than `peer`, or greater.
node_options options_beside(const std::string& peer, bool smaller) {
  auto result = test_options();
  while ((to_string(result.key.id()) < peer) != smaller)
    result = test_options();
  return result;
}

/// What comes of it when both dial.
class encounter {
public:
  encounter(cometbft_peer& peer, open_node& ours, size_t reconnects_max)
    : peer_(peer),
      node_(ours.node),
      inside_(*ours.inside),
      reconnects_max_(reconnects_max) {}

  /// Waits until all dials are over and both talk to each other, twice: what
  /// they say may get lost together with a connection that makes way.
  void settle() {
    using clock = std::chrono::steady_clock;
    const auto deadline = clock::now() + patience;
    wait_for_its_dial();
    do {
      REQUIRE(ups_ <= 2 + reconnects_max_);
      REQUIRE(clock::now() < deadline);
      inside_.wait_for_rest();
    } while (!both_are_heard() || !both_are_heard() || !inside_.at_rest());
  }

  /// Checks that there is one connection now, how it came to be, and that it
  /// stays.
  void check_settled() {
    // Our side may have learned late of a connection that the other one closed
    // at once; that is the reconnect that may be.
    while (!both_are_heard())
      REQUIRE(ups_ <= 2 + reconnects_max_);
    const auto ups_before = ups_;
    CHECK(both_are_heard());
    CHECK(inside_.at_rest());
    CHECK(ups_ == ups_before);
    CHECK(peer_.ask("peers", "peers").at("ids")
          == peer_process::json::array({node_.id()}));
    count("peer_up", its_ups_);
    count("peer_down", its_downs_);
    CHECK(its_ups_ == its_downs_ + 1);
    CHECK(its_downs_ <= reconnects_max_);
  }

  /// How often it lost us.
  [[nodiscard]] size_t reconnects() const {
    return its_downs_;
  }

  /// Whether one of the two connections found the other one there.
  bool met() {
    count("inbound_refused", refusals_);
    count("dial_error", refusals_);
    return its_downs_ > 0 || ups_ > 1 || refusals_ > 0
           || node_.has_seen(node_event::kind::refused)
           || node_.has_seen(node_event::kind::dial_failed);
  }

private:
  void wait_for_its_dial() {
    const auto outcome = peer_.wait_for_any(
        {"dial_error", "peer_up"}, [](const peer_process::json& event) {
          return event.at("event") == "dial_error" || event.at("outbound");
        });
    ++(outcome.at("event") == "peer_up" ? its_ups_ : refusals_);
  }

  /// Counts events of that kind that have come.
  void count(const std::string& kind, size_t& into) {
    while (peer_.has_seen(kind)) {
      peer_.wait_for(kind);
      ++into;
    }
  }

  /// Waits for the next that happens on our side.
  step::kind next(const std::string& ping = {}) {
    for (;;) {
      const auto now = node_.wait_step(peer_.id());
      if (now.what == step::kind::pong && now.begin != ping.substr(0, 8))
        continue; // An answer that came too late to count.
      if (now.what == step::kind::up)
        ++ups_;
      if (now.what != step::kind::pong)
        up_ = now.what == step::kind::up;
      return now.what;
    }
  }

  /// Whether a ping comes back before the connection ends.
  bool we_are_heard() {
    while (!up_)
      next();
    const auto ping = node_.send_pings(peer_.id(), 0x71, 100, 1).front();
    return next(ping) == step::kind::pong;
  }

  bool both_are_heard() {
    return we_are_heard() && it_is_heard();
  }

  bool it_is_heard() {
    peer_.start_ping(node_.id(), "71", 100, 1);
    const auto answer
        = peer_.wait_for_any({"pings_done", "pings_failed", "error"});
    return answer.at("event") == "pings_done";
  }

  cometbft_peer& peer_;
  local_node& node_;
  activity& inside_;
  size_t reconnects_max_;
  bool up_ = false;
  size_t ups_ = 0;
  size_t its_ups_ = 0;
  size_t its_downs_ = 0;
  size_t refusals_ = 0;
};

/// How many rounds went in which way.
struct tally {
  void add(cometbft_peer& peer, open_node& ours) {
    encounter both{peer, ours, reconnects_max};
    both.settle();
    both.check_settled();
    ++rounds;
    reconnects += both.reconnects();
    met += both.met() ? 1 : 0;
  }

  /// Says it. If the dials never met, nothing was tested.
  void close() const {
    MESSAGE(met << " of " << rounds << " times the dials met, " << reconnects
                << " reconnects");
    CHECK(met > 0);
  }

  size_t reconnects_max = 1;
  size_t rounds = 0;
  size_t met = 0;
  size_t reconnects = 0;
};

} // namespace

TEST_CASE("of two simultaneous dials one connection is left") {
  cometbft_peer peer;
  tally all;
  // Both orders of the IDs come, and each side is told to dial first.
  while (all.rounds < 100) {
    const auto round = all.rounds;
    CAPTURE(round);
    std::string id;
    {
      open_node ours{options_beside(peer.id(), round % 2 == 0)};
      id = ours.node.id();
      const auto we_begin = round / 2 % 2 == 0;
      if (we_begin)
        ours.node.dial(peer.address());
      peer.command("dial " + ours.node.address());
      if (!we_begin)
        ours.node.dial(peer.address());
      all.add(peer, ours);
    }
    peer.wait_down(id);
  }
  all.close();
}

TEST_CASE("so it is with a CometBFT node that dials its persistent peers again "
          "at once") {
  // These dials may meet what is left of the two that began it all.
  tally all{.reconnects_max = 3};
  while (all.rounds < 20) {
    const auto round = all.rounds;
    CAPTURE(round);
    open_node ours;
    // It dials us as soon as it runs.
    cometbft_peer peer{{"-persistent", ours.node.address()}};
    ours.node.dial(peer.address());
    all.add(peer, ours);
  }
  all.close();
}
