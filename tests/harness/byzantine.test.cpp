// SPDX-License-Identifier: Apache-2.0
//
// What nodes do about one that does not keep to the protocol.
#include "troupe/tests/harness/byzantine.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <caf/event_based_actor.hpp>

#include "troupe/actors/channel/ask_table.hpp"
#include "troupe/messages/as_result.hpp"
#include "troupe/proto/echo.pb.h"
#include "troupe/tests/harness/faults.hpp"

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::testing;

namespace {

constexpr channel_id votes = 0x22;
constexpr size_t liar = 2;

/// Nodes tell each other numbers, in order, and ask for what others have. Who
/// says a number twice, or says what is none, is blamed.
struct voters : network {
  explicit voters(size_t count, const network_options& how = {})
    : network(7, how) {
    add_nodes(count);
    add_reactor([this](auto& sys, const node& home, size_t number) {
      sys.spawn([=, this](caf::event_based_actor* self) -> caf::behavior {
        auto wire = home.open_channel<echo::EchoMessage>(
            self, {.id = votes,
                   .recv_message_capacity = 1024,
                   .recv_queue_messages = 8,
                   .delivery_window = 1,
                   .on_full = overflow::drop,
                   .exchanges = {{.request = "PingMessage",
                                  .answer = "PongMessage",
                                  .request_key = "content",
                                  .answer_key = "content"}},
                   .blame_unasked = true});
        wires[number] = wire;
        return {[=, this](const inbound_envelope& in) -> caf::result<void> {
          return in.match([&](const echo::PingMessage& ping) {
            return hear(self, number, in, ping.content());
          });
        }};
      });
    });
  }

  /// Connects all and waits until they are.
  void meet(const edge_list& edges) {
    connect(edges);
    start();
    REQUIRE(run_until([this] { return meshed(); }, 1min));
    advance(1s);
  }

  /// Takes a moment for each.
  caf::result<void> hear(caf::event_based_actor* self, size_t number,
                         const inbound_envelope& in, const std::string& text) {
    if (text.starts_with("ask ")) {
      echo::PongMessage answer;
      answer.set_content(text);
      wires[number].send(in.from, answer);
      return caf::unit;
    }
    auto& known = heard[number][in.from];
    if (std::find(known.begin(), known.end(), text) != known.end())
      return caf::make_error(blame::misbehaved, "says it twice");
    known.push_back(text);
    auto promise = self->make_response_promise<void>();
    self->run_delayed(1ms, [promise]() mutable { promise.deliver(); });
    return promise;
  }

  void say(size_t from, const std::string& text) {
    echo::PingMessage ping;
    ping.set_content(text);
    wires[from].broadcast(ping);
    advance(1s);
  }

  /// Asks a node for something. @returns what came of it.
  errc ask(size_t from, size_t whom, duration patience = 3s) {
    echo::PingMessage question;
    question.set_content("ask " + std::to_string(++questions));
    std::optional<errc> result;
    system().sys().spawn([&](caf::event_based_actor* self) {
      wires[from]
          .ask(self, id(whom), question, patience)
          .then([&](const inbound_envelope&) { result = errc::none; },
                [&](const caf::error& why) {
                  result = code_of(why, errc::invalid_state);
                });
    });
    REQUIRE(run_until([&] { return result.has_value(); }, 1min));
    return *result;
  }

  /// Why a node has ended connections with another one, as it says.
  [[nodiscard]] std::vector<errc> blamed(size_t by, size_t whom) const {
    std::vector<errc> result;
    for (const auto& event : events(by))
      if (event.what == node_event::kind::peer_error && event.peer == id(whom))
        result.push_back(event.code);
    return result;
  }

  [[nodiscard]] uint64_t shed(size_t by) const {
    uint64_t result = 0;
    for (const auto& event : events(by))
      if (event.what == node_event::kind::messages_shed)
        result += event.count;
    return result;
  }

  std::map<size_t, any_channel> wires;
  std::map<size_t, std::map<node_id, std::vector<std::string>>> heard;
  size_t questions = 0;
};

bool any(const app_message&) {
  return true;
}

bytes filled(size_t size) {
  return bytes(size, std::byte{0xff});
}

} // namespace

SCENARIO("a node that says what nobody can decode is blamed for it, by those "
         "to whom it does") {
  voters net{3};
  net.meet(full_mesh(3));
  net.apply(lie(
      liar, "votes for node-0",
      [](const app_message& message) { return message.to == 0; },
      [](const app_message&) { return filled(20); }));
  net.say(liar, "one");
  CHECK(net.blamed(0, liar) == std::vector{errc::malformed_message});
  CHECK(net.blamed(1, liar).empty());
  CHECK(net.heard[1][net.id(liar)] == std::vector<std::string>{"one"});
  net.finish();
}

