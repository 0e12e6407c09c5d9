// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include "troupe/actors/qos/qos_actor.hpp"
#include "troupe/tests/actors/counted.hpp"
#include "troupe/tests/actors/world.hpp"
#include "troupe/tests/transport/before_neighbour.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Envelopes are (put_atom, flow, number), control is (update_atom, number).
using subject_actor
    = caf::typed_actor<caf::result<void>(caf::put_atom, int32_t, int32_t),
                       caf::result<void>(caf::update_atom, int32_t),
                       // Asks somebody else, and says that it was answered.
                       caf::result<void>(caf::get_atom, caf::actor),
                       // The same, and wants nothing else before the answer.
                       caf::result<void>(caf::join_atom, caf::actor),
                       caf::result<void>(caf::flush_atom),
                       caf::result<void>(caf::close_atom)>;

using subject_mailbox = qos_mailbox<int32_t>;

struct losses {
  std::atomic<int> refused = 0;
  std::atomic<int> shed = 0;
};

class rules final : public envelope_rules<int32_t> {
public:
  explicit rules(std::shared_ptr<losses> count) : count_(std::move(count)) {}

  [[nodiscard]] bool is_envelope(const caf::message& content) const override {
    return content.match_elements<caf::put_atom, int32_t, int32_t>();
  }

  [[nodiscard]] result<place> sort(const caf::message& content) const override {
    const auto flow = content.get_as<int32_t>(1);
    if (flow < 0)
      return errc::peer_lacks_channel;
    return place{flow, flow < 10 ? refusing_ : shedding_, 1};
  }

  [[nodiscard]] errc admit(const caf::message& content) const override {
    return content.match_elements<caf::update_atom, int32_t>()
                   && content.get_as<int32_t>(1) < 0
               ? errc::queue_full
               : errc::none;
  }

  void refused(const caf::message&, errc) const override {
    ++count_->refused;
  }

  void shed(const caf::mailbox_element&, qos_loss) const override {
    ++count_->shed;
  }

private:
  std::shared_ptr<losses> count_;
  qos_flow_options refusing_{.messages_max = 4, .on_full = qos_shed::refuse};
  qos_flow_options shedding_{.messages_max = 4, .on_full = qos_shed::oldest};
};

constexpr auto uut_name = "troupe.test.subject";

/// An envelope with this number is like `caf::join_atom`, with the same actor.
constexpr int32_t joining_number = -1;

struct subject_state {
  static inline const char* name = uut_name;

  subject_state(subject_actor::pointer ptr,
                std::shared_ptr<subject_mailbox> box,
                std::function<void(std::string)> note)
    : self(ptr),
      mailbox(std::move(box)),
      say(std::move(note)) {}

  subject_actor::behavior_type make_behavior() {
    return {
        [this](caf::put_atom, int32_t flow, int32_t number) {
          if (number == joining_number)
            join();
          else
            say(fmt::format("{}{}", static_cast<char>('a' + flow), number));
        },
        [this](caf::update_atom, int32_t number) {
          say(fmt::format("control{}", number));
        },
        [this](caf::get_atom, const caf::actor& from) {
          self->request(from, caf::infinite, caf::get_atom_v).then([this] {
            say("answer");
          });
        },
        [this](caf::join_atom, const caf::actor& from) {
          partner = from;
          join();
        },
        [this](caf::flush_atom) { say("flush"); },
        [this](caf::close_atom) { self->quit(); },
    };
  }

  void join() {
    say("join");
    self->request(partner, caf::infinite, caf::get_atom_v).await([this] {
      say("answer");
    });
  }

  subject_actor::pointer self;
  caf::actor partner;
  std::shared_ptr<subject_mailbox> mailbox;
  std::function<void(std::string)> say;
};

struct qos_mailbox_fixture : world {
  explicit qos_mailbox_fixture(const std::string& policy = "wdrr")
    : box(std::make_shared<subject_mailbox>(
        std::make_unique<rules>(lost),
        qos_options{.policy = policy, .quantum = 1})),
      uut(guard(spawn_qos_state<subject_state, subject_actor>(
          sys(), box, [this](const std::string& what) {
            said += said.empty() ? what : " " + what;
          }))) {
    settle();
  }

  ~qos_mailbox_fixture() {
    stop_all();
  }

  void put(int32_t flow, int32_t number) {
    caf::anon_send(uut, caf::put_atom_v, flow, number);
  }

  void control(int32_t number) {
    caf::anon_send(uut, caf::update_atom_v, number);
  }

