// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_pipe.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

#include <doctest/doctest.h>

#include "troupe/tests/harness/fnv_hash.hpp"

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::testing;

namespace {

using kind = sim_pipe::step::kind;
using reader = sim_pipe::reader;

bytes counted(size_t count, size_t start = 0) {
  bytes result(count);
  for (size_t i = 0; i < count; ++i)
    result[i] = static_cast<std::byte>((start + i) * 7 + (start + i) / 251);
  return result;
}

/// A pipe, and all that came out of it.
struct world {
  explicit world(sim_link_options with = plain(), uint64_t seed = 1)
    : random(seed),
      there(with),
      back(with) {}

  /// 10 ms each way, nothing random.
  static sim_link_options plain() {
    return {.latency = sim_latency::fixed(10ms), .cut_per_mille = 0};
  }

  /// Runs until `end`, reading all that comes if `reads`.
  void run_until(time_point end) {
    for (;;) {
      auto next = pipe.next_event();
      if (!next || *next > end)
        break;
      now = std::max(now, *next);
      while (auto step = pipe.advance(now, random)) {
        steps.push_back(step->what);
        times.push_back(now);
        if (step->what == kind::bytes)
          sizes.push_back(step->size);
        if (reads)
          take();
      }
    }
    now = end;
  }

  void run_for(duration span) {
    run_until(now + span);
  }

  void take(size_t count = SIZE_MAX) {
    auto data = pipe.read(count, now, random);
    got.insert(got.end(), data.begin(), data.end());
  }

