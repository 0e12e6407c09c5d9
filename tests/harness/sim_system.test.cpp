// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_system.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::testing;

namespace {

using log_ptr = std::shared_ptr<std::vector<int>>;

struct named_state {
  static inline const char* name = "test.worker";
};

/// Writes every number that it gets into the log.
caf::behavior writer(caf::stateful_actor<named_state>*, const log_ptr& log) {
  return {[log](int number) { log->push_back(number); }};
}

/// Sends itself a message at once, for ever.
caf::behavior circler(caf::event_based_actor* self) {
  self->send(self, caf::tick_atom_v);
  return {[self](caf::tick_atom) { self->send(self, caf::tick_atom_v); }};
}

caf::behavior idler(caf::stateful_actor<named_state>*) {
  return {[](caf::tick_atom) {}};
}

/// Many actors that talk to each other, in an order that the seed draws.
std::pair<std::vector<int>, uint64_t> chatter(uint64_t seed) {
  sim_system world{seed};
  auto log = std::make_shared<std::vector<int>>();
  for (int i = 0; i < 10; ++i)
    caf::anon_send(world.sys().spawn(writer, log), i);
  world.settle();
  return {*log, world.trace().hash()};
}

/// Whether another actor has acted between two things that one sent.
bool is_interrupted(uint64_t seed) {
  sim_system world{seed};
  auto heard = std::make_shared<bool>(false);
  auto result = std::make_shared<bool>(false);
  auto listener = world.sys().spawn([heard](caf::event_based_actor*) {
    return caf::behavior{[heard](caf::ok_atom) { *heard = true; }};
  });
  auto talker = world.sys().spawn(
      [heard, result, listener](caf::event_based_actor* self) {
        return caf::behavior{[=](caf::tick_atom) {
          self->send(listener, caf::ok_atom_v);
          *result = *heard;
          self->send(listener, caf::ok_atom_v);
        }};
      });
  caf::anon_send(talker, caf::tick_atom_v);
  world.settle();
  return *result;
}

std::string failure_of(const std::function<void()>& what) {
  try {
    what();
  } catch (const sim_failure& problem) {
    return problem.what();
  }
  return {};
}

} // namespace

TEST_CASE("the same seed gives the same run, another one another") {
  auto first = chatter(1);
  CHECK(first == chatter(1));
  auto other = chatter(2);
  CHECK(first.second != other.second);
  CHECK(first.first != other.first);
  CHECK(first.first.size() == 10);
}

TEST_CASE("messages from one actor to another keep their order") {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    sim_system world{seed};
    auto log = std::make_shared<std::vector<int>>();
    auto who = world.sys().spawn(writer, log);
    world.sys().spawn([who](caf::event_based_actor* self) {
      for (int i = 0; i < 5; ++i)
        self->send(who, i);
    });
    world.settle();
    CHECK(*log == std::vector<int>{0, 1, 2, 3, 4});
  }
}

TEST_CASE("a step is one message or one alarm") {
  sim_system world{1};
  auto log = std::make_shared<std::vector<int>>();
  world.settle();
  CHECK_FALSE(world.step());
  auto who = world.sys().spawn(writer, log);
  world.settle();
  caf::anon_send(who, 1);
  caf::anon_send(who, 2);
  auto before = world.steps();
  CHECK(world.step_now());
  CHECK(*log == std::vector<int>{1});
  CHECK(world.step_now());
  CHECK(world.steps() == before + 2);
  CHECK_FALSE(world.step_now());
}

TEST_CASE("a mailbox is as deep as messages wait in it") {
  sim_system world{1};
  auto log = std::make_shared<std::vector<int>>();
  auto who = world.sys().spawn(writer, log);
  caf::anon_send(who, 1);
  world.settle();
  CHECK(world.mailbox_peak("test.worker") == 0);
  for (int i = 0; i < 5; ++i)
    caf::anon_send(who, i);
  world.settle();
  CHECK(world.mailbox_peak("test.worker") == 4);
  caf::anon_send(who, 1);
  caf::anon_send(who, 2);
  world.settle();
  CHECK(world.mailbox_peak("test.worker") == 4);
  CHECK(world.mailbox_peak("nobody") == 0);
}

TEST_CASE("time passes only when it is told to") {
  sim_system world{1};
  auto log = std::make_shared<std::vector<int>>();
  auto who = world.sys().spawn(writer, log);
  world.at(world.now() + 2s, [&] { caf::anon_send(who, 2); });
  world.at(world.now() + 1s, [&] { caf::anon_send(who, 1); });
  world.settle();
  CHECK(world.elapsed() == 0s);
  world.advance(1500ms);
  CHECK(world.elapsed() == 1500ms);
  CHECK(*log == std::vector<int>{1});
  world.advance(1h);
  CHECK(*log == std::vector<int>{1, 2});
  CHECK(world.alarms() == 0);
}

TEST_CASE("run_until stops as soon as its condition holds") {
  sim_system world{1};
  auto done = false;
  world.at(world.now() + 3s, [&done] { done = true; });
  CHECK_FALSE(world.run_until([&done] { return done; }, 2s));
  CHECK(world.elapsed() == 2s);
  CHECK(world.run_until([&done] { return done; }, 1h));
  CHECK(world.elapsed() == 3s);
  // What holds already takes no time.
  CHECK(world.run_until([] { return true; }, 1h));
  CHECK(world.elapsed() == 3s);
}

