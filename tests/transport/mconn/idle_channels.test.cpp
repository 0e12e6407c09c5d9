// SPDX-License-Identifier: Apache-2.0
//
// What channels cost a connection once nothing goes on there any more: a node
// has thousands of such connections.
#ifdef __GLIBC__

#  include <memory>
#  include <vector>

#  include <doctest/doctest.h>
#  include <malloc.h>

#  include "troupe/actors/peer/read_account.hpp"
#  include "troupe/tests/transport/mconn/packets.hpp"
#  include "troupe/transport/mconn/packet_decoder.hpp"
#  include "troupe/transport/mconn/packet_scheduler.hpp"

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::test;

namespace {

constexpr size_t connections = 200;

/// Of one connection, for ten channels that have all been busy at once.
constexpr size_t bytes_max = 1000;

std::vector<channel_descriptor> ten_channels() {
  std::vector<channel_descriptor> result;
  for (channel_id id = 1; id <= 10; ++id)
    result.push_back({.id = id});
  return result;
}

struct connection {
  packet_scheduler scheduler{ten_channels()};
  packet_decoder decoder{1024, ten_channels()};
  read_account account{SIZE_MAX};
};

/// Everything goes on on all channels, and comes to its end.
void use(connection& what) {
  recording_sink sink;
  const shared_bytes body{bytes(100)};
  for (const auto& channel : ten_channels()) {
    for (int i = 0; i < 3; ++i)
      CHECK(what.scheduler.push(channel.id, body) == errc::none);
    CHECK(
        what.decoder.decode(encode_packet(channel.id, false, bytes(100)), sink)
        == errc::none);
    CHECK(what.account.delivered(channel.id, {1s, 1000}, 100, {}) == 100);
  }
  while (what.scheduler.next({})) {
  }
  for (const auto& channel : ten_channels()) {
    CHECK(what.decoder.decode(encode_packet(channel.id, true, {}), sink)
          == errc::none);
    CHECK(what.account.returned(channel.id, 100) == read_credit{0, 100});
  }
}

} // namespace

TEST_CASE("channels where nothing goes on any more cost a connection little") {
  // Under a sanitizer, it is another heap.
  if (mallinfo2().arena == 0)
    return;
  auto in_use = [] { return mallinfo2().uordblks + mallinfo2().hblkhd; };
  std::vector<std::unique_ptr<connection>> all(connections);
  const auto before = in_use();
  for (auto& one : all) {
    one = std::make_unique<connection>();
    use(*one);
  }
  CHECK((in_use() - before) / connections < sizeof(connection) + bytes_max);
}

#endif
