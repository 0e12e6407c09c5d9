// SPDX-License-Identifier: Apache-2.0
//
// Nodes that have addresses of IPv4 and IPv6.
#include <fmt/format.h>

#include "talk.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

constexpr auto places = {"mconn://0.0.0.0:26656", "mconn://[::]:26656"};

/// Two nodes; the second one listens with both families.
struct two_families_fixture {
  explicit two_families_fixture(uint64_t seed) : net{seed, fidelity::mconn} {
    net.add_nodes(2, [](size_t number, node_options& options) {
      if (number == 1)
        options.listen.assign(places.begin(), places.end());
    });
  }

  /// Where the second node is, as IPv6 has it.
  ip_address ip6() {
    return net.wires().topology().ip6_of(net.host(1));
  }

  /// Lets the first node know the second one at that host.
  void know(const std::string& host) {
    net.options(0).persistent_peers.push_back(
        fmt::format("mconn://{}@{}:26656", to_string(net.id(1)), host));
  }

  /// The IP address at which the first node has its peer.
  [[nodiscard]] std::optional<ip_address> found_at() const {
    const auto& up = net.peers(0).up();
    auto i = up.find(net.id(1));
    return i != up.end() ? i->second.info.remote.ip : std::nullopt;
  }

  talking_network net;
};

} // namespace

TEST_CASE("a node is dialed at an IPv6 address") {
  two_families_fixture world{1};
  world.know(fmt::format("[{}]", to_string(world.ip6())));
  world.net.start();
  REQUIRE(world.net.run_until([&] { return world.net.sees(0, 1); }, 5s));
  CHECK(world.found_at() == world.ip6());
  CHECK(world.net.sees(1, 0));
  world.net.finish();
}

TEST_CASE("where IPv4 leads nowhere, a node is found at its IPv6 address right "
          "after, by name") {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    two_families_fixture world{seed};
    // Nobody has the first two addresses.
    world.net.wires().dns().set(
        "both", {.addresses = {ip_address::v4(10, 9, 9, 9),
                               ip_address::v4(10, 9, 9, 8), world.ip6()}});
    world.know("both");
    world.net.start(1);
    world.net.advance(1s);
    world.net.start(0);
    // Three seconds is what a dial may take.
    REQUIRE(world.net.run_until([&] { return world.net.sees(0, 1); }, 1s));
    CHECK(world.found_at() == world.ip6());
    world.net.finish();
  }
}
