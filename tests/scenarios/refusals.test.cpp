// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "talk.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

using kind = node_event::kind;

} // namespace

TEST_CASE("a node of another network is refused by both ends") {
  for (auto how : {fidelity::messages, fidelity::mconn}) {
    talking_network net{1, how};
    net.add_nodes(3, [](size_t number, node_options& options) {
      options.retry.max_retry_time_persistent = 5s;
      if (number == 2)
        options.network = "another";
    });
    net.connect(full_mesh(3));
    net.start();
    net.advance(1min);
    CHECK(net.sees(0, 1));
    for (size_t i = 0; i < 2; ++i) {
      CHECK_FALSE(net.sees(i, 2));
      CHECK_FALSE(net.sees(2, i));
    }
    // Either end may be the first to see it, and to hang up.
    CHECK(count_events(net, 0, kind::dial_failed, errc::wrong_network)
              + count_events(net, 0, kind::refused, errc::wrong_network)
          > 0);
    CHECK(count_events(net, 2, kind::dial_failed, errc::wrong_network)
              + count_events(net, 2, kind::refused, errc::wrong_network)
          > 0);
    // They try again and again, and do not hammer.
    CHECK(net.events(2).size() > 10);
    CHECK(net.events(2).size() < 120);
    net.finish();
  }
}

TEST_CASE("a node that is full takes nobody, and then whoever comes first") {
  talking_network net{2};
  net.add_nodes(4, [](size_t number, node_options& options) {
    options.retry.max_retry_time_persistent = 5s;
    if (number == 0)
      options.max_connected = 2;
  });
  // Node 0 knows nobody, and all know node 0.
  for (size_t i = 1; i < 4; ++i)
    net.options(i).persistent_peers.push_back(net.address(0));
  net.start();
  auto known = [&net] { return net.peers(0).up().size(); };
  REQUIRE(net.run_until([&known] { return known() == 2; }, 1min));
  // It stays with those that it has.
  auto downs = net.peers(0).downs();
  net.advance(1min);
  CHECK(known() == 2);
  CHECK(net.peers(0).downs() == downs);
  CHECK(count_events(net, 0, kind::refused, errc::too_many_peers) > 0);
  size_t outsider = 1;
  while (net.sees(0, outsider))
    ++outsider;
  net.stop(outsider == 1 ? 2 : 1);
  CHECK(net.run_until([&] { return net.sees(0, outsider); }, 2min));
  net.finish();
}

TEST_CASE("a name without answer delays nobody else") {
  talking_network net{3};
  net.add_nodes(3);
  for (int i = 0; i < 20; ++i) {
    auto name = fmt::format("silent-{}", i);
    net.wires().dns().set(name, {.with = sim_dns_entry::mood::ignore});
    std::array<std::byte, 32> seed{};
    seed[0] = static_cast<std::byte>(i);
    net.options(0).persistent_peers.push_back(
        fmt::format("mconn://{}@{}:26656",
                    to_string(node_key::from_seed(seed).id()), name));
  }
  net.connect(full_mesh(3));
  CHECK(net.mesh(2s));
  // They are tried again and again, and nothing hangs.
  net.advance(1min);
  CHECK(count_events(net, 0, kind::dial_failed, errc::timeout) >= 20);
  CHECK(net.meshed());
  net.finish();
}

TEST_CASE("a name that does not exist fails, and works once it does") {
  talking_network net{4};
  net.add_nodes(2, [](size_t, node_options& options) {
    options.retry.max_retry_time_persistent = 5s;
  });
  net.options(0).persistent_peers.push_back(
      fmt::format("mconn://{}@late:26656", to_string(net.id(1))));
  net.wires().dns().set("late", {.with = sim_dns_entry::mood::fail});
  net.start();
  net.advance(20s);
  CHECK_FALSE(net.sees(0, 1));
  CHECK(count_events(net, 0, kind::dial_failed, errc::unknown_host) > 1);
  net.wires().dns().set(
      "late", {.addresses = {net.wires().topology().ip_of(net.host(1))}});
  CHECK(net.run_until([&net] { return net.sees(0, 1); }, 30s));
  net.finish();
}

TEST_CASE("somebody else at an address is not taken for the peer") {
  talking_network net{5, fidelity::mconn};
  net.add_nodes(2);
  std::array<std::byte, 32> seed{};
  auto stranger = node_key::from_seed(seed).id();
  auto address = net.address(1);
  auto at = address.find('@');
  net.options(0).persistent_peers.push_back(
      fmt::format("mconn://{}{}", to_string(stranger), address.substr(at)));
  net.start();
  net.advance(1min);
  CHECK(net.peers(0).up().empty());
  CHECK(net.peers(1).up().empty());
  CHECK(count_events(net, 0, kind::dial_failed, errc::unexpected_peer) > 1);
  net.finish();
}
