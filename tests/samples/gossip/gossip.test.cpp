// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/gossip/gossip.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <caf/event_based_actor.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>

#include "troupe/proto/plumtree.pb.h"
#include "troupe/tests/harness/faults.hpp"
#include "troupe/tests/harness/message_faults.hpp"
#include "troupe/tests/harness/network.hpp"
#include "troupe/tests/harness/seeds.hpp"

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::testing;

namespace {

/// What the user of a node has got, by content.
struct diary {
  std::map<std::string, size_t> got;
  caf::actor_addr who;
};

using judge = std::function<caf::result<gossip_verdict>(
    caf::event_based_actor*, size_t node, const gossip_message&)>;

struct listener_state {
  static inline const char* name = "troupe.test.listener";

  listener_state(caf::event_based_actor* ptr, const node& home, size_t number,
                 std::shared_ptr<std::vector<diary>> where,
                 const gossip_options& options, judge how)
    : self(ptr),
      number(number),
      diaries(std::move(where)),
      verdict(std::move(how)),
      gossip(open_gossip(self, home, options)) {}

  caf::behavior make_behavior() {
    auto& mine = diaries->at(number);
    mine.got.clear();
    mine.who = self->address();
    return {
        [this](const gossip_message& in) -> caf::result<gossip_verdict> {
          ++diaries->at(number).got[in.content];
          if (verdict)
            return verdict(self, number, in);
          return gossip_verdict::accept;
        },
        [this](caf::put_atom, const std::string& content) {
          ++diaries->at(number).got[content];
          CHECK(gossip.publish("news", content).code == errc::none);
        },
        [this](caf::get_atom) {
          gossip.counts(self).then(
              [this](const gossip_counts& x) { counts = x; });
        },
        [this](caf::close_atom) { self->quit(); },
    };
  }

  caf::event_based_actor* self;
  size_t number;
  std::shared_ptr<std::vector<diary>> diaries;
  judge verdict;
  troupe::gossip gossip;
  gossip_counts counts;
};

struct gossip_network : network {
  gossip_network(uint64_t seed, size_t count, const edge_list& edges,
                 fidelity how = fidelity::messages, judge verdict = {},
                 gossip_options options = {})
    : network((register_types(), seed), {.how = how}) {
    diaries->resize(count);
    options.topics = {"news"};
    add_nodes(count).connect(edges);
    add_reactor([this, verdict, options](caf::actor_system& sys,
                                         const node& home, size_t number) {
      sys.spawn<caf::stateful_actor<listener_state>>(home, number, diaries,
                                                     options, verdict);
    });
  }

  static void register_types() {
    static const bool once = [] {
      caf::init_global_meta_objects<caf::id_block::troupe_gossip>();
      return true;
    }();
    static_cast<void>(once);
  }

  void mesh() {
    start();
    REQUIRE(run_until([this] { return meshed(); }, 1min));
    advance(1s);
  }

  [[nodiscard]] caf::actor user(size_t number) const {
    return caf::actor_cast<caf::actor>(diaries->at(number).who);
  }

  void publish(size_t number, const std::string& content) {
    if (is_running(number))
      if (auto who = user(number))
        caf::anon_send(who, caf::put_atom_v, content);
  }

  [[nodiscard]] size_t got(size_t number, const std::string& content) const {
    const auto& all = diaries->at(number).got;
    auto i = all.find(content);
    return i != all.end() ? i->second : 0;
  }

  [[nodiscard]] bool all_have(const std::string& content) const {
    for (size_t i = 0; i < size(); ++i)
      if (got(i, content) == 0)
        return false;
    return true;
  }

  /// Whether everybody knows the same.
  [[nodiscard]] bool agree() const {
    for (size_t i = 1; i < size(); ++i)
      if (diaries->at(i).got != diaries->at(0).got)
        return false;
    return true;
  }

  [[nodiscard]] size_t bans() const {
    size_t result = 0;
    for (size_t i = 0; i < size(); ++i)
      if (is_running(i))
        for (const auto& event : events(i))
          result += event.what == node_event::kind::peer_error ? 1 : 0;
    return result;
  }

