// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/receive_limits.hpp"

#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/growing_bytes.hpp"
#include "troupe/transport/read_window.hpp"

using namespace troupe;

namespace {

channel_descriptor with_capacity(size_t value) {
  return {
      .id = 0x21, .recv_message_capacity = value, .on_full = overflow::drop};
}

} // namespace

TEST_CASE("a message of any size that is allowed has room while it arrives") {
  for (size_t capacity : {1'000'000, 22'020'096}) {
    growing_bytes body;
    size_t most = 0;
    const bytes packet(100'000);
    while (body.size() < capacity) {
      body.append(byte_view{packet}.first(
          std::min(packet.size(), capacity - body.size())));
      most = std::max(most, body.capacity());
    }
    // What the reader holds, and reads under way, may come on top.
    most += connection_read_window + reads_in_flight_max;
    // In whole pages.
    CHECK(most <= room_for(capacity) + 4096);
  }
}

TEST_CASE("a channel whose largest message would not fit is refused in words") {
  const auto limits = receive_limits{.connection_memory = 4'000'000};
  const auto most = (limits.connection_memory - room_for(0)) / 5 * 4;
  CHECK(check_room({with_capacity(most)}, limits).code == errc::none);
  for (size_t capacity :
       {most + 4, limits.connection_memory, size_t{5'000'000}, SIZE_MAX}) {
    const auto bad = check_room({with_capacity(capacity)}, limits);
    CHECK(bad.code == errc::invalid_channel);
    for (auto part :
         {std::string{"0x21"}, std::to_string(capacity),
          std::string{"connection_memory"}, std::string{"4000000"}}) {
      CAPTURE(bad.context);
      CAPTURE(part);
      CHECK(bad.context.find(part) != std::string::npos);
    }
  }
  CHECK(check_room({with_capacity(most + 4)}, limits)
            .context.find(std::to_string(room_for(most + 4)))
        != std::string::npos);
}

TEST_CASE("what reactors may be behind with needs room besides the largest "
          "message") {
  auto first = channel_descriptor{.id = 0x20,
                                  .recv_message_capacity = 1'000'000,
                                  .recv_window_bytes = 300'000};
  auto second = channel_descriptor{.id = 0x21,
                                   .recv_message_capacity = 10'000,
                                   .recv_window_bytes = 200'000};
  const auto limits
      = receive_limits{.connection_memory = room_for(1'000'000) + 500'000};
  CHECK(check_room({first, second}, limits).code == errc::none);
  ++second.recv_window_bytes;
  const auto bad = check_room({first, second}, limits);
  CHECK(bad.code == errc::invalid_channel);
  CHECK(bad.context.find("0x21") != std::string::npos);
  // Who sheds keeps nothing of the connection's.
  second.on_full = overflow::drop;
  CHECK(check_room({first, second}, limits).code == errc::none);
  first.recv_window_bytes = second.recv_window_bytes = SIZE_MAX;
  CHECK(check_room({second, first}, limits).code == errc::invalid_channel);
}

TEST_CASE("the defaults have room for the largest message of CometBFT") {
  // Its blockchain channel.
  CHECK(check_room({with_capacity(22'020'096)}, {}).code == errc::none);
}
