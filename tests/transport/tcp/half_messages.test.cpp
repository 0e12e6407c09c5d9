// SPDX-License-Identifier: Apache-2.0
//
// Remotes that begin messages and do not end them, over plain sockets.
#include <functional>

#include "troupe/tests/transport/mconn/packets.hpp"
#include "troupe/tests/transport/tcp/raw_peer.hpp"
#include "troupe/tests/transport/transport_world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

constexpr size_t mib = size_t{1} << 20;

struct node_with_limits {
  explicit node_with_limits(const receive_limits& receive) {
    auto options = mconn_options_of(2);
    options->stream.receive = receive;
    options->budget = inbound_budget::make(receive);
    budget = options->budget;
    node.emplace(sys, 2, spawn_mconn_transport(sys, std::move(options)));
    auto found = node->listen(loopback4());
    REQUIRE(found);
    where = *found;
  }

  /// A remote and our end of its connection.
  struct guest {
    explicit guest(node_with_limits& world)
      : remote(world.where),
        end(greet(remote, *world.node)) {}

    /// Sends the first `size` bytes of a message.
    bool begin(size_t size) {
      bytes wire;
      for (; size > 0; size -= std::min<size_t>(size, 1024))
        append(wire, encode_packet(talk, false,
                                   patterned(std::min<size_t>(size, 1024))));
      return remote.write_sealed(wire);
    }

    raw_peer remote;
    std::unique_ptr<connection_end> end;
  };

  /// Waits until that much is held.
  void wait_for(size_t bytes) {
    REQUIRE(eventually(node->self, [&] { return budget->held() >= bytes; }));
  }

  world_config config;
  caf::actor_system sys{config};
  std::shared_ptr<inbound_budget> budget;
  std::optional<node_end> node;
  endpoint where;
};

} // namespace

TEST_CASE("a connection that holds halves of messages beyond its memory ends") {
  node_with_limits world{
      {.connection_memory = 2 * mib, .node_memory = 100 * mib}};
  node_with_limits::guest greedy{world};
  greedy.begin(2 * mib + 100'000);
  CHECK(greedy.end->wait_for_end() == errc::over_budget);
  CHECK(world.budget->held() == 0);
}

TEST_CASE("when the node's memory is full, the connection with the most of it "
          "ends, and the others go on") {
  node_with_limits world{
      {.connection_memory = 9 * mib, .node_memory = 9 * mib}};
  node_with_limits::guest greedy{world};
  node_with_limits::guest modest{world};
  // Buffers are up to a quarter more than what has arrived.
  REQUIRE(greedy.begin(6 * mib));
  world.wait_for(6 * mib);
  REQUIRE(modest.begin(3 * mib + mib / 2 - 10));
  CHECK(greedy.end->wait_for_end() == errc::over_budget);
  modest.remote.write_sealed(encode_packet(talk, true, patterned(10)));
  CHECK(modest.end->next().body.size() == 3 * mib + mib / 2);
  CHECK_FALSE(modest.end->ended());
  modest.end->poll();
  CHECK(
      eventually(world.node->self, [&] { return world.budget->held() == 0; }));
}

TEST_CASE("messages that were handed over and not given back count as well") {
  node_with_limits world{
      {.connection_memory = 2 * mib, .node_memory = 100 * mib}};
  node_with_limits::guest one{world};
  REQUIRE(one.remote.write_sealed(encode_message(talk, patterned(400'000))));
  world.wait_for(400'000);
  while (one.end->inbox.empty())
    REQUIRE(one.end->wait());
  // And the reads that may be under way.
  const auto least = read_cost(400'000);
  CHECK(eventually(world.node->self, [&] {
    const auto held = world.budget->held();
    return held > least && held <= least + 2 * read_size_max;
  }));
  SUBCASE("with what decoding made of them") {
    one.end->charge(talk, mib);
    world.wait_for(mib);
    CHECK(world.budget->held() > mib + least);
    one.end->charge(talk, mib);
    CHECK(one.end->wait_for_end() == errc::over_budget);
  }
  SUBCASE("also when their window is given back and more arrives") {
    const auto message = encode_message(talk, patterned(400'000));
    for (int i = 0; i < 2; ++i)
      REQUIRE(one.remote.write_sealed(message));
    one.end->give_window(talk, 2 * least);
    while (one.end->inbox.size() < 3)
      REQUIRE(one.end->wait());
    world.wait_for(3 * least);
    one.end->charge(talk, mib);
    CHECK(one.end->wait_for_end() == errc::over_budget);
  }
  SUBCASE("until they are given back") {
    one.end->next();
    CHECK(eventually(world.node->self,
                     [&] { return world.budget->held() == 0; }));
  }
}

TEST_CASE("a message that does not get on ends its connection") {
  node_with_limits world{{.progress_bytes = 1000, .progress_time = 300ms}};
  node_with_limits::guest stuck{world};
  node_with_limits::guest fine{world};
  REQUIRE(stuck.begin(5000));
  CHECK(stuck.end->wait_for_end() == errc::stalled_message);
  // Whoever has no half message may be silent.
  REQUIRE(fine.remote.write_sealed(encode_message(talk, patterned(10))));
  CHECK(fine.end->next().body == patterned(10));
}