  /// Lets the actor await the answer of somebody who takes his time, until
  /// `answer_it`.
  void await_answer() {
    slow = spawn_guest([](caf::event_based_actor* self) {
      auto asked = std::make_shared<caf::typed_response_promise<void>>();
      return caf::behavior{
          [self, asked](caf::get_atom) -> caf::result<void> {
            *asked = self->make_response_promise<void>();
            return *asked;
          },
          [asked](caf::ok_atom) { asked->deliver(); },
          [asked](caf::close_atom) {
            asked->deliver(caf::make_error(caf::sec::runtime_error));
          },
      };
    });
    caf::anon_send(uut, caf::join_atom_v, slow);
    settle();
  }

  void answer_it() {
    caf::anon_send(slow, caf::ok_atom_v);
    settle();
  }

  caf::actor slow;
  std::shared_ptr<losses> lost = std::make_shared<losses>();
  std::shared_ptr<subject_mailbox> box;
  std::string said;
  subject_actor uut;
};

using worker_actor = caf::typed_actor<caf::result<void>(caf::tick_atom),
                                      caf::result<void>(caf::flush_atom)>;

/// Always has another message, and asks somebody else with the first one. Each
/// is worth as many as `Effort` says.
template <size_t Effort>
struct worker_state {
  static inline const char* name = "troupe.test.worker";

  worker_state(worker_actor::pointer ptr,
               const std::shared_ptr<subject_mailbox>&, caf::actor other,
               size_t* counter)
    : self(ptr),
      neighbour(std::move(other)),
      handled(counter) {}

  worker_actor::behavior_type make_behavior() {
    return {[this](caf::tick_atom) {
              if ((*handled)++ == 0)
                caf::anon_send(neighbour, caf::tick_atom_v);
              if (*handled < 10'000)
                self->send(self, caf::tick_atom_v);
            },
            [](caf::flush_atom) {}};
  }

  size_t take_effort() {
    return std::exchange(seen, *handled) == *handled ? 0 : Effort;
  }

  worker_actor::pointer self;
  caf::actor neighbour;
  size_t* handled;
  size_t seen = 0;
};

template <size_t Effort>
size_t handled_with_effort() {
  return handled_before_neighbour(
      [](caf::actor_system& sys, const caf::actor& neighbour, size_t* handled) {
        auto box = std::make_shared<subject_mailbox>(
            std::make_unique<rules>(std::make_shared<losses>()), qos_options{});
        return spawn_qos_state<worker_state<Effort>, worker_actor>(
            sys, box, neighbour, handled);
      });
}

} // namespace

TEST_CASE("envelopes come out in the policy's order, and the actor learns when "
          "a run of them is over") {
  qos_mailbox_fixture world{"priority"};
  world.box->hold_back(0, true);
  for (int32_t i = 0; i < 3; ++i) {
    world.put(0, i);
    world.put(1, i);
  }
  world.settle();
  CHECK(world.said == "b0 b1 b2 flush");
  CHECK(world.box->size() == 3);
  world.said.clear();
  world.box->hold_back(0, false);
  // Whatever the actor handles, it looks again.
  caf::anon_send(world.uut, caf::update_atom_v, int32_t{1});
  world.settle();
  CHECK(world.said == "control1 a0 a1 a2 flush");
}

TEST_CASE("control messages go before envelopes that came first") {
  qos_mailbox_fixture world;
  for (int32_t i = 0; i < 3; ++i)
    world.put(0, i);
  caf::anon_send(world.uut, caf::update_atom_v, int32_t{1});
  caf::anon_send(world.uut, caf::update_atom_v, int32_t{2});
  world.settle();
  CHECK(world.said == "control1 control2 a0 a1 a2 flush");
}

TEST_CASE("however many control messages there are, envelopes have their "
          "turn") {
  qos_mailbox_fixture world;
  for (int32_t i = 0; i < 100; ++i)
    caf::anon_send(world.uut, caf::update_atom_v, i);
  for (int32_t i = 0; i < 3; ++i)
    world.put(0, i);
  world.settle();
  CHECK(world.said.find("a0") < world.said.find("control8"));
  CHECK(world.said.find("a2") < world.said.find("control24"));
  CHECK(world.said.find("control99") != std::string::npos);
}

TEST_CASE("what is refused or shed is counted and answered with the reason, "
          "what is handled is answered then") {
  qos_mailbox_fixture world;
  world.box->hold_back(0, true);
  world.box->hold_back(10, true);
  std::vector<std::shared_ptr<answer<caf::unit_t>>> refusing;
  std::vector<std::shared_ptr<answer<caf::unit_t>>> shedding;
  for (int32_t i = 0; i < 5; ++i) {
    refusing.push_back(world.ask(world.uut, caf::put_atom_v, int32_t{0}, i));
    shedding.push_back(world.ask(world.uut, caf::put_atom_v, int32_t{10}, i));
  }
  auto nowhere = world.ask(world.uut, caf::put_atom_v, int32_t{-1}, 0);
  CHECK(nowhere->code() == errc::peer_lacks_channel);
  CHECK(refusing[4]->code() == errc::queue_full);
  CHECK(shedding[0]->code() == errc::queue_full);
  CHECK(world.lost->refused == 2);
  CHECK(world.lost->shed == 1);
  for (int i : {0, 3}) {
    CHECK_FALSE(refusing[i]->value);
    CHECK_FALSE(shedding[i + 1]->value);
  }
  world.box->hold_back(0, false);
  world.box->hold_back(10, false);
  CHECK(world.ask(world.uut, caf::update_atom_v, int32_t{0})->value);
  for (int i = 0; i < 4; ++i) {
    CHECK(refusing[i]->value);
    CHECK(shedding[i + 1]->value);
  }
}

