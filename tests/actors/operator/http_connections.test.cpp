// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/http_connections.hpp"

#include <doctest/doctest.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

constexpr http_limits limits{.max_connections = 3,
                             .max_streams = 1,
                             .idle_time = 10s,
                             .request_time = 20s,
                             .stream_time = 30s};

struct http_connections_fixture {
  [[nodiscard]] std::vector<uint64_t> expired(duration at) {
    return uut.expired(start + at);
  }

  time_point start = time_point{} + 1h;
  http_connections uut{limits};
};

using keys = std::vector<uint64_t>;

} // namespace

TEST_CASE_FIXTURE(http_connections_fixture,
                  "a connection without a complete request ends, "
                  "however slowly it sends one") {
  uut.opened(1, start);
  CHECK(uut.next_deadline() == start + 10s);
  CHECK(expired(9s) == keys{});
  CHECK(expired(10s) == keys{1});
  CHECK(expired(11s) == keys{});
  CHECK(uut.next_deadline() == std::nullopt);
  // It is not saved by what comes too late.
  uut.began(1, start + 12s);
  CHECK(uut.next_deadline() == std::nullopt);
  uut.closed(1);
  CHECK(uut.size() == 0);
}

TEST_CASE_FIXTURE(http_connections_fixture,
                  "a request has a time of its own, and after it "
                  "another one may come") {
  uut.opened(1, start);
  uut.began(1, start + 9s);
  CHECK(expired(28s) == keys{});
  uut.finished(1, start + 28s);
  CHECK(expired(37s) == keys{});
  CHECK(expired(38s) == keys{1});
}

TEST_CASE_FIXTURE(http_connections_fixture,
                  "a stream goes on while its reader takes something, "
                  "and there are not too many of them") {
  for (uint64_t key : {1, 2}) {
    uut.opened(key, start);
    uut.began(key, start);
  }
  CHECK(uut.streams(1, start));
  CHECK_FALSE(uut.streams(2, start));
  uut.progressed(1, start + 25s);
  CHECK(expired(54s) == keys{2});
  CHECK(expired(55s) == keys{1});
}

TEST_CASE_FIXTURE(http_connections_fixture,
                  "where there is no room, who has been idle for "
                  "longest makes way, and nobody else") {
  for (uint64_t key : {1, 2, 3}) {
    CHECK(uut.has_room());
    uut.opened(key, start + key * 1s);
  }
  CHECK_FALSE(uut.has_room());
  CHECK(uut.longest_idle() == 1);
  uut.began(1, start + 5s);
  CHECK(uut.longest_idle() == 2);
  uut.began(2, start + 5s);
  uut.streams(2, start + 5s);
  uut.began(3, start + 5s);
  CHECK(uut.longest_idle() == std::nullopt);
}