  /// Writes everything, whenever there is space.
  void write_all(const bytes& data) {
    auto rest = byte_view{data};
    for (int i = 0; !rest.empty(); ++i) {
      REQUIRE(i < 100'000);
      rest = rest.subspan(pipe.write(rest, now, random));
      if (!rest.empty())
        run_until(pipe.next_event().value());
    }
  }

  void block(bool there_too, bool back_too) {
    there.set_blocked(there_too, now);
    back.set_blocked(back_too, now);
  }

  void heal() {
    block(false, false);
    pipe.retransmit(now, random);
  }

  [[nodiscard]] size_t count(kind what) const {
    return static_cast<size_t>(std::count(steps.begin(), steps.end(), what));
  }

  sim_random random;
  sim_link there;
  sim_link back;
  sim_pipe pipe{there, back};
  bool reads = true;
  time_point now = time_point{} + 1h;
  std::vector<kind> steps;
  std::vector<time_point> times;
  std::vector<size_t> sizes;
  bytes got;
};

} // namespace

TEST_CASE("bytes arrive after the latency of the link") {
  world w;
  const auto start = w.now;
  CHECK(w.pipe.write(counted(100), w.now, w.random) == 100);
  CHECK(w.pipe.next_event() == start + 10ms);
  w.run_until(start + 10ms - 1ns);
  CHECK(w.got.empty());
  w.run_until(start + 10ms);
  CHECK(w.got == counted(100));
}

TEST_CASE("what arrives is what was written, wherever it is cut") {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    CAPTURE(seed);
    auto with = world::plain();
    with.latency = sim_latency::long_tail(5ms, 3s);
    with.cut_per_mille = 700;
    with.segment_size_max = 900;
    with.send_buffer_max = 3000;
    with.receive_window_max = 2000;
    world w{with, seed};
    const auto data = counted(40'000);
    w.write_all(data);
    w.pipe.finish(w.now, w.random);
    w.run_for(30s);
    CHECK(w.got == data);
    CHECK(w.steps.back() == kind::finished);
    CHECK(w.pipe.at_end());
    CHECK(*std::max_element(w.sizes.begin(), w.sizes.end()) <= 900);
    CHECK(*std::min_element(w.sizes.begin(), w.sizes.end()) < 100);
    // Nothing is left to do.
    w.run_for(10min);
    CHECK_FALSE(w.pipe.next_event());
    CHECK(w.count(kind::gave_up) == 0);
  }
}

TEST_CASE("bandwidth spreads what is written at once") {
  auto with = world::plain();
  with.bandwidth = 100'000;
  with.segment_size_max = 1000;
  world w{with};
  const auto start = w.now;
  w.write_all(counted(50'000));
  w.run_until(start + 10ms + 250ms);
  CHECK(w.got.size() == 25'000);
  w.run_for(10s);
  CHECK(w.got.size() == 50'000);
  CHECK(w.times.back() == start + 10ms + 500ms);
}

TEST_CASE("a link is shared by the pipes over it") {
  auto with = world::plain();
  with.bandwidth = 100'000;
  world w{with};
  sim_pipe other{w.there, w.back};
  other.write(counted(10'000), w.now, w.random);
  w.pipe.write(counted(1000), w.now, w.random);
  CHECK(w.pipe.next_event() == w.now + 10ms + 110ms);
}

TEST_CASE("the send buffer bounds what is taken until it is acknowledged") {
  auto with = world::plain();
  with.send_buffer_max = 5000;
  world w{with};
  const auto start = w.now;
  CHECK(w.pipe.write(counted(8000), w.now, w.random) == 5000);
  CHECK(w.pipe.write(counted(1), w.now, w.random) == 0);
  // There and back again.
  w.run_until(start + 20ms - 1ns);
  CHECK(w.count(kind::space) == 0);
  CHECK(w.pipe.write(counted(1), w.now, w.random) == 0);
  w.run_until(start + 20ms);
  CHECK(w.count(kind::space) == 1);
  CHECK(w.pipe.write(counted(8000), w.now, w.random) == 5000);
}

TEST_CASE("a reader that does not read closes the window") {
  auto with = world::plain();
  with.send_buffer_max = 4000;
  with.receive_window_max = 3000;
  world w{with};
  w.reads = false;
  const auto data = counted(20'000);
  auto rest = byte_view{data};
  auto push = [&] {
    rest = rest.subspan(w.pipe.write(rest, w.now, w.random));
    w.run_for(1s);
  };
  for (int i = 0; i < 20; ++i)
    push();
  CHECK(w.pipe.readable() == 3000);
  CHECK(data.size() - rest.size() == 7000);
  // Asking whether it still is there keeps the connection alive for hours.
  w.run_for(2h);
  CHECK(w.count(kind::gave_up) == 0);
  w.take(100);
  w.run_for(1s);
  CHECK(w.pipe.readable() == 2900);
  w.take();
  w.reads = true;
  while (!rest.empty())
    push();
  w.run_for(1s);
  CHECK(w.got == data);
}

TEST_CASE("the end comes behind the data, and nothing after it") {
  world w;
  w.write_all(counted(50'000));
  w.pipe.finish(w.now, w.random);
  CHECK(w.pipe.write(counted(1), w.now, w.random) == 0);
  w.run_for(1s);
  CHECK(w.got.size() == 50'000);
  CHECK(w.count(kind::finished) == 1);
  CHECK(w.steps.back() == kind::finished);
}

TEST_CASE("the end waits for a window as the data before it does") {
  auto with = world::plain();
  with.receive_window_max = 1000;
  world w{with};
  w.reads = false;
  w.pipe.write(counted(1500), w.now, w.random);
  w.pipe.finish(w.now, w.random);
  w.run_for(1s);
  CHECK(w.count(kind::finished) == 0);
  w.take();
  CHECK_FALSE(w.pipe.at_end());
  w.reads = true;
  w.run_for(1s);
  CHECK(w.got == counted(1500));
  CHECK(w.pipe.at_end());
}

TEST_CASE("a reset drops what is not yet on its way") {
  auto with = world::plain();
  with.receive_window_max = 1000;
  world w{with};
  w.pipe.write(counted(5000), w.now, w.random);
  w.pipe.reset(w.now, w.random);
  w.pipe.reset(w.now, w.random);
  w.run_for(1s);
  CHECK(w.got == counted(1000));
  CHECK(w.count(kind::reset) == 1);
  CHECK_FALSE(w.pipe.next_event());
}

TEST_CASE("what a cut takes with it never arrives") {
  world w;
  w.pipe.write(counted(5000), w.now, w.random);
  w.pipe.cut();
  CHECK_FALSE(w.pipe.next_event());
  w.run_for(1min);
  CHECK(w.got.empty());
}

TEST_CASE("cargo arrives whole and in order, past the window") {
  auto with = world::plain();
  with.receive_window_max = 10;
  with.latency = sim_latency::uniform(1ms, 1s);
  world w{with};
  for (size_t i = 0; i < 10; ++i)
    w.pipe.post({.content = i, .size = 1000, .hash = i}, w.now, w.random);
  w.now += 10s;
  for (size_t i = 0; i < 10; ++i) {
    auto step = w.pipe.advance(w.now, w.random);
    REQUIRE(step);
    CHECK(step->what == kind::cargo);
    CHECK(step->hash == i);
    CHECK(std::any_cast<size_t>(step->cargo.content) == i);
  }
}

TEST_CASE("a step tells the hash of what arrived") {
  world w;
  w.pipe.write(counted(100), w.now, w.random);
  auto step = w.pipe.advance(w.now + 10ms, w.random);
  REQUIRE(step);
  CHECK(step->hash == fnv_hash{}.add(counted(100)).value());
  // The known value of an empty text, and of one that is not.
  CHECK(fnv_hash{}.value() == 0xcbf29ce484222325);
  CHECK(fnv_hash{}.add("foobar").value() == 0x85944171f73967e8);
}

TEST_CASE("a stalled link delivers late, and everything") {
  world w;
  const auto start = w.now;
  w.pipe.write(counted(100), w.now, w.random);
  w.there.stall(start + 5s);
  w.run_until(start + 5s - 1ns);
  CHECK(w.got.empty());
  w.run_until(start + 5s);
  CHECK(w.got == counted(100));
}

TEST_CASE("a blocked link costs time, and nothing else") {
  world w;
  const auto start = w.now;
  w.pipe.write(counted(100), w.now, w.random);
  SUBCASE("that way") {
    w.block(true, false);
  }
  SUBCASE("both ways") {
    w.block(true, true);
  }
  w.run_until(start + 50s);
  CHECK(w.got.empty());
  w.heal();
  // Not at once: the sender does not know.
  const auto latest = w.now + world::plain().retransmit_max + 10ms;
  w.run_until(latest);
  CHECK(w.got == counted(100));
  CHECK(w.times.front() > start + 50s);
  w.run_for(10min);
  CHECK(w.count(kind::gave_up) == 0);
}

TEST_CASE("a writer that hears nothing gives up") {
  world w;
  const auto start = w.now;
  const auto limit = world::plain().give_up;
  SUBCASE("because nothing gets there") {
    w.block(true, false);
  }
  SUBCASE("because no answer gets back") {
    w.block(false, true);
  }
  SUBCASE("because nobody is there") {
    w.pipe.set_reader(reader::silent);
  }
  w.pipe.write(counted(100), w.now, w.random);
  w.run_until(start + limit - 1ns);
  CHECK(w.count(kind::gave_up) == 0);
  w.run_until(start + limit);
  CHECK(w.count(kind::gave_up) == 1);
}

TEST_CASE("a writer whose window is closed gives up if nobody answers") {
  auto with = world::plain();
  with.receive_window_max = 1000;
  world w{with};
  w.reads = false;
  w.pipe.write(counted(2000), w.now, w.random);
  w.run_for(10min);
  CHECK(w.count(kind::gave_up) == 0);
  w.pipe.set_reader(reader::silent);
  w.run_for(2 * world::plain().give_up);
  CHECK(w.count(kind::gave_up) == 1);
}

TEST_CASE("an idle writer does not mind a partition of any length") {
  world w;
  w.pipe.write(counted(100), w.now, w.random);
  w.run_for(5s);
  w.block(true, true);
  w.run_for(10h);
  CHECK(w.count(kind::gave_up) == 0);
  w.heal();
  w.pipe.write(counted(100, 100), w.now, w.random);
  w.run_for(5s);
  CHECK(w.got == counted(200));
}

TEST_CASE("data for a connection that nobody knows is rejected") {
  world w;
  w.pipe.set_reader(reader::gone);
  w.pipe.write(counted(100), w.now, w.random);
  w.run_for(1s);
  CHECK(w.steps == std::vector{kind::rejected});
  CHECK_FALSE(w.pipe.next_event());
}

TEST_CASE("a host that returns hears what was sent meanwhile, once it is sent "
          "again") {
  world w;
  w.pipe.set_reader(reader::silent);
  w.pipe.write(counted(100), w.now, w.random);
  w.run_for(20s);
  CHECK(w.steps.empty());
  w.pipe.set_reader(reader::gone);
  w.pipe.retransmit(w.now, w.random);
  w.run_for(world::plain().retransmit_max + 10ms);
  CHECK(w.steps == std::vector{kind::rejected});
}
