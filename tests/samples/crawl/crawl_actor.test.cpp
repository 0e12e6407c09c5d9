// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/crawl/crawl_actor.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <optional>

#include <doctest/doctest.h>

#include <caf/event_based_actor.hpp>

#include "troupe/actors/pex/pex_wire.hpp"
#include "troupe/tests/harness/network.hpp"

using namespace troupe;
using namespace troupe::command;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace {

/// What a node knows, and how it behaves when it is asked.
struct teller {
  enum class mood : uint8_t { honest, silent, gibberish, twice, curious };

  std::vector<node_address> knows = {};
  mood with = mood::honest;
  size_t asked = 0;
};

/// A network whose last node crawls the others, which tell what the test says.
struct crawled_network {
  explicit crawled_network(size_t count, fidelity how = fidelity::messages)
    : net(1, {.how = how}),
      tellers(count) {
    net.add_nodes(count + 1, [count](size_t number, node_options& options) {
      if (number != count)
        return;
      options.retry.min_retry_time = 24h;
      options.retry.max_retry_time = 24h;
      options.retry.max_retry_time_persistent = 24h;
      options.disconnect_cooldown = 24h;
    });
    net.add_reactor([this](auto& sys, const node& home, size_t number) {
      if (number == tellers.size())
        crawler = home;
      else
        sys.spawn(teller_reactor, home, &tellers[number]);
    });
  }

  static caf::behavior teller_reactor(caf::event_based_actor* self,
                                      const node& home, teller* me) {
    auto wire = home.open_channel<p2p::PexMessage>(self, {.id = pex_channel});
    auto answer = [wire, me](const node_id& to, pex_dialect how) {
      ++me->asked;
      switch (me->with) {
        case teller::mood::silent:
          return;
        case teller::mood::gibberish: {
          p2p::PexMessage bad;
          auto* entry = bad.mutable_pex_response()->add_addresses();
          entry->set_ip("nowhere");
          entry->set_port(1'000'000);
          wire.send(to, bad);
          return;
        }
        case teller::mood::curious:
          wire.send(to, make_pex_request(pex_dialect::legacy));
          break;
        case teller::mood::twice:
          wire.send(to, make_pex_response(how, me->knows));
          break;
        case teller::mood::honest:
          break;
      }
      wire.send(to, make_pex_response(how, me->knows));
    };
    return {
        [answer](const inbound_envelope& in) {
          return in.match(
              [&](const p2p::PexRequest&) {
                answer(in.from, pex_dialect::legacy);
              },
              [&](const p2p::PexRequestV2&) {
                answer(in.from, pex_dialect::urls);
              },
              [&](const google::protobuf::Message&) {});
        },
    };
  }

  node_address at(size_t number) const {
    return *node_address::parse(net.address(number));
  }

  /// Crawls from node 0, and waits for the end.
  const crawl_map& crawl(const crawl_manners& manners = {}) {
    net.start();
    // It dials once its channel is open.
    net.settle();
    address_scope scope = address_scope::everywhere();
    crawl_frontier begin{manners, scope};
    begin.add_seed(at(0));
    const auto actor
        = spawn_crawl(net.system().sys(), crawler, std::move(begin),
                      {.finished = [this](crawl_frontier x) {
                        found.emplace(std::move(x));
                      }});
    if (on_start)
      on_start(actor);
    REQUIRE(net.run_until([this] { return found.has_value(); }, 10min));
    return found->map();
  }

  void finish() {
    crawler = {};
    net.finish();
  }

  const crawled_node& node_of(size_t number) const {
    return found->map().nodes()[*found->map().find(net.id(number))];
  }

  network net;
  std::vector<teller> tellers;
  node crawler;
  std::optional<crawl_frontier> found;
  std::function<void(const caf::actor&)> on_start;
};

} // namespace

TEST_CASE("thirty nodes that each know the next one are all found, and each is "
          "asked once") {
  for (auto how : {fidelity::messages, fidelity::mconn}) {
    crawled_network world{30, how};
    for (size_t i = 0; i < 30; ++i)
      world.tellers[i].knows = {world.at((i + 1) % 30)};
    const auto& map = world.crawl();
    CHECK(world.found->done());
    REQUIRE(map.nodes().size() == 30);
    for (size_t i = 0; i < 30; ++i) {
      CAPTURE(i);
      CHECK(world.node_of(i).state == crawl_state::answered);
      CHECK(world.node_of(i).hops == i);
      CHECK(world.node_of(i).info->version.starts_with("troupe"));
      CHECK(world.node_of(i).answer_time > 0s);
      CHECK(world.tellers[i].asked == 1);
    }
    CHECK(map.line_count() == 30);
    // Nobody is left connected.
    world.net.advance(5s);
    for (size_t i = 0; i < 30; ++i)
      CHECK(world.net.peers(i).up().empty());
    world.finish();
  }
}

TEST_CASE(
    "nodes that answer badly, twice or not at all delay and disturb nobody") {
  crawled_network world{6};
  using mood = teller::mood;
  world.tellers[0] = {.knows = {world.at(1), world.at(2), world.at(3),
                                world.at(4), world.at(5)},
                      .with = mood::curious};
  world.tellers[1].with = mood::silent;
  world.tellers[2].with = mood::gibberish;
  world.tellers[3] = {.knows = {world.at(1)}, .with = mood::twice};
  world.tellers[4].knows = {world.at(2)};
  world.net.options(5).network = "another";
  const auto begin = world.net.now();
  world.crawl({.rate = 10, .patience = 3s});
  CHECK(world.net.now() - begin < 10s);
  CHECK(world.node_of(0).state == crawl_state::answered);
  CHECK(world.node_of(1).state == crawl_state::silent);
  CHECK(world.node_of(1).reason == errc::timeout);
  CHECK(world.node_of(2).state == crawl_state::silent);
  CHECK(world.node_of(2).reason == errc::malformed_message);
  CHECK(world.node_of(3).state == crawl_state::answered);
  CHECK(world.node_of(3).told.size() == 1);
  CHECK(world.node_of(4).state == crawl_state::answered);
  CHECK(world.node_of(5).state == crawl_state::incompatible);
  CHECK(world.node_of(5).detail.find("another") != std::string::npos);
  world.finish();
}

TEST_CASE("a node that is gone is unreachable, and is not dialed again") {
  crawled_network world{3};
  world.tellers[0].knows = {world.at(1), world.at(2)};
  world.on_start = [&world](const caf::actor&) { world.net.crash(1); };
  world.crawl({.rate = 5, .patience = 3s});
  CHECK(world.node_of(1).state == crawl_state::unreachable);
  CHECK(world.node_of(2).state == crawl_state::answered);
  world.net.start(1);
  world.net.advance(10min);
  CHECK(world.tellers[1].asked == 0);
  world.finish();
}

TEST_CASE("a crawl that is stopped says what it has found so far") {
  crawled_network world{3};
  world.tellers[0].knows = {world.at(1), world.at(2)};
  world.tellers[1].with = teller::mood::silent;
  world.on_start = [&world](const caf::actor& crawl) {
    world.net.run_until([&world] { return world.tellers[1].asked == 1; }, 1min);
    caf::anon_send(crawl, caf::close_atom_v);
  };
  world.crawl({.concurrency = 1, .patience = 1h});
  CHECK_FALSE(world.found->done());
  CHECK(world.found->map().nodes().size() == 3);
  CHECK(world.node_of(0).state == crawl_state::answered);
  CHECK(world.node_of(2).state == crawl_state::waiting);
  world.finish();
}
