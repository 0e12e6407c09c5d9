// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/peer_view.hpp"

#include <doctest/doctest.h>

#include "troupe/messages/node_key.hpp"

using namespace troupe;
using namespace troupe::testing;

namespace {

node_id id_of(int number) {
  std::array<std::byte, 32> seed{};
  seed[0] = static_cast<std::byte>(number);
  return node_key::from_seed(seed).id();
}

peer_update up(int peer, uint64_t generation) {
  return {
      .peer = id_of(peer), .status = peer_status::up, .generation = generation};
}

peer_update down(int peer, uint64_t generation) {
  return {.peer = id_of(peer),
          .status = peer_status::down,
          .generation = generation};
}

} // namespace

TEST_CASE("peers come and go") {
  peer_view view;
  CHECK_FALSE(view.sees(id_of(1)));
  CHECK(view.generation(id_of(1)) == 0);
  CHECK_FALSE(view.apply(up(1, 4)));
  CHECK_FALSE(view.apply(up(2, 5)));
  CHECK(view.sees(id_of(1)));
  CHECK(view.generation(id_of(1)) == 4);
  CHECK(view.up().size() == 2);
  CHECK_FALSE(view.apply(down(1, 4)));
  CHECK_FALSE(view.sees(id_of(1)));
  CHECK(view.sees(id_of(2)));
  CHECK(view.downs() == 1);
  CHECK_FALSE(view.apply(up(1, 6)));
  CHECK(view.generation(id_of(1)) == 6);
}

TEST_CASE("a peer must not come up twice") {
  peer_view view;
  view.apply(up(1, 1));
  CHECK(view.apply(up(1, 1)).has_value());
  CHECK(view.apply(up(1, 2)).has_value());
}

TEST_CASE("a peer must not go down without having been up") {
  peer_view view;
  CHECK(view.apply(down(1, 1)).has_value());
  view.apply(up(1, 1));
  view.apply(down(1, 1));
  CHECK(view.apply(down(1, 1)).has_value());
}

TEST_CASE("up and down are about the same connection") {
  peer_view view;
  view.apply(up(1, 2));
  CHECK(view.apply(down(1, 1)).has_value());
  CHECK(view.sees(id_of(1)));
}
