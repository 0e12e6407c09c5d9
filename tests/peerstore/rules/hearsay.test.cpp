// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/hearsay.hpp"

#include "ledger_world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

node_address at(char first, const char* host) {
  return {
      .protocol = "mconn", .id = peer(first), .hostname = host, .port = 26656};
}

struct hearsay_fixture : ledger_world {
  explicit hearsay_fixture(const peer_manager_options& options = world::plain())
    : ledger_world(options) {}

  hearsay judge(const node_address& what, const char* from = "8.8.8.8",
                char who = 'a') const {
    informant source{.id = peer(who)};
    if (from != nullptr)
      source.where = endpoint{
          .protocol = "mconn", .ip = ip_address::parse(from), .port = 1};
    return troupe::judge(what, source, state, peer(world::own), strict);
  }

  bool strict = true;
};

} // namespace

TEST_CASE("what peers tell is believed if it can be true") {
  hearsay_fixture x;
  CHECK(x.judge(at('b', "1.2.3.4")) == hearsay::credible);
  CHECK(x.judge(at('b', "peer.example.org")) == hearsay::credible);
  CHECK(x.judge(at('b', "10.0.0.2"), "10.0.0.1") == hearsay::credible);
  CHECK(x.judge(at('b', "127.0.0.1"), "127.0.0.1") == hearsay::credible);
  // The one who says so has hung up.
  CHECK(x.judge(at('b', "1.2.3.4"), nullptr) == hearsay::credible);
}

TEST_CASE("what cannot be an address is none") {
  hearsay_fixture x;
  CHECK(x.judge({}) == hearsay::impossible);
  CHECK(x.judge({.protocol = "mconn", .hostname = "1.2.3.4"})
        == hearsay::impossible);
  CHECK(x.judge(at('b', "127.1")) == hearsay::impossible);
  for (const auto* nowhere : {"0.0.0.0", "::", "224.0.0.1", "255.255.255.255"})
    CHECK(x.judge(at('b', nowhere)) == hearsay::impossible);
}

TEST_CASE("a stranger knows nothing of private networks, nor of this machine") {
  hearsay_fixture x;
  for (const auto* host : {"10.0.0.2", "192.168.1.1", "127.0.0.1", "::1",
                           "localhost", "fe80::1", "fd00::1"}) {
    CAPTURE(host);
    CHECK(x.judge(at('b', host)) == hearsay::out_of_place);
    CHECK(x.judge(at('b', host), nullptr) == hearsay::out_of_place);
  }
  CHECK(x.judge(at('b', "192.168.1.1"), "10.0.0.1") == hearsay::out_of_place);
  CHECK(x.judge(at('b', "127.0.0.1"), "10.0.0.1") == hearsay::out_of_place);
  CHECK(x.judge({.protocol = "memory", .id = peer('b')})
        == hearsay::out_of_place);
}

TEST_CASE("without strictness, private networks are like others; what is no "
          "address of any is not") {
  hearsay_fixture x;
  x.strict = false;
  CHECK(x.judge(at('b', "10.0.0.2")) == hearsay::credible);
  CHECK(x.judge(at('b', "127.0.0.1"), nullptr) == hearsay::credible);
  CHECK(x.judge(at('b', "0.0.0.0")) == hearsay::impossible);
  CHECK(x.judge({.protocol = "memory", .id = peer('b')})
        == hearsay::out_of_place);
}

TEST_CASE("an address with our ID is ours, if it can be true") {
  hearsay_fixture x;
  CHECK(x.judge(at(world::own, "1.2.3.4")) == hearsay::ours);
  CHECK(x.judge(at(world::own, "10.0.0.1")) == hearsay::out_of_place);
}

TEST_CASE("private peers tell nothing, and nobody tells of them; of blocked "
          "ones neither") {
  auto options = world::plain();
  options.private_peers = {peer('p')};
  options.blocked_peers = {peer('y')};
  hearsay_fixture x{options};
  CHECK(x.judge(at('p', "1.2.3.4")) == hearsay::private_peer);
  CHECK(x.judge(at('b', "1.2.3.4"), "8.8.8.8", 'p')
        == hearsay::private_informant);
  CHECK(x.judge(at('y', "1.2.3.4")) == hearsay::blocked);
}
