// SPDX-License-Identifier: Apache-2.0

// How nodes find each other that know next to nobody.

#include <algorithm>

#include "pex_network.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Seconds, for messages.
double seconds(duration span) {
  return std::chrono::duration<double>{span}.count();
}

} // namespace

TEST_CASE("nodes of which each knows the next one fill their slots") {
  constexpr size_t count = 200;
  pex_network net{1};
  net.add(count);
  for (size_t i = 0; i < count; ++i)
    net.tell(i, (i + 1) % count);
  net.start();
  const auto begin = net.now();
  REQUIRE(net.run_until([&] { return net.has_dialed_all(); }, 5min));
  const auto took = net.now() - begin;
  size_t least = count;
  size_t most = 0;
  for (size_t i = 0; i < count; ++i) {
    least = std::min(least, net.degree(i));
    most = std::max(most, net.degree(i));
  }
  MESSAGE("full after ", seconds(took), " s; degrees ", least, " to ", most,
          "; ", net.bytes_sent() / static_cast<int64_t>(count),
          " bytes of peer exchange a node");
  CHECK(took < 1min);
  CHECK(net.is_connected());
  CHECK(least >= net.slots);
  net.finish();
}

TEST_CASE("a node that knows one seed has ten peers within seconds") {
  pex_network net{2};
  net.add(22);
  net.seeds = {0};
  // The others have been with the seed.
  for (size_t i = 1; i < 22; ++i)
    net.tell(i, 0);
  for (size_t i = 0; i < 21; ++i)
    net.start(i);
  REQUIRE(net.run_until([&] { return net.is_full(); }, 3min));
  net.start(21);
  const auto begin = net.now();
  REQUIRE(net.run_until([&] { return net.degree(21) >= 10; }, 1min));
  MESSAGE("ten peers after ", seconds(net.now() - begin), " s");
  CHECK(net.now() - begin < 5s);
  net.finish();
}

TEST_CASE("a node whose seed is dead, or has a name that nobody knows, joins "
          "through the other one without delay") {
  pex_network net{3};
  net.add(22, [](size_t number, node_options& options) {
    if (number == 21)
      options.bootstrap_peers
          = {"ffffffffffffffffffffffffffffffffffffffff@nowhere.example:26656",
             "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee@10.99.99.99:26656"};
  });
  for (size_t i = 0; i < 22; ++i)
    net.tell(i, 1);
  for (size_t i = 1; i < 21; ++i)
    net.start(i);
  REQUIRE(net.run_until([&] { return net.is_full(); }, 3min));
  net.start(21);
  const auto begin = net.now();
  REQUIRE(net.run_until([&] { return net.degree(21) >= 10; }, 1min));
  CHECK(net.now() - begin < 5s);
  net.finish();
}

TEST_CASE("a seed whose name cannot be looked up at first is tried again") {
  pex_network net{4};
  net.add(4);
  net.know_by_name(0);
  net.apply(lost_name(0));
  for (size_t i = 1; i < 4; ++i)
    net.tell(i, 0);
  net.start();
  net.advance(2min);
  CHECK(net.degree(1) == 0);
  net.apply(restore_name(0));
  CHECK(net.run_until([&] { return net.degree(1) == 3; }, 5min));
  net.finish();
}

TEST_CASE("nodes that may know few others come to know so many") {
  constexpr size_t count = 8;
  constexpr size_t known_max = 4;
  pex_network net{6, 3};
  net.add(count, [](size_t, node_options& options) {
    options.max_connected = 3;
    options.max_incoming = 3;
    options.max_connected_upgrade = 0;
    options.max_peers = known_max;
  });
  for (size_t i = 0; i < count; ++i)
    net.tell(i, (i + 1) % count);
  net.start();
  auto known = [&net] {
    size_t result = 0;
    for (size_t i = 0; i < count; ++i)
      result += net.disk(i).peers().size();
    return result;
  };
  CHECK(net.run_until([&] { return known() * 10 >= count * known_max * 9; },
                      1min));
  net.finish();
}

TEST_CASE("a newcomer that knows only a node that is full fills its slots all "
          "the same") {
  constexpr size_t newcomer = 8;
  pex_network net{7, 4};
  net.add(newcomer + 1, [](size_t number, node_options& options) {
    if (number > 0)
      return;
    options.max_connected = 4;
    options.max_incoming = 4;
    // Nobody makes way.
    options.max_connected_upgrade = 0;
    options.max_visitors = 1;
  });
  for (size_t i = 1; i <= newcomer; ++i)
    net.tell(i, 0);
  for (size_t i = 0; i < newcomer; ++i)
    net.start(i);
  REQUIRE(net.run_until([&] { return net.is_full(); }, 3min));
  const auto before = net.peers(0).up();
  REQUIRE(before.size() == 4);
  net.start(newcomer);
  const auto begin = net.now();
  REQUIRE(
      net.run_until([&] { return net.outgoing(newcomer) >= net.slots; }, 1min));
  MESSAGE("joined after ", seconds(net.now() - begin), " s");
  CHECK(net.now() - begin < 5s);
  // Who was there before is there still.
  CHECK(net.degree(0) >= 4);
  for (const auto& [id, peer] : before)
    CHECK(net.peers(0).up().count(id) == 1);
  net.finish();
}

TEST_CASE("who comes in through one node finds all that came before") {
  pex_network net{5, 20};
  net.add(15);
  for (size_t i = 1; i < 5; ++i)
    net.tell(i, 0);
  for (size_t i = 5; i < 15; ++i)
    net.tell(i, 2);
  for (size_t i = 0; i < 5; ++i)
    net.start(i);
  auto meshed = [&net](size_t count) {
    return net.run_until(
        [&net, count] {
          for (size_t i = 0; i < count; ++i)
            if (net.degree(i) + 1 < count)
              return false;
          return true;
        },
        1min);
  };
  REQUIRE(meshed(5));
  for (size_t i = 5; i < 15; ++i)
    net.start(i);
  CHECK(meshed(15));
  net.finish();
}
