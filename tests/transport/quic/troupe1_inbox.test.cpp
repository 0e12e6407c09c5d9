// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/troupe1_inbox.hpp"

#include <doctest/doctest.h>

#include "troupe/messages/uvarint.hpp"
#include "troupe/transport/read_window.hpp"

using namespace troupe;

namespace {

bytes frame_of(size_t size) {
  bytes result;
  result.reserve(size + max_uvarint_size);
  append_uvarint(result, size);
  result.resize(result.size() + size);
  return result;
}

} // namespace

TEST_CASE("an inbox holds nothing once all that waited has become messages") {
  const channel_descriptor bulk{
      .id = 0x71, .recv_message_capacity = connection_read_window};
  troupe1_inbox uut{bulk.id, &bulk};
  inbound_batch out;
  CHECK(uut.receive(frame_of(connection_read_window), out) == errc::none);
  REQUIRE(out.size() == 1);
  CHECK_FALSE(uut.has_window());
  CHECK(uut.receive(frame_of(100'000), out) == errc::none);
  CHECK(out.size() == 1);
  CHECK(uut.held_bytes() >= 100'000);
  uut.give_back(read_cost(connection_read_window));
  CHECK(uut.advance(out) == errc::none);
  CHECK(out.size() == 2);
  CHECK(uut.empty());
  CHECK(uut.held_bytes() == 0);
}
