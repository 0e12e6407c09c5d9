// SPDX-License-Identifier: Apache-2.0
#include <caf/send.hpp>

#include "talk.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Nodes of which only the first one will hear of the others.
struct forgetful_network : talking_network {
  using talking_network::talking_network;

  void tell(size_t about) {
    (*this)[0].add_peer(*node_address::parse(address(about)));
  }

  bool remembers(size_t about) {
    return disk(0).peers().count(id(about)) != 0;
  }

  bool meets(size_t other, duration limit = 1min) {
    return run_until([this, other] { return sees(0, other); }, limit);
  }
};

} // namespace

TEST_CASE("a node that crashed dials whom it was told of in another life") {
  forgetful_network net{1};
  net.add_nodes(2);
  net.start();
  net.tell(1);
  REQUIRE(net.meets(1));
  net.advance(5s);
  CHECK(net.remembers(1));
  net.crash(0);
  net.start(0);
  CHECK(net.meets(1, 3min));
  net.finish();
}

TEST_CASE("what was not stored at a crash is forgotten, and nothing else") {
  forgetful_network net{2};
  net.add_nodes(3);
  net.start();
  net.tell(1);
  net.advance(5s);
  net.tell(2);
  // Changes are collected for a second.
  net.advance(500ms);
  CHECK(net.sees(0, 2));
  CHECK_FALSE(net.remembers(2));
  net.crash(0);
  net.start(0);
  CHECK(net.meets(1, 3min));
  net.advance(5min);
  CHECK_FALSE(net.sees(0, 2));
  net.finish();
}

TEST_CASE("a crash in the middle of a commit leaves all of it, or nothing") {
  size_t interrupted = 0;
  size_t survived = 0;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    forgetful_network net{seed};
    net.add_nodes(3);
    net.start();
    net.tell(1);
    net.tell(2);
    net.advance(1s + 250us * seed);
    net.crash(0);
    CHECK(net.remembers(1) == net.remembers(2));
    interrupted += net.disk(0).interrupted();
    survived += net.disk(0).survived();
    net.start(0);
    // Whoever is known still is met again.
    if (net.remembers(1))
      CHECK(net.run_until([&] { return net.sees(0, 1) && net.sees(0, 2); },
                          3min));
    net.finish();
  }
  // Both happen.
  CHECK(survived > 0);
  CHECK(survived < interrupted);
}

TEST_CASE("a ban lasts as long as it should, wherever the clocks stand") {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    forgetful_network net{seed, fidelity::messages, 24h * 365};
    net.add_nodes(2, [](size_t, node_options& options) {
      options.retry.max_retry_time = 5s;
    });
    net.start();
    net.tell(1);
    REQUIRE(net.meets(1));
    auto since = net.now();
    caf::anon_send(net[0].router(), ban_atom_v, net.id(1), caf::timespan{10min},
                   std::string{"a test"});
    net.advance(5s);
    CHECK_FALSE(net.sees(0, 1));
    net.crash(0);
    net.advance(3min);
    net.start(0);
    net.advance(6min);
    CHECK_FALSE(net.sees(0, 1));
    REQUIRE(net.meets(1, 5min));
    CHECK(net.now() - since >= 10min);
    CHECK(net.now() - since < 11min);
    net.finish();
  }
}
