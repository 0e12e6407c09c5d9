// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/verify_peer.hpp"

#include <array>

#include <doctest/doctest.h>

using namespace troupe;

namespace {

node_id id_of(int number) {
  std::array<std::byte, 20> raw{};
  raw[19] = static_cast<std::byte>(number);
  return node_id{raw};
}

node_info info_of(const node_id& id) {
  return {.node_id = to_string(id),
          .listen_addr = "tcp://127.0.0.1:26656",
          .network = "net",
          .version = "1.0",
          .channels = {0x70},
          .moniker = "somebody"};
}

const auto own = id_of(1);
const auto other = id_of(2);

} // namespace

TEST_CASE("a remote is who it was expected to be, or anyone if nobody was") {
  CHECK(verify_identity(own, other, other).code == errc::none);
  CHECK(verify_identity(own, other, {}).code == errc::none);
  CHECK(verify_identity(own, other, id_of(3)).code == errc::unexpected_peer);
}

TEST_CASE("that the remote is us comes before that it is the wrong one") {
  CHECK(verify_identity(own, own, {}).code == errc::self_connection);
  CHECK(verify_identity(own, own, other).code == errc::self_connection);
  CHECK(verify_identity(own, own, own).code == errc::self_connection);
}

TEST_CASE("a refused identity is named") {
  auto why = verify_identity(own, other, id_of(3));
  CHECK(why.context.find(to_string(other)) != std::string::npos);
  CHECK(why.context.find(to_string(id_of(3))) != std::string::npos);
}

TEST_CASE("a node info is well-formed, then true, then compatible") {
  auto ours = info_of(own);
  auto theirs = info_of(other);
  auto verify = [&] { return verify_node_info(ours, theirs, other).code; };
  CHECK(verify() == errc::none);
  theirs.network = "elsewhere";
  CHECK(verify() == errc::wrong_network);
  theirs.node_id = to_string(id_of(3));
  CHECK(verify() == errc::identity_mismatch);
  theirs.moniker.clear();
  CHECK(verify() == errc::invalid_node_info);
}

TEST_CASE("every way of being incompatible is told apart") {
  auto ours = info_of(own);
  auto theirs = info_of(other);
  SUBCASE("the block protocol") {
    ++theirs.versions.block;
    CHECK(verify_node_info(ours, theirs, other).code
          == errc::wrong_block_version);
  }
  SUBCASE("the channels") {
    theirs.channels = {0x71};
    CHECK(verify_node_info(ours, theirs, other).code
          == errc::no_common_channel);
  }
  SUBCASE("an ID in upper case, which is another one to other nodes") {
    auto shouting = id_of(0xab);
    theirs = info_of(shouting);
    CHECK(verify_node_info(ours, theirs, shouting).code == errc::none);
    for (auto& c : theirs.node_id)
      c = static_cast<char>(std::toupper(c));
    CHECK(verify_node_info(ours, theirs, shouting).code != errc::none);
  }
}

TEST_CASE("who accepts any node still wants the truth about its ID") {
  auto ours = info_of(own);
  auto theirs = info_of(other);
  theirs.network = "elsewhere";
  auto verify = [&] {
    return verify_node_info(ours, theirs, other, acceptance::any).code;
  };
  CHECK(verify() == errc::none);
  theirs.node_id = to_string(id_of(3));
  CHECK(verify() == errc::identity_mismatch);
}
