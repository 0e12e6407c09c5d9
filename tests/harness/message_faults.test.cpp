// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/message_faults.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <caf/event_based_actor.hpp>

#include "troupe/proto/echo.pb.h"
#include "troupe/tests/harness/faults.hpp"

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::testing;

namespace {

constexpr channel_id first_channel = 0x70;
constexpr channel_id second_channel = 0x71;

/// Two nodes with two channels. What they hear from each other is written down,
/// by the node that hears it.
struct pair_of_nodes : network {
  explicit pair_of_nodes(fidelity how)
    : network(5, {.how = how, .channels = 2}) {
    add_nodes(2).connect(full_mesh(2));
    for (auto id : {first_channel, second_channel})
      add_reactor([this, id](auto& sys, const node& home, size_t number) {
        sys.spawn([=, this](caf::event_based_actor* self) -> caf::behavior {
          auto wire = home.open_channel<echo::EchoMessage>(self, {.id = id});
          channels[number].insert_or_assign(id, wire);
          return {[=, this](const inbound_envelope& in) {
            return in.match([&](const echo::PingMessage& ping) {
              heard[number].emplace_back(ping.content(), now());
            });
          }};
        });
      });
    start();
    REQUIRE(run_until([this] { return meshed(); }, 1min));
    advance(2s);
  }

  void say(std::string text, size_t from = 0, channel_id id = first_channel) {
    echo::PingMessage ping;
    ping.set_content(std::move(text));
    channels[from].at(id).broadcast(ping);
  }

  /// Says what has these numbers, and waits until all that comes has come.
  void count(size_t first, size_t last, size_t size = 1) {
    for (auto i = first; i <= last; ++i) {
      say(std::to_string(i) + std::string(size, '.'));
      advance(10ms);
    }
    advance(5s);
  }

  /// What a node heard, in a line.
  [[nodiscard]] std::string texts(size_t by) const {
    std::string result;
    for (const auto& [text, when] : heard[by])
      result += (result.empty() ? "" : " ") + text.substr(0, text.find('.'));
    return result;
  }

  std::map<channel_id, any_channel> channels[2];
  std::vector<std::pair<std::string, time_point>> heard[2];
};

} // namespace

SCENARIO("chosen messages are lost, and their connection lives on") {
  for (auto how : {fidelity::mconn, fidelity::messages}) {
    pair_of_nodes net{how};
    const auto downs = net.peers(1).downs();
    net.apply(drop_messages("every other", [](const app_message& message) {
      return message.number % 2 == 1;
    }));
    net.count(1, 6);
    CHECK(net.texts(1) == "1 3 5");
    net.apply(restore_messages());
    net.count(7, 8);
    CHECK(net.texts(1) == "1 3 5 7 8");
    CHECK(net.peers(1).downs() == downs);
    net.finish();
  }
}

SCENARIO("a message is chosen by who says what to whom on which channel") {
  pair_of_nodes net{fidelity::mconn};
  net.apply(drop_messages("secrets of node 0", [](const app_message& message) {
    const auto content = message.as<echo::EchoMessage>();
    return message.from == 0 && message.to == 1
           && message.channel == second_channel && content
           && content->ping_message().content() == "secret";
  }));
  for (size_t from : {0, 1})
    for (auto id : {first_channel, second_channel})
      for (const auto* text : {"secret", "news"}) {
        net.say(text, from, id);
        net.advance(1s);
      }
  CHECK(net.texts(1) == "secret news news");
  CHECK(net.texts(0) == "secret news secret news");
  net.finish();
}

SCENARIO("chosen messages come late, and what follows them waits behind them") {
  for (auto how : {fidelity::mconn, fidelity::messages}) {
    pair_of_nodes net{how};
    net.apply(delay_messages(
        "the second",
        [](const app_message& message) {
          return message.channel == first_channel && message.number == 1;
        },
        3s));
    const auto begin = net.now();
    for (const auto* text : {"1", "2", "3"}) {
      net.say(text);
      net.advance(100ms);
    }
    net.say("aside", 0, second_channel);
    net.advance(10s);
    CHECK(net.texts(1) == "1 aside 2 3");
    REQUIRE(net.heard[1].size() == 4);
    CHECK(net.heard[1][1].second - begin < 1s);
    CHECK(net.heard[1][2].second - begin > 3s);
    CHECK(net.heard[1][2].second - begin < 4s);
    CHECK(net.heard[1][3].second - begin < 4s);
    net.finish();
  }
}

SCENARIO("chosen messages come twice") {
  for (auto how : {fidelity::mconn, fidelity::messages}) {
    pair_of_nodes net{how};
    net.apply(double_messages("the first", [](const app_message& message) {
      return message.number == 0;
    }));
    net.count(1, 2);
    CHECK(net.texts(1) == "1 1 2");
    net.finish();
  }
}

SCENARIO("however many are lost or doubled, a connection reads on") {
  for (auto how : {fidelity::mconn, fidelity::messages}) {
    pair_of_nodes net{how};
    const auto downs = net.peers(1).downs();
    auto all = [](const app_message&) { return true; };
    // Twice what a connection hands over before it stops reading.
    net.apply(drop_messages("all", all));
    net.count(1, 60, 20'000);
    CHECK(net.texts(1).empty());
    net.apply(double_messages("all", all));
    net.count(1, 60, 20'000);
    CHECK(net.heard[1].size() == 120);
    net.apply(calm());
    net.count(1, 60, 20'000);
    CHECK(net.heard[1].size() == 180);
    CHECK(net.peers(1).downs() == downs);
    net.finish();
  }
}

SCENARIO("what waits for a node that is gone is forgotten") {
  pair_of_nodes net{fidelity::mconn};
  net.apply(delay_messages(
      "all", [](const app_message&) { return true; }, 20s));
  net.say("too late");
  net.advance(1s);
  net.apply(crash(1));
  net.apply(restore_messages());
  net.advance(1s);
  net.apply(start(1));
  // Node 0 may take a while to notice that there has been a crash.
  net.advance(2min);
  REQUIRE(net.meshed());
  net.count(1, 2);
  CHECK(net.texts(1) == "1 2");
  net.finish();
}