TEST_CASE("an actor that ends answers what it had not handled, and what comes "
          "after") {
  qos_mailbox_fixture world;
  world.box->hold_back(0, true);
  auto waiting = world.ask(world.uut, caf::put_atom_v, int32_t{0}, 0);
  CHECK_FALSE(waiting->error);
  world.ask(world.uut, caf::close_atom_v);
  REQUIRE(waiting->error);
  CHECK(*waiting->error == caf::sec::request_receiver_down);
  auto late = world.ask(world.uut, caf::put_atom_v, int32_t{0}, 1);
  REQUIRE(late->error);
  CHECK(*late->error == caf::sec::request_receiver_down);
  // Nor do the rules judge what nobody will handle.
  late = world.ask(world.uut, caf::update_atom_v, int32_t{-1});
  REQUIRE(late->error);
  CHECK(*late->error == caf::sec::request_receiver_down);
  CHECK(world.box->size() == 0);
}

TEST_CASE("a mailbox that is paused hands nothing out, and bounds what comes") {
  qos_mailbox_fixture world;
  world.box->pause(true);
  for (int32_t i = 0; i < 6; ++i)
    world.put(0, i);
  world.settle();
  CHECK(world.said.empty());
  CHECK(world.box->size() == 4);
  CHECK(world.lost->refused == 2);
  CHECK(world.box
            ->take_if(
                0,
                [](const caf::message& x) { return x.get_as<int32_t>(2) == 1; })
            .size()
        == 1);
  world.box->pause(false);
  caf::anon_send(world.uut, caf::update_atom_v, int32_t{7});
  world.settle();
  CHECK(world.said == "control7 a0 a2 a3 flush");
}

TEST_CASE("an answer without content is handled as any other") {
  qos_mailbox_fixture world;
  auto other = world.spawn_guest([](caf::event_based_actor*) {
    return caf::behavior{[](caf::get_atom) {}};
  });
  world.ask(world.uut, caf::get_atom_v, other);
  CHECK(world.said == "answer");
}

TEST_CASE(
    "what an actor does not want before an answer comes behind it, in its "
    "order") {
  qos_mailbox_fixture world;
  world.await_answer();
  world.put(0, 0);
  world.control(1);
  world.put(0, 1);
  world.control(2);
  world.settle();
  world.control(3);
  world.settle();
  CHECK(world.said == "join");
  world.answer_it();
  CHECK(world.said == "join answer control1 control2 control3 a0 a1 flush");
}

TEST_CASE("an actor that begins to await an answer in a run of envelopes wants "
          "the others, and the end of the run, behind it") {
  qos_mailbox_fixture world;
  world.await_answer();
  world.answer_it();
  world.said.clear();
  world.put(0, 0);
  world.put(0, joining_number);
  world.put(0, 1);
  world.settle();
  CHECK(world.said == "a0 join");
  world.answer_it();
  CHECK(world.said == "a0 join answer a1 flush");
  // With nothing behind it but the end of the run.
  world.said.clear();
  world.put(0, joining_number);
  world.settle();
  CHECK(world.said == "join");
  world.answer_it();
  CHECK(world.said == "join answer flush");
}

TEST_CASE(
    "envelopes that an actor does not want yet are within the bounds, but "
    "for the one that it was shown") {
  qos_mailbox_fixture world;
  world.await_answer();
  for (int32_t i = 0; i < 7; ++i) {
    world.put(0, i);
    world.settle();
  }
  CHECK(world.lost->refused == 2);
  CHECK(world.box->size() == 4);
  world.answer_it();
  CHECK(world.said == "join answer a0 a1 a2 a3 a4 flush");
}

