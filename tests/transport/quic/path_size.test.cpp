// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/path_size.hpp"

#include <chrono>

#include <doctest/doctest.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

constexpr auto start = time_point{1h};
constexpr auto probe = 50ms;

} // namespace

TEST_CASE("datagrams are large as long as streams get on") {
  path_size uut{1452};
  CHECK(uut.allowed() == 1452);
  uut.look({}, probe, start);
  uut.look(start, probe, start + 999ms);
  CHECK(uut.allowed() == 1452);
  // Where an acknowledgement takes longer, that is no wonder.
  uut.look(start, 1s, start + 2999ms);
  CHECK(uut.allowed() == 1452);
}

TEST_CASE("a stream that stands still makes datagrams small for some time") {
  path_size uut{1452};
  uut.look(start, probe, start + 1s);
  CHECK(uut.allowed() == path_size::least);
  const auto until = start + 1s + path_size::retry_first;
  uut.look({}, probe, until - 1ns);
  CHECK(uut.allowed() == path_size::least);
  uut.look({}, probe, until);
  CHECK(uut.allowed() == 1452);
  // And then for twice as long.
  uut.look(until, probe, until + 1s);
  CHECK(uut.allowed() == path_size::least);
  uut.look({}, probe, until + 1s + path_size::retry_first);
  CHECK(uut.allowed() == path_size::least);
  uut.look({}, probe, until + 1s + 2 * path_size::retry_first);
  CHECK(uut.allowed() == 1452);
}

TEST_CASE("what is small anyway stays as it is") {
  path_size uut{1200};
  uut.look(start, probe, start + 1h);
  CHECK(uut.allowed() == 1200);
}