TEST_CASE("actors belong to the party that spawned them, and so do theirs") {
  sim_system world{1};
  auto parent = world.as(4, [&world] {
    return world.sys().spawn([](caf::event_based_actor* self) -> caf::behavior {
      auto child = self->spawn<caf::linked>(idler);
      return {[child](caf::tick_atom) {}};
    });
  });
  auto other = world.as(5, [&world] { return world.sys().spawn(idler); });
  auto mine = world.sys().spawn(idler);
  world.settle();
  CHECK(world.running(sim_party{4}) == 2);
  CHECK(world.running(sim_party{5}) == 1);
  CHECK(world.running(no_party) >= 1);
}

TEST_CASE("killing a party ends its actors and nobody else") {
  sim_system world{1};
  auto log = std::make_shared<std::vector<int>>();
  auto mine = world.as(1, [&] { return world.sys().spawn(writer, log); });
  auto other = world.as(2, [&] { return world.sys().spawn(writer, log); });
  world.settle();
  CHECK(world.running(sim_party{1}) == 1);
  CHECK(world.running("test.worker") == 2);
  world.kill(1);
  CHECK(world.running(sim_party{1}) == 0);
  CHECK(world.running(sim_party{2}) == 1);
  caf::anon_send(mine, 1);
  caf::anon_send(other, 2);
  world.settle();
  CHECK(*log == std::vector<int>{2});
}

TEST_CASE("an actor that is left is found, with its name and owner") {
  sim_system world{1};
  CHECK(world.leftovers().empty());
  auto leaked = world.as(3, [&] { return world.sys().spawn(idler); });
  world.settle();
  auto left = world.leftovers();
  REQUIRE(left.size() == 1);
  CHECK(left[0].find("test.worker") != std::string::npos);
  CHECK(left[0].find("node-3") != std::string::npos);
  CHECK(left[0].find("running") != std::string::npos);
  world.kill(3);
  left = world.leftovers();
  REQUIRE(left.size() == 1);
  CHECK(left[0].find("ended but not released") != std::string::npos);
  leaked = nullptr;
  CHECK(world.leftovers().empty());
}

TEST_CASE("an alarm that is left is counted") {
  sim_system world{1};
  CHECK(world.alarms() == 0);
  world.at(world.now() + 1h, [] {});
  CHECK(world.alarms() == 1);
  world.advance(2h);
  CHECK(world.alarms() == 0);
}

TEST_CASE("an actor that runs in circles is stopped") {
  sim_system world{1, 1000};
  auto who = world.sys().spawn(circler);
  auto text = failure_of([&world] { world.settle(); });
  CHECK(text.find("runs in circles") != std::string::npos);
  CHECK(world.steps() < 2000);
}

TEST_CASE("so are alarms that set each other at one instant") {
  sim_system world{1, 1000};
  std::function<void()> again
      = [&] { world.at(world.now(), [&again] { again(); }); };
  again();
  auto text = failure_of([&world] { world.advance(1s); });
  CHECK(text.find("alarms in circles") != std::string::npos);
}

TEST_CASE("a failure says all that it takes to see it again") {
  sim_system world{77};
  world.set_replay("the-program --seed 77");
  world.trace().note(world.now(), "something happened");
  world.at(world.now() + 2s, [&world] { world.report("it is broken"); });
  std::string text;
  try {
    world.advance(1h);
  } catch (const sim_failure& problem) {
    CHECK(problem.problem() == "it is broken");
    CHECK(problem.seed() == 77);
    text = problem.what();
  }
  CHECK(text.rfind("it is broken\n", 0) == 0);
  for (auto part : {"at 2.000000 s", "seed 77", "the-program --seed 77",
                    "something happened", "failure: it is broken"})
    CHECK_MESSAGE(text.find(part) != std::string::npos, part);
  // It stays broken, and what came first is what counts.
  world.report("something else");
  CHECK(failure_of([&world] { world.throw_if_failed(); }).find("it is broken")
        == 0);
}

TEST_CASE("others run before a handler has sent all that it sends, sometimes") {
  size_t interrupted = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    const auto outcome = is_interrupted(seed);
    CHECK(is_interrupted(seed) == outcome);
    interrupted += outcome ? 1 : 0;
  }
  CHECK(interrupted > 5);
  CHECK(interrupted < 100);
}

TEST_CASE("what an interrupted actor spawns is its party's") {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    sim_system world{seed};
    std::vector<caf::actor> all;
    auto spawner = [&all](caf::event_based_actor* self) {
      return caf::behavior{[self, &all](caf::tick_atom) {
        for (int i = 0; i < 3; ++i) {
          all.push_back(self->spawn(idler));
          self->send(all.back(), caf::tick_atom_v);
        }
      }};
    };
    for (auto party : {sim_party{1}, sim_party{2}})
      world.as(party, [&] {
        for (int i = 0; i < 5; ++i) {
          all.push_back(world.sys().spawn(spawner));
          caf::anon_send(all.back(), caf::tick_atom_v);
        }
      });
    world.settle();
    CHECK(world.running(sim_party{1}) == 20);
    CHECK(world.running(sim_party{2}) == 20);
    world.kill(sim_party{1});
    CHECK(world.running(sim_party{1}) == 0);
    CHECK(world.running(sim_party{2}) == 20);
  }
}
