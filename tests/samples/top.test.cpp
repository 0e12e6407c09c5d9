// SPDX-License-Identifier: Apache-2.0

// The live screen, without a terminal: what it is told and what it draws.
#include <algorithm>
#include <chrono>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "nodes.hpp"
#include "troupe/samples/troupe/top/top_view.hpp"

using namespace troupe;
using namespace troupe::command;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

std::string id(char digit) {
  return std::string(40, digit);
}

json peer(char digit, uint64_t received, const std::string& moniker = "m") {
  return {{"peer", id(digit)},
          {"state", "up"},
          {"explanation", "connected"},
          {"score", "1.5 = 1.5 behaviour"},
          {"points", 1.5},
          {"direction", "inbound"},
          {"connected_for", 300},
          {"moniker", moniker},
          {"remote", "mconn://10.0.0.1:26656"},
          {"rtt", 0.0012},
          {"channels",
           {{{"channel", 32},
             {"received_bytes", received},
             {"sent_bytes", 10},
             {"shed", 3},
             {"queued_bytes", 0}}}}};
}

json waiting(char digit) {
  return {{"peer", id(digit)},
          {"state", "backing_off"},
          {"explanation", "failed"},
          {"score", "0.0"},
          {"points", 0.0}};
}

std::string answer(std::vector<json> peers) {
  return json{{"peers", std::move(peers)}}.dump();
}

constexpr time_point start{1000s};

std::string text_of(const top_model& model, size_t width = 140,
                    size_t height = 20) {
  std::string result;
  const auto lines = draw(model, "title", width, height);
  CHECK(lines.size() <= height);
  for (const auto& line : lines) {
    CHECK(line.text.size() <= width);
    CHECK(std::ranges::all_of(line.text,
                              [](char c) { return c >= ' ' && c <= '~'; }));
    result += line.text + "\n";
  }
  return result;
}

} // namespace

TEST_CASE("the screen has peers with what they send a second, connected ones "
          "first") {
  top_model model;
  CHECK(model.take_peers(answer({waiting('b'), peer('a', 0)}), start).code
        == errc::none);
  CHECK(
      model.take_peers(answer({waiting('b'), peer('a', 2'000'000)}), start + 2s)
          .code
      == errc::none);
  REQUIRE(model.peers().size() == 2);
  CHECK(model.peers()[0].id == id('a'));
  CHECK(model.peers()[0].receive_rate == 1'000'000);
  const auto text = text_of(model);
  for (std::string_view part :
       {"1 of 2 peers connected", "1.0 MB/s", "10.0.0.1:26656", "1.2ms", " in ",
        "backing_off", "5m"})
    CHECK_MESSAGE(text.find(part) != std::string::npos, text);
  // A connection that is new has begun to count anew.
  model.take_peers(answer({peer('a', 5)}), start + 3s);
  CHECK(model.peers()[0].receive_rate == 0);
}

TEST_CASE("a peer stays selected wherever it moves, and is told about") {
  top_model model;
  CHECK(model.selected() == nullptr);
  model.move(1);
  model.take_peers(answer({peer('a', 0), peer('b', 0), waiting('c')}), start);
  model.move(1);
  CHECK(model.selected()->id == id('a'));
  model.move(1);
  CHECK(model.selected()->id == id('b'));
  model.take_peers(answer({peer('a', 0), peer('b', 9), waiting('c')}),
                   start + 1s);
  model.order_next();
  CHECK(model.order() == top_order::traffic);
  CHECK(model.peers()[0].id == id('b'));
  CHECK(model.selected()->id == id('b'));
  CHECK(text_of(model).find(id('b') + "  connected") != std::string::npos);
  model.move(-100);
  CHECK(model.selected()->id == id('b'));
  model.move(100);
  CHECK(model.selected()->id == id('c'));
  model.take_peers(answer({peer('a', 0)}), start + 2s);
  CHECK(model.selected() == nullptr);
}

TEST_CASE("what remotes chose cannot write to the terminal") {
  const std::string evil = "\x1b]0;x\x07\x1b[2J \xe2\x80\xae\xff";
  top_model model;
  auto entry = peer('a', 0);
  entry["moniker"] = "\x1b[2J\xe2\x80\xae";
  model.take_peers(answer({entry}), start);
  model.move(1);
  model.take_event(
      json{{"event", "refused"}, {"time", "t"}, {"reason", "\x1b[2J"}}.dump());
  model.say(evil);
  // `text_of` looks at every byte.
  CHECK(text_of(model).find("t refused reason=?[2J") != std::string::npos);
}

TEST_CASE("events are kept up to a bound, and what is none is passed over") {
  top_model model;
  for (auto line : {"", "x", "[1]", "{"})
    model.take_event(line);
  CHECK(model.events().empty());
  for (size_t i = 0; i < 2 * top_model::events_max; ++i)
    model.take_event(json{{"event", std::to_string(i)}}.dump());
  CHECK(model.events().size() == top_model::events_max);
  CHECK(model.events().back() == std::to_string(2 * top_model::events_max - 1));
}

TEST_CASE("an answer that is none changes nothing, and a small terminal has "
          "what fits") {
  top_model model;
  model.take_peers(answer({peer('a', 0)}), start);
  for (auto text : {"", "{}", "{\"peers\": [{}]}", "{\"peers\": 5}"})
    CHECK(model.take_peers(text, start).code == errc::malformed_message);
  CHECK(model.peers().size() == 1);
  for (size_t height = 0; height < 12; ++height)
    for (size_t width : {0, 1, 40})
      text_of(model, width, height);
}

TEST_CASE("what a peer does fits a terminal of 80 columns, and who it is a "
          "wider one") {
  top_model model;
  model.take_peers(answer({peer('a', 0)}), start);
  for (size_t width : {80, 88, 106, 129}) {
    CAPTURE(width);
    const auto text = text_of(model, width);
    for (auto word : {"PEER", "STATE", "RTT", " IN ", " OUT ", "SCORE\n"})
      CHECK_MESSAGE(text.find(word) != std::string::npos, text);
    CHECK((text.find("DROPS") != std::string::npos) == (width >= 88));
    CHECK((text.find("MONIKER") != std::string::npos) == (width >= 106));
    CHECK((text.find("REMOTE") != std::string::npos) == (width >= 129));
  }
}

TEST_CASE("without a terminal, or without a node, top says so") {
  using troupe::test::finished;
  troupe::test::scratch_folder folder;
  const auto home = folder / "one";
  troupe::test::make_home(home);
  const auto nobody = finished{{"top", "--home", home}};
  CHECK(nobody.status == 1);
  CHECK(nobody.errors.find("nobody listens there") != std::string::npos);
  troupe::test::node_process node{home};
  const auto no_terminal = finished{{"top", "--home", home}};
  CHECK(no_terminal.status == 2);
  CHECK(no_terminal.errors.find("no terminal") != std::string::npos);
  node.stop();
}