  std::shared_ptr<std::vector<diary>> diaries
      = std::make_shared<std::vector<diary>>();
};

edge_list graph_of(size_t nodes, uint64_t seed) {
  sim_random random{seed};
  return random_graph(nodes, 3, random);
}

bool is_kind(const app_message& what, plumtree_wire::Frame::SumCase kind) {
  auto frame = what.as<plumtree_wire::Frame>();
  return frame && frame->sum_case() == kind;
}

} // namespace

TEST_CASE("a message reaches all nodes, over the real wire as well") {
  for (auto how : {fidelity::messages, fidelity::mconn}) {
    gossip_network net{1, 6, ring(6), how};
    net.mesh();
    net.publish(0, "hello");
    CHECK(net.run_until([&] { return net.all_have("hello"); }, 5s));
    net.finish();
  }
}

TEST_CASE("all know all once nothing is broken any more, and got it once") {
  auto report = for_each_seed(1, 8, [](uint64_t seed) {
    gossip_options options;
    options.keep_time = options.remind_time = 5min;
    gossip_network net{seed, 8,      graph_of(8, seed), fidelity::messages,
                       {},   options};
    auto& random = net.system().random();
    auto chaos = draw_swarm({.span = 60s, .mean_gap = 4s}, random);
    net.system().describe("faults: " + kinds_of(chaos));
    for (auto& [when, what] : draw_chaos(8, chaos, random))
      net.at(when, std::move(what));
    net.start();
    for (int i = 0; i < 40; ++i) {
      net.publish(random.below(8), fmt::format("news {}", i));
      net.advance(random.between(0ms, 3s));
    }
    net.advance(20s);
    CHECK(net.run_until([&] { return net.meshed() && net.agree(); }, 5min));
    for (const auto& one : *net.diaries)
      for (const auto& [content, count] : one.got)
        CHECK(count == 1);
    net.finish();
  });
  INFO(report.text("troupe: "));
}

TEST_CASE("lost, late and doubled messages hold nothing up for good") {
  const auto graph = edge_list{{0, 1}, {1, 2}, {2, 3}, {0, 3}, {1, 3}};
  fault what;
  SUBCASE("payloads are lost") {
    what = drop_messages("payloads", [](const app_message& m) {
      return m.number % 2 == 0 && is_kind(m, plumtree_wire::Frame::kPayload);
    });
  }
  SUBCASE("announcements are lost") {
    what = drop_messages("announcements", [](const app_message& m) {
      return is_kind(m, plumtree_wire::Frame::kAnnouncement);
    });
  }
  SUBCASE("grafts are lost") {
    what = drop_messages("grafts", [](const app_message& m) {
      return m.number % 3 != 0 && is_kind(m, plumtree_wire::Frame::kGraft);
    });
  }
  SUBCASE("prunes are lost") {
    what = drop_messages("prunes", [](const app_message& m) {
      return is_kind(m, plumtree_wire::Frame::kPrune);
    });
  }
  SUBCASE("topics are lost") {
    what = drop_messages("topics", [](const app_message& m) {
      return is_kind(m, plumtree_wire::Frame::kSubscriptions);
    });
  }
  SUBCASE("all come late to one") {
    what = delay_messages(
        "those to 2", [](const app_message& m) { return m.to == 2; }, 1s);
  }
  SUBCASE("all come twice") {
    what = double_messages("all", [](const app_message&) { return true; });
  }
  gossip_network net{1, 4, graph};
  net.apply(what);
  net.mesh();
  for (int i = 0; i < 10; ++i) {
    net.publish(static_cast<size_t>(i) % 4, fmt::to_string(i));
    net.advance(500ms);
  }
  net.apply(restore_messages());
  CHECK(net.run_until(
      [&] { return net.diaries->at(0).got.size() == 10 && net.agree(); }, 40s));
  CHECK(net.bans() == 0);
  net.finish();
}