TEST_CASE("an actor that ends answers what it did not want yet") {
  qos_mailbox_fixture world;
  world.await_answer();
  auto control = world.ask(world.uut, caf::update_atom_v, int32_t{0});
  auto shown = world.ask(world.uut, caf::put_atom_v, int32_t{0}, 0);
  auto waiting = world.ask(world.uut, caf::put_atom_v, int32_t{0}, 1);
  auto is_answered = [](const auto& x) { return x->value || x->error; };
  CHECK_FALSE(is_answered(control));
  CHECK_FALSE(is_answered(shown));
  CHECK_FALSE(is_answered(waiting));
  // It has no handler for that, which ends it.
  caf::anon_send(world.slow, caf::close_atom_v);
  world.settle();
  CHECK(world.said == "join");
  CHECK(control->error == caf::make_error(caf::sec::request_receiver_down));
  CHECK(shown->error == caf::make_error(caf::sec::request_receiver_down));
  CHECK(waiting->error == caf::make_error(caf::sec::request_receiver_down));
}

TEST_CASE("a control message that the rules do not admit is answered with the "
          "reason") {
  qos_mailbox_fixture world;
  CHECK(world.ask(world.uut, caf::update_atom_v, int32_t{-1})->code()
        == errc::queue_full);
  CHECK(world.lost->refused == 1);
  CHECK(world.ask(world.uut, caf::update_atom_v, int32_t{1})->value);
  CHECK(world.said == "control1");
}

TEST_CASE("a mailbox that refuses everything still hands out what it has") {
  qos_mailbox_fixture world;
  world.box->hold_back(0, true);
  auto before = world.ask(world.uut, caf::put_atom_v, int32_t{0}, 0);
  world.box->refuse(errc::not_connected);
  auto after = world.ask(world.uut, caf::put_atom_v, int32_t{0}, 1);
  CHECK(after->code() == errc::not_connected);
  world.box->hold_back(0, false);
  world.ask(world.uut, caf::update_atom_v, int32_t{0});
  CHECK(before->value);
}

TEST_CASE("no wake-up is lost, whichever threads put envelopes in") {
  constexpr int32_t senders = 4;
  constexpr int32_t count = 5'000;
  caf::actor_system_config config;
  config.set("caf.scheduler.max-threads", 4);
  caf::actor_system sys{config};
  auto lost = std::make_shared<losses>();
  std::atomic<int> handled = 0;
  std::atomic<int> failed = 0;
  auto box = std::make_shared<subject_mailbox>(std::make_unique<rules>(lost),
                                               qos_options{.quantum = 1});
  auto uut = spawn_qos_state<subject_state, subject_actor>(
      sys, box, [&handled](const std::string& what) {
        if (what != "flush")
          ++handled;
      });
  // Each waits for its answer before it goes on, so that the actor falls asleep
  // again and again: a lost wake-up would leave a sender waiting.
  std::vector<std::thread> threads;
  for (int32_t flow = 0; flow < senders; ++flow)
    threads.emplace_back([&, flow] {
      caf::scoped_actor self{sys};
      for (int32_t number = 0; number < count; ++number)
        self->request(uut, std::chrono::seconds{60}, caf::put_atom_v, flow,
                      number)
            .receive([] {}, [&failed](const caf::error&) { ++failed; });
    });
  for (auto& each : threads)
    each.join();
  CHECK(failed == 0);
  CHECK(handled == senders * count);
  CHECK(lost->refused == 0);
  caf::anon_send_exit(uut, caf::exit_reason::user_shutdown);
}

TEST_CASE("CAF's metrics of the actor show what waits and how long it takes") {
  constexpr int32_t count = 50;
  caf::actor_system_config config;
  config.set("caf.metrics-filters.actors.includes",
             std::vector<std::string>{"*"});
  caf::actor_system sys{config};
  auto box = std::make_shared<subject_mailbox>(
      std::make_unique<rules>(std::make_shared<losses>()), qos_options{});
  auto uut = spawn_qos_state<subject_state, subject_actor>(
      sys, box, [](const std::string&) {});
  caf::scoped_actor self{sys};
  auto ask = [&](auto... what) {
    self->request(uut, std::chrono::seconds{60}, what...)
        .receive([] {}, [](const caf::error& e) { FAIL(to_string(e)); });
  };
  for (int32_t i = 0; i < count; ++i) {
    ask(caf::update_atom_v, i);
    ask(caf::put_atom_v, int32_t{0}, i);
  }
  // The last message counts until the actor is done with it, which may be after
  // its answer. All others have left, those among them that only wake.
  CHECK(counted(sys, "mailbox-size", {{"name", uut_name}}) <= 2);
  CHECK(counted(sys, "mailbox-size", {{"name", uut_name}}) >= 0);
  caf::anon_send_exit(uut, caf::exit_reason::user_shutdown);
}

TEST_CASE("messages that are worth several end the turn of their actor "
          "earlier") {
  using actor = qos_actor<caf::event_based_actor, int32_t>;
  CHECK(handled_with_effort<0>() > actor::control_run);
  CHECK(handled_with_effort<0>() <= actor::turn_max);
  CHECK(handled_with_effort<actor::turn_max>() <= actor::control_run);
}
