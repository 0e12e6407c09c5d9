// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/node/memory_bound.hpp"

#include <fmt/format.h>
#include <malloc.h>

#include "troupe/messages/sanitized.hpp"
#include "troupe/tests/actors/world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

constexpr channel_id patient_channel = 0x71;
constexpr channel_id hasty_channel = 0x72;
constexpr uint8_t remotes = 8;

constexpr size_t KiB = 1024;
constexpr size_t MiB = 1024 * KiB;

/// Bytes of the heap that are in use.
size_t in_use() {
  const auto all = mallinfo2();
  return all.uordblks + all.hblkhd;
}

std::vector<channel_descriptor> channels() {
  channel_descriptor waits{.id = patient_channel,
                           .send_queue_bytes = 256 * KiB,
                           .send_total_bytes = 2 * MiB,
                           .recv_message_capacity = 64 * KiB,
                           .recv_window_bytes = 64 * KiB,
                           .recv_total_bytes = 1 * MiB};
  auto drops = waits;
  drops.id = hasty_channel;
  drops.on_full = overflow::drop;
  return {waits, drops};
}

struct memory_bound_fixture : world {
  memory_bound_fixture() {
    auto options = world::options(1);
    options.channels_expected = 2;
    options.stream.receive.connection_memory = 2 * MiB;
    options.stream.receive.node_memory = 4 * MiB;
    bound = memory_bound_of(options, channels(), remotes, 1);
    where = spawn(std::move(options));
    for (const auto& channel : channels()) {
      states.push_back(open(where, channel));
      states.back()->patient = true;
    }
    for (uint8_t i = 0; i < remotes; ++i)
      peers.push_back(join(where, static_cast<uint8_t>(i + 2),
                           {patient_channel, hasty_channel}));
    before = in_use();
  }

  [[nodiscard]] size_t taken() const {
    const auto now = in_use();
    return now > before ? now - before : 0;
  }

  memory_bound bound;
  node where;
  std::vector<recorder_ptr> states;
  std::vector<puppet_ptr> peers;
  size_t before = 0;
};

} // namespace

TEST_CASE("what remotes send takes no more memory than the options say, when "
          "no reactor keeps up") {
  if (sanitized) {
    MESSAGE("skipped: a sanitizer's heap has no figures");
    return;
  }
  memory_bound_fixture world;
  size_t most = 0;
  for (int round = 0; round < 60; ++round) {
    for (const auto& peer : world.peers) {
      if (peer->closed)
        continue;
      for (auto channel : {patient_channel, hasty_channel})
        peer->send(channel, wire_ping(std::string(60'000, 'x')));
    }
    world.settle();
    most = std::max(most, world.taken());
    CHECK(most <= world.bound.inbound);
  }
  // It was tried.
  CHECK(most >= 3 * MiB);
  MESSAGE(fmt::format("{} KiB of at most {}", most / KiB,
                      world.bound.inbound / KiB));
}

TEST_CASE("what reactors send takes no more memory than the options say, when "
          "no peer takes it") {
  if (sanitized) {
    MESSAGE("skipped: a sanitizer's heap has no figures");
    return;
  }
  memory_bound_fixture world;
  for (const auto& peer : world.peers)
    peer->reads = false;
  size_t most = 0;
  for (int round = 0; round < 30; ++round) {
    for (const auto& state : world.states)
      for (uint8_t i = 0; i < remotes; ++i)
        state->say(world.id(static_cast<uint8_t>(i + 2)),
                   std::string(60'000, 'x'));
    most = std::max(most, world.taken());
    world.settle();
    most = std::max(most, world.taken());
    CHECK(most <= world.bound.outbound);
  }
  CHECK(most >= 4 * MiB);
  MESSAGE(fmt::format("{} KiB of at most {}", most / KiB,
                      world.bound.outbound / KiB));
}

TEST_CASE("the bound is the sum that is written down") {
  node_options options{.key = world::key(1)};
  const std::vector<channel_descriptor> one{{.id = 0x70}};
  // 224 MiB of the node, reads, the decoder's message, small ones, and what one
  // channel holds.
  const auto bound = memory_bound_of(options, one, 64, 4);
  CHECK(bound.inbound
        == 224 * MiB + 32 * MiB + 128 * MiB + 62 * MiB + 128 * MiB
               + size_t{16} * 22'020'096);
  // More channels and connections take more, up to the end of numbers.
  CHECK(memory_bound_of(options, {}, 64, 4).inbound < bound.inbound);
  CHECK(memory_bound_of(options, {}, 64, 4).outbound < bound.outbound);
  CHECK(memory_bound_of(options, one, 65, 4).outbound > bound.outbound);
  CHECK(memory_bound_of(options, one, SIZE_MAX, 4).outbound == SIZE_MAX);
}