SCENARIO("a node that says too much at once is blamed by its connection") {
  voters net{2};
  net.meet(full_mesh(2));
  net.apply(
      lie(1, "votes", any, [](const app_message&) { return filled(2000); }));
  net.say(1, "one");
  CHECK(net.blamed(0, 1).empty());
  CHECK(net.heard[0][net.id(1)].empty());
  CHECK(net.peers(0).downs() == 1);
  net.finish();
}

SCENARIO("a node tells one the truth and another one a lie, and both believe "
         "it: only they together can find out") {
  voters net{3};
  net.meet(full_mesh(3));
  net.apply(lie<echo::EchoMessage>(
      liar, "votes", [](echo::EchoMessage& vote, const app_message& message) {
        if (message.to == 1)
          vote.mutable_ping_message()->set_content("two");
      }));
  net.say(liar, "one");
  CHECK(net.heard[0][net.id(liar)] == std::vector<std::string>{"one"});
  CHECK(net.heard[1][net.id(liar)] == std::vector<std::string>{"two"});
  net.apply(reform(liar));
  net.say(liar, "three");
  CHECK(net.heard[1][net.id(liar)].back() == "three");
  net.finish();
}

SCENARIO("a node that does not answer, or too late, is found out by who asks") {
  voters net{2};
  net.meet(full_mesh(2));
  CHECK(net.ask(0, 1) == errc::none);
  GIVEN("that it says nothing") {
    net.apply(withhold(1, "everything", any));
    CHECK(net.ask(0, 1) == errc::timeout);
  }
  GIVEN("that it takes its time") {
    net.apply(dawdle(1, "everything", any, 5s));
    CHECK(net.ask(0, 1) == errc::timeout);
    CHECK(net.ask(0, 1, 8s) == errc::none);
    net.advance(10s);
  }
  net.apply(calm());
  CHECK(net.ask(0, 1) == errc::none);
  // Late is no offence.
  CHECK(net.blamed(0, 1).empty());
  net.finish();
}

SCENARIO("a node that repeats itself is found out") {
  voters net{2};
  net.meet(full_mesh(2));
  net.apply(replay(1, "everything", any, 2s));
  GIVEN("that it repeats a vote") {
    net.say(1, "one");
    CHECK(net.blamed(0, 1).empty());
    net.advance(2s);
    CHECK(net.blamed(0, 1) == std::vector{errc::misbehaved});
  }
  GIVEN("that it repeats an answer") {
    net.advance(unasked_grace);
    CHECK(net.ask(0, 1) == errc::none);
    CHECK(net.blamed(0, 1).empty());
    net.advance(2s);
    CHECK(net.blamed(0, 1) == std::vector{errc::unexpected_message});
  }
  net.finish();
}

SCENARIO("a flood fills the place of its sender, and nobody else's") {
  for (auto how : {fidelity::mconn, fidelity::messages}) {
    voters net{3, {.how = how}};
    net.meet(full_mesh(3));
    // Each a new one, or the first repetition would end it.
    net.apply(flood(
        liar, "votes for node-0",
        [](const app_message& message) { return message.to == 0; }, 500));
    uint64_t last = 0;
    net.apply(lie<echo::EchoMessage>(
        liar, "votes", [&last](echo::EchoMessage& vote, const app_message&) {
          vote.mutable_ping_message()->set_content(std::to_string(++last));
        }));
    net.say(liar, "flood");
    net.say(1, "vote");
    // They tell no more often than that.
    net.advance(15s);
    CHECK(net.shed(0) > 400);
    CHECK(net.shed(1) == 0);
    CHECK(net.heard[0][net.id(1)] == std::vector<std::string>{"vote"});
    CHECK(net.heard[0][net.id(liar)].size() < 100);
    net.finish();
  }
}

SCENARIO("one key with two minds is one peer to everybody, and its minds do "
         "not talk to each other") {
  voters net{3};
  const auto twin = add_twin(net, liar);
  CHECK(twin == 3);
  CHECK(net.id(twin) == net.id(liar));
  net.meet({{0, 1}, {0, liar}, {1, twin}});
  net.say(liar, "yes");
  net.say(twin, "no");
  CHECK(net.heard[0][net.id(liar)] == std::vector<std::string>{"yes"});
  CHECK(net.heard[1][net.id(liar)] == std::vector<std::string>{"no"});
  // Whoever of them comes, there is one connection with that key.
  net[twin].dial(*node_address::parse(net.address(0)));
  net.advance(10s);
  CHECK(net.sees(0, liar));
  net.say(twin, "maybe");
  net.say(liar, "yes, indeed");
  const auto& said = net.heard[0][net.id(liar)];
  CHECK(said.size() == 2);
  // The mind that tells its other one from itself is told who that is.
  net[liar].dial(*node_address::parse(net.address(twin)));
  net.advance(10s);
  CHECK_FALSE(net.sees(liar, twin));
  net.finish();
}
