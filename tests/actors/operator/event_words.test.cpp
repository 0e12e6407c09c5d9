// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/event_words.hpp"

#include <fstream>
#include <map>
#include <set>

#include <doctest/doctest.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

/// The words in `backquotes`.
std::vector<std::string> quoted_words(const std::string& line) {
  std::vector<std::string> result;
  for (size_t at = 0; (at = line.find('`', at)) != std::string::npos;) {
    const auto end = line.find('`', at + 1);
    REQUIRE(end != std::string::npos);
    result.push_back(line.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  return result;
}

/// The table of events in the README: what each may say.
std::map<std::string, std::set<std::string>> documented() {
  std::ifstream file{TROUPE_OPERATOR_README};
  REQUIRE(file);
  std::map<std::string, std::set<std::string>> result;
  auto inside = false;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("|"))
      inside = false;
    else if (line.starts_with("| event | besides |"))
      inside = true;
    else if (auto words = quoted_words(line); inside && !words.empty())
      result[words.front()] = {words.begin() + 1, words.end()};
  }
  return result;
}

std::set<std::string> names_in(const event_fields& fields) {
  std::set<std::string> result;
  for (const auto& [name, value] : fields.items())
    result.insert(name);
  return result;
}

/// An event with all that its kind may say.
node_event full_event(node_event::kind what) {
  using kind = node_event::kind;
  node_event result{.what = what,
                    .channel = 7,
                    .wait = 1500us,
                    .way = direction::outbound,
                    .count = 3};
  if (what == kind::listening || what == kind::refused
      || what == kind::port_mapped)
    result.where = {"mconn", ip_address::v4(1, 2, 3, 4), 5};
  const auto fails = what == kind::dial_failed || what == kind::refused
                     || what == kind::peer_error || what == kind::channel_closed
                     || what == kind::channel_refused;
  if (fails)
    result.code = errc::timeout;
  if (what != kind::listening && what != kind::port_mapped)
    result.reason = "why";
  return result;
}

} // namespace

TEST_CASE("the README of the folder has each event and all that it says") {
  auto known = documented();
  for (auto i = uint8_t{0};
       i <= static_cast<uint8_t>(node_event::kind::port_mapped); ++i) {
    const auto words
        = in_words(full_event(static_cast<node_event::kind>(i)), {});
    CAPTURE(words.name);
    REQUIRE(known.count(words.name) == 1);
    CHECK(names_in(words.fields) == known.at(words.name));
    known.erase(words.name);
  }
  for (auto status : {peer_status::up, peer_status::down}) {
    const auto words = in_words(
        peer_update{.status = status, .reason = errc::timeout, .text = "why"});
    CAPTURE(words.name);
    CHECK(names_in(words.fields) == known[words.name]);
    known.erase(words.name);
  }
  CHECK(names_in(lost_in_words(1).fields) == known["lost"]);
  known.erase("lost");
  CHECK(known.empty());
}

TEST_CASE("what is not known of an event is not said") {
  CHECK(names_in(
            in_words(node_event{.what = node_event::kind::refused}, {}).fields)
            .empty());
  const auto down = in_words(peer_update{.reason = errc::connection_closed});
  CHECK_FALSE(down.fields.contains("text"));
  CHECK(down.fields.at("reason") == "connection_closed");
}

TEST_CASE("shed messages are told with channel, way, number and reason") {
  const auto words = in_words({.what = node_event::kind::messages_shed,
                               .channel = 0x70,
                               .reason = "queue_full",
                               .way = direction::inbound,
                               .count = 9},
                              {});
  CHECK(words.name == "messages_shed");
  CHECK(words.fields.dump()
        == R"({"channel":"0x70","direction":"inbound","count":9,)"
           R"("reason":"queue_full"})");
}
