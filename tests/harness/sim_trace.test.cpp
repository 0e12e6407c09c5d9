// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_trace.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::testing;

namespace {

constexpr auto start = time_point{} + 1h;

sim_delivery delivery(std::string_view receiver, uint64_t id = 7) {
  return {.party = 1, .receiver = receiver, .receiver_id = id};
}

size_t lines(const std::string& text) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

} // namespace

TEST_CASE("the same entries give the same hash") {
  sim_trace one{start};
  sim_trace two{start};
  CHECK(one.hash() == two.hash());
  for (auto* trace : {&one, &two}) {
    trace->note(start, "hello");
    trace->note_alarm(start + 1s);
    trace->note(start + 1s, delivery("a"));
    trace->note(sim_event{.when = start, .what = sim_event::kind::healed});
  }
  CHECK(one.hash() == two.hash());
  CHECK(one.size() == 4);
}

TEST_CASE("everything counts for the hash, and its order and time") {
  std::vector<uint64_t> hashes;
  auto run = [&hashes](auto what) {
    sim_trace trace{start};
    what(trace);
    hashes.push_back(trace.hash());
  };
  run([](auto&) {});
  run([](auto& x) { x.note(start, "a"); });
  run([](auto& x) { x.note(start + 1ns, "a"); });
  run([](auto& x) { x.note(start, "b"); });
  run([](auto& x) {
    x.note(start, "a");
    x.note(start, "b");
  });
  run([](auto& x) {
    x.note(start, "b");
    x.note(start, "a");
  });
  run([](auto& x) { x.note_alarm(start); });
  run([](auto& x) { x.note(start, delivery("a")); });
  run([](auto& x) { x.note(start, delivery("a", 8)); });
  run([](auto& x) {
    x.note(sim_event{.when = start, .what = sim_event::kind::healed});
  });
  run([](auto& x) {
    x.note(sim_event{
        .when = start, .what = sim_event::kind::bytes_arrived, .size = 1});
  });
  run([](auto& x) {
    x.note(sim_event{.when = start,
                     .what = sim_event::kind::bytes_arrived,
                     .size = 1,
                     .hash = 1});
  });
  std::sort(hashes.begin(), hashes.end());
  CHECK(std::adjacent_find(hashes.begin(), hashes.end()) == hashes.end());
}

TEST_CASE("the tail holds the last entries, the oldest first") {
  sim_trace trace{start};
  for (int i = 0; i < 10; ++i)
    trace.note(start + i * 1s, "entry " + std::to_string(i));
  auto tail = trace.tail(2);
  CHECK(lines(tail) == 2);
  CHECK(tail.find("entry 7") == std::string::npos);
  CHECK(tail.find("entry 8") < tail.find("entry 9"));
  CHECK(lines(trace.tail()) == 10);
}

TEST_CASE("a long trace keeps only its end, and hashes all of it") {
  sim_trace one{start};
  sim_trace two{start};
  one.note(start, "first");
  two.note(start, "other");
  for (auto* trace : {&one, &two})
    for (size_t i = 0; i < 2 * sim_trace::kept_max; ++i)
      trace->note_alarm(start);
  CHECK(one.size() == 2 * sim_trace::kept_max + 1);
  CHECK(lines(one.tail()) == sim_trace::kept_max);
  CHECK(one.tail() == two.tail());
  CHECK(one.hash() != two.hash());
}

TEST_CASE("a sink gets every further entry") {
  sim_trace trace{start};
  trace.note(start, "before");
  std::vector<std::string> seen;
  trace.set_sink([&seen](std::string_view line) { seen.emplace_back(line); });
  trace.note(start + 1s, "after");
  trace.note(start + 2s, delivery("an-actor"));
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].find("after") != std::string::npos);
  CHECK(seen[1].find("an-actor#7") != std::string::npos);
}

TEST_CASE("hosts have names in the text") {
  sim_trace trace{start};
  trace.set_host_names([](sim_host which) {
    return "host-" + std::to_string(static_cast<uint32_t>(which));
  });
  trace.note(sim_event{.when = start,
                       .what = sim_event::kind::dial_refused,
                       .from = sim_host{3},
                       .to = sim_host{4}});
  auto tail = trace.tail();
  CHECK(tail.find("host-3") != std::string::npos);
  CHECK(tail.find("host-4") != std::string::npos);
  CHECK(tail.find("dial_refused") != std::string::npos);
}
