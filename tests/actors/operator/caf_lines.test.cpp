// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/caf_lines.hpp"

#include <doctest/doctest.h>

#include <caf/detail/log_level.hpp>

using namespace troupe;

TEST_CASE("only the first line that waits asks for somebody to write it") {
  caf_lines lines{4};
  CHECK(lines.push({.text = "a"}));
  CHECK_FALSE(lines.push({.text = "b"}));
  auto taken = lines.take();
  REQUIRE(taken.size() == 2);
  CHECK(taken[0].text == "a");
  CHECK(taken[1].text == "b");
  CHECK(lines.take().empty());
  CHECK(lines.push({.text = "c"}));
}

TEST_CASE("lines that find no room are counted, and told of") {
  caf_lines lines{2};
  for (int i = 0; i < 5; ++i)
    (void)lines.push({.text = "a"});
  auto taken = lines.take();
  REQUIRE(taken.size() == 3);
  CHECK(taken[2].level == CAF_LOG_LEVEL_WARNING);
  CHECK(taken[2].text == "event=log_lost lines=3");
  // That is over then.
  CHECK(lines.push({.text = "a"}));
  CHECK(lines.take().size() == 1);
}