TEST_CASE("what was said in one half of a torn network comes to the other when "
          "it is whole again") {
  gossip_network net{1, 6, graph_of(6, 1)};
  net.mesh();
  net.apply(partition({0, 1, 2}, {3, 4, 5}));
  net.advance(1s);
  net.publish(0, "left");
  net.publish(5, "right");
  net.advance(50s);
  CHECK_FALSE(net.all_have("left"));
  net.apply(heal());
  CHECK(net.run_until(
      [&] { return net.all_have("left") && net.all_have("right"); }, 70s));
  net.finish();
}

TEST_CASE("who passes on what all reject loses its connection") {
  // Node 1 is a fool, and node 2 is not.
  auto verdict = [](caf::event_based_actor*, size_t node,
                    const gossip_message& in) -> caf::result<gossip_verdict> {
    if (in.content == "false" && node == 2)
      return gossip_verdict::reject;
    return gossip_verdict::accept;
  };
  gossip_network net{1, 3, {{0, 1}, {1, 2}}, fidelity::messages, verdict};
  net.mesh();
  net.publish(0, "false");
  CHECK(net.run_until([&] { return !net.sees(2, 1); }, 5s));
  CHECK(net.got(2, "false") == 1);
  CHECK(net.sees(0, 1));
  net.finish();
}

TEST_CASE("a user that does not answer in time, or fails, lets nothing through "
          "and ends nothing") {
  auto silent = std::make_shared<
      std::vector<caf::typed_response_promise<gossip_verdict>>>();
  auto verdict
      = [silent](caf::event_based_actor* self, size_t node,
                 const gossip_message& in) -> caf::result<gossip_verdict> {
    if (node != 1)
      return gossip_verdict::accept;
    if (in.content == "error")
      return caf::make_error(caf::sec::runtime_error);
    auto promise = self->make_response_promise<gossip_verdict>();
    silent->push_back(promise);
    return promise;
  };
  gossip_network net{1, 3, {{0, 1}, {1, 2}}, fidelity::messages, verdict};
  net.mesh();
  net.publish(0, "error");
  net.publish(0, "silence");
  net.advance(10s);
  CHECK(net.got(1, "error") == 1);
  CHECK(net.got(1, "silence") == 1);
  CHECK(net.diaries->at(2).got.empty());
  CHECK(net.sees(0, 1));
  CHECK(net.sees(1, 2));
  silent->clear();
  net.finish();
}

TEST_CASE("a promise delays the verdict") {
  auto late = std::make_shared<
      std::vector<caf::typed_response_promise<gossip_verdict>>>();
  auto verdict = [late](caf::event_based_actor* self, size_t node,
                        const gossip_message&) -> caf::result<gossip_verdict> {
    if (node != 1)
      return gossip_verdict::accept;
    auto promise = self->make_response_promise<gossip_verdict>();
    late->push_back(promise);
    return promise;
  };
  gossip_network net{1, 3, {{0, 1}, {1, 2}}, fidelity::messages, verdict};
  net.mesh();
  net.publish(0, "news");
  net.advance(2s);
  CHECK(net.got(2, "news") == 0);
  REQUIRE(late->size() == 1);
  late->front().deliver(gossip_verdict::accept);
  late->clear();
  net.advance(1s);
  CHECK(net.got(2, "news") == 1);
  net.finish();
}

TEST_CASE("a gossip ends with its user, and a user with its node") {
  gossip_network net{1, 2, ring(2)};
  net.mesh();
  caf::anon_send(net.user(0), caf::close_atom_v);
  net.advance(1s);
  CHECK(net.user(0) == nullptr);
  net.publish(1, "unheard");
  net.advance(1s);
  net.stop(1);
  REQUIRE(net.run_until([&] { return !net.is_running(1); }, 10s));
  CHECK(net.user(1) == nullptr);
  net.finish();
}

TEST_CASE("options that make no sense end the gossip and its user") {
  gossip_options options;
  options.trees = 0;
  gossip_network net{1, 1, {}, fidelity::messages, {}, options};
  net.start();
  net.advance(1s);
  CHECK(net.user(0) == nullptr);
  net.finish();
}
