// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/crawl/crawl_progress.hpp"

#include <chrono>

#include <doctest/doctest.h>

#include "made_up_nodes.hpp"

using namespace troupe;
using namespace troupe::command;
using namespace troupe::test;
using namespace std::chrono_literals;

TEST_CASE("a bar says how many of the known nodes are done with, and fits its "
          "line") {
  const crawl_progress half{
      .known = 400, .settled = 200, .answered = 150, .busy = 32};
  CHECK(
      progress_line(half, 65s, 79)
      == "[===============               ] 200 of 400 nodes, 150 answered, 32 "
         "busy, "
         "1:05");
  CHECK(progress_line(half, 65s, 200).size() < 100);
  for (size_t columns = 40; columns < 200; ++columns)
    CHECK(progress_line(half, 65s, columns).size() <= columns);
  CHECK(progress_line(half, 65s, 45).find('[') == std::string::npos);
  CHECK(progress_line({}, 0s, 79).find("0 of 0 nodes") != std::string::npos);
}

TEST_CASE("nodes that wait or are busy are not done with") {
  crawl_frontier frontier{{}, {}};
  for (uint32_t i = 1; i <= 3; ++i)
    frontier.add_seed(made_up(i));
  time_point now{1h};
  REQUIRE(frontier.next(now));
  auto so_far = progress_of(frontier);
  CHECK(so_far.known == 3);
  CHECK(so_far.settled == 0);
  CHECK(so_far.busy == 1);
  frontier.up(made_up(1).id, {}, now);
  frontier.told(made_up(1).id, {}, now);
  so_far = progress_of(frontier);
  CHECK(so_far.settled == 1);
  CHECK(so_far.answered == 1);
}
