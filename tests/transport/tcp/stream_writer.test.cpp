// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/tcp/stream_writer.hpp"

#include <algorithm>
#include <cstdint>

#include <doctest/doctest.h>

#include "troupe/transport/tcp/stream_reader.hpp"

using namespace troupe;
using namespace std::chrono_literals;

namespace {

constexpr auto start = time_point{1h};

raw_bytes buffer(size_t size, uint8_t content) {
  raw_bytes result(size);
  std::fill(result.begin(), result.end(), std::byte{content});
  return result;
}

} // namespace

TEST_CASE("buffers are written in order, whatever the network takes of them") {
  for (size_t step = 1; step <= 7; ++step) {
    stream_writer writer;
    writer.add(buffer(3, 1), start);
    writer.add(buffer(0, 9), start);
    writer.add(buffer(4, 2), start);
    bytes written;
    size_t finished = 0;
    for (auto rest = writer.next(); !rest.empty(); rest = writer.next()) {
      const auto count = std::min(step, rest.size());
      written.insert(written.end(), rest.begin(),
                     rest.begin() + static_cast<ptrdiff_t>(count));
      writer.taken(count, start);
      finished += writer.take_finished();
    }
    CHECK(written
          == bytes{std::byte{1}, std::byte{1}, std::byte{1}, std::byte{2},
                   std::byte{2}, std::byte{2}, std::byte{2}});
    CHECK(finished == 7);
  }
}

TEST_CASE("a buffer counts as written when all of it is") {
  stream_writer writer;
  writer.add(buffer(10, 1), start);
  writer.taken(9, start);
  CHECK(writer.take_finished() == 0);
  writer.taken(1, start);
  CHECK(writer.take_finished() == 10);
  CHECK(writer.take_finished() == 0);
}

TEST_CASE("nothing of a half-written burst is left when the stream has ended, "
          "and nothing is added any more") {
  stream_writer writer;
  writer.add(buffer(1000, 1), start);
  writer.taken(900, start);
  writer.end();
  CHECK(writer.ended());
  CHECK(writer.next().empty());
  CHECK(writer.take_finished() == 0);
  CHECK_FALSE(writer.next_wakeup());
  // Shorter than what was written of the first one.
  writer.add(buffer(10, 2), start);
  CHECK(writer.next().empty());
  writer.taken(10, start);
  CHECK(writer.take_finished() == 0);
}

TEST_CASE("a remote that takes nothing for too long stalls, and every byte "
          "gives it new time") {
  stream_writer writer{30s};
  CHECK_FALSE(writer.next_wakeup());
  writer.add(buffer(10, 1), start);
  writer.add(buffer(10, 1), start + 10s);
  CHECK(writer.next_wakeup() == start + 30s);
  CHECK_FALSE(writer.stalled(start + 30s - 1ns));
  CHECK(writer.stalled(start + 30s));
  writer.taken(0, start + 20s);
  CHECK(writer.stalled(start + 30s));
  writer.taken(1, start + 20s);
  CHECK_FALSE(writer.stalled(start + 50s - 1ns));
  CHECK(writer.stalled(start + 50s));
  writer.taken(9, start + 21s);
  writer.taken(10, start + 22s);
  CHECK_FALSE(writer.next_wakeup());
  CHECK_FALSE(writer.stalled(start + 24h));
  // What was idle is not late.
  writer.add(buffer(1, 1), start + 24h);
  CHECK(writer.next_wakeup() == start + 24h + 30s);
}

TEST_CASE("reads use up credit and follow the traffic in size") {
  stream_reader reader{64 * 1024};
  CHECK_FALSE(reader.may_read());
  reader.grant((1 + 4 + 16 + 32) * stream_reader::size_min);
  CHECK(reader.next_size() == stream_reader::size_min);
  reader.taken(stream_reader::size_min);
  CHECK(reader.next_size() == 4 * stream_reader::size_min);
  reader.taken(4 * stream_reader::size_min);
  reader.taken(16 * stream_reader::size_min);
  CHECK(reader.next_size() == 64 * 1024);
  reader.taken(1);
  CHECK_FALSE(reader.may_read());
  reader.grant(64 * 1024);
  CHECK(reader.next_size() == 16 * 1024);
  reader.end();
  reader.grant(64 * 1024);
  CHECK_FALSE(reader.may_read());
}

TEST_CASE("the last read takes what credit there is, and none is too small to "
          "be worth it") {
  stream_reader reader{64 * 1024};
  reader.grant(3 * stream_reader::size_min - 1);
  reader.taken(stream_reader::size_min);
  CHECK(reader.next_size() == 2 * stream_reader::size_min - 1);
  reader.taken(2 * stream_reader::size_min - 1);
  CHECK_FALSE(reader.may_read());
  reader.grant(stream_reader::size_min - 1);
  CHECK_FALSE(reader.may_read());
  reader.grant(1);
  CHECK(reader.next_size() == stream_reader::size_min);
}

TEST_CASE("a remote that may not be read is gone when it is broken, or has "
          "said goodbye for a while") {
  stream_reader reader{64 * 1024};
  CHECK_FALSE(reader.gone(hangup::none));
  CHECK(reader.gone(hangup::full));
  CHECK_FALSE(reader.gone(hangup::half));
  CHECK(reader.gone(hangup::half));
  // There was something left to read.
  reader.grant(stream_reader::size_min);
  reader.taken(1);
  CHECK_FALSE(reader.gone(hangup::half));
  CHECK_FALSE(reader.gone(hangup::none));
  CHECK_FALSE(reader.gone(hangup::half));
}
