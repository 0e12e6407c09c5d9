// SPDX-License-Identifier: Apache-2.0
//
// Names that peers told us, and that lead into our own network.
#include <algorithm>

#include <fmt/format.h>

#include <caf/send.hpp>

#include "talk.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Two nodes in a private network, and a name there for the second one.
struct names_of_strangers_fixture {
  explicit names_of_strangers_fixture(bool strict) {
    net.add_nodes(3, [strict](size_t, node_options& options) {
      options.address_book_strict = strict;
    });
    net.wires().dns().set(
        "host", {.addresses = {net.wires().topology().ip_of(net.host(1))}});
    net.start(0);
    net.start(1);
    net.advance(1s);
  }

  [[nodiscard]] node_address by_name() const {
    return *node_address::parse(
        fmt::format("mconn://{}@host:26656", to_string(net.id(1))));
  }

  /// The third node is said to have told the first one.
  void tell() {
    caf::anon_send(net[0].router(), caf::add_atom_v,
                   std::vector<node_address>{by_name()}, net.id(2));
  }

  /// Dials that failed as the name leads where it may not.
  [[nodiscard]] ptrdiff_t refused() const {
    return std::ranges::count_if(net.events(0), [](const node_event& x) {
      return x.what == node_event::kind::dial_failed
             && x.code == errc::invalid_endpoint;
    });
  }

  talking_network net{1};
};

} // namespace

TEST_CASE("a name from a peer that leads into a private network is not "
          "dialed, until an operator says so") {
  names_of_strangers_fixture world{true};
  world.tell();
  world.net.advance(10s);
  CHECK(world.refused() > 0);
  CHECK_FALSE(world.net.sees(0, 1));
  // Its failures are those of the address, which is tried less and less.
  const auto before = world.refused();
  world.net.advance(1min);
  CHECK(world.refused() < before + 6);
  world.net[0].add_peer(world.by_name());
  CHECK(world.net.run_until([&] { return world.net.sees(0, 1); }, 10min));
  world.net.finish();
}

TEST_CASE("where private networks are networks like others, a peer's name may "
          "lead there") {
  names_of_strangers_fixture world{false};
  world.tell();
  CHECK(world.net.run_until([&] { return world.net.sees(0, 1); }, 5s));
  CHECK(world.refused() == 0);
  world.net.finish();
}
