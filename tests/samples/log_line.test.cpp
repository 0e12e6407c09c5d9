// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/log_line.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "troupe/actors/operator/event_line.hpp"
#include "troupe/messages/quoted.hpp"

using namespace troupe;
using namespace troupe::command;

namespace {

std::string text(std::string_view line) {
  return as_text(parse_log_line("warn", "me", line), wall_time{});
}

std::string json(std::string_view line) {
  return as_json(parse_log_line("warn", "me", line), wall_time{});
}

constexpr auto start = "1970-01-01T00:00:00.000Z ";

} // namespace

TEST_CASE("a line of the log looks like an event, with its level and the name "
          "of the node") {
  const auto line = "event=not_sent channel=0x20 reason=\"too \\\"big\\\"\"";
  CHECK(text(line)
        == start
               + std::string{"not_sent level=warn node=me channel=0x20 "
                             "reason=\"too \\\"big\\\"\""});
  CHECK(json(line)
        == R"({"event":"not_sent","time":"1970-01-01T00:00:00.000Z",)"
           R"("level":"warn","node":"me","channel":"0x20",)"
           R"("reason":"too \"big\""})");
}

TEST_CASE("what is no line of ours is the text of a message") {
  for (std::string_view line :
       {"hello", "a=1 b=2", "event=x y", "event=x reason=\"open", "=", "",
        "event=x A=1", "event=x k=\"v\"w"}) {
    const auto words = parse_log_line("error", {}, line);
    CHECK(words.name == "message");
    CHECK(words.fields.at("text") == line);
    CHECK_FALSE(words.fields.contains("node"));
  }
}

TEST_CASE(
    "nothing of a remote's reaches a terminal as it is, nor is it a field "
    "of ours") {
  // Colours, a title for the window, a line of its own, and text that runs from
  // the right to the left.
  const std::string evil
      = "\x1b[31m \x1b]0;x\x07 \n event=stopped level=\xe2\x80\xaeinfo \x9b";
  const auto line = "event=refused moniker=" + troupe::quoted(evil, 512);
  for (const auto& printed : {text(line), json(line)}) {
    CHECK(std::ranges::all_of(printed,
                              [](char c) { return c >= ' ' && c <= '~'; }));
    CHECK(printed.find("\\u001b[31m") != std::string::npos);
    CHECK(printed.find("\\u202e") != std::string::npos);
  }
  CHECK(parse_log_line("warn", {}, line).name == "refused");
  // A word of ours is not replaced by one of its own.
  CHECK(parse_log_line("warn", "me", "event=x level=high node=you")
            .fields.at("level")
        == "warn");
}

TEST_CASE("what was cut says so") {
  CHECK(
      parse_log_line("warn", {}, "event=x what=" + troupe::quoted("abcdef", 3))
          .fields.at("what")
      == "abc...");
}
