// SPDX-License-Identifier: Apache-2.0
//
// What holds for every policy, whatever is pushed and taken in which order.
#include <map>
#include <random>
#include <set>

#include <doctest/doctest.h>

#include "troupe/actors/qos/qos_queue.hpp"

using namespace std::chrono_literals;
using namespace troupe;

namespace {

constexpr size_t flow_bytes = 500;
constexpr size_t flow_messages = 12;
constexpr size_t total_bytes = 1500;
constexpr size_t total_messages = 40;
constexpr size_t cost_max = 600;

struct item {
  int flow;
  uint64_t number;
  size_t cost;
  std::string key;
};

/// Does anything to a queue, and keeps its own books.
struct model {
  model(const std::string& policy, uint64_t seed)
    : uut({.policy = policy,
           .quantum = 50,
           .bytes_max = total_bytes,
           .messages_max = total_messages}),
      random(seed) {}

  size_t draw(size_t least, size_t most) {
    return std::uniform_int_distribution<size_t>{least, most}(random);
  }

  /// Flows differ in weight and in what they shed.
  static qos_flow_options limits(int flow) {
    constexpr qos_shed rules[]
        = {qos_shed::newest, qos_shed::oldest, qos_shed::refuse};
    auto result
        = qos_flow_options{.weight = static_cast<uint32_t>(flow % 4 + 1),
                           .bytes_max = flow_bytes,
                           .messages_max = flow_messages,
                           .on_full = rules[flow % 3]};
    if (flow % 5 == 0)
      result.expires_after = 20s;
    return result;
  }

  void push() {
    const auto flow = static_cast<int>(draw(0, 9));
    auto what = item{flow, ++pushed, draw(1, draw(0, 9) == 0 ? cost_max : 60),
                     draw(0, 3) == 0 ? std::to_string(draw(0, 2)) : ""};
    held[flow].emplace(what.number, what.cost);
    auto copy = what;
    if (uut.push(flow, limits(flow), std::move(copy), what.cost, now, what.key)
        == errc::queue_full) {
      CHECK(limits(flow).on_full == qos_shed::refuse);
      CHECK(copy.number == what.number);
      forget(what);
    }
  }

  void take() {
    auto what = uut.take(now);
    collect();
    if (!what) {
      CHECK_FALSE(uut.ready());
      for (const auto& [flow, elements] : held)
        CHECK((elements.empty() || held_back.count(flow) > 0));
      return;
    }
    CHECK(held_back.count(what->flow) == 0);
    // The oldest of its flow, but that a newer one may have an older one's
    // place.
    if (what->key.empty())
      CHECK(held[what->flow].begin()->first == what->number);
    forget(*what);
  }

  void hold_back(int flow, bool yes) {
    uut.hold_back(flow, yes);
    if (yes)
      held_back.insert(flow);
    else
      held_back.erase(flow);
  }

  void take_some() {
    const auto flow = static_cast<int>(draw(0, 9));
    auto even = [](const item& x) { return x.number % 2 == 0; };
    for (const auto& what : uut.take_if(flow, even)) {
      CHECK(what.flow == flow);
      CHECK(even(what));
      forget(what);
    }
    for (const auto& [number, cost] : held[flow])
      CHECK(number % 2 == 1);
  }

  /// Each element leaves once.
  void forget(const item& what) {
    REQUIRE(held[what.flow].erase(what.number) == 1);
  }

  void collect() {
    for (const auto& x : uut.take_shed()) {
      CHECK(x.flow == x.element.flow);
      CHECK(x.cost == x.element.cost);
      if (x.why == qos_loss::replaced)
        CHECK_FALSE(x.element.key.empty());
      if (x.why == qos_loss::expired)
        CHECK(limits(x.flow).expires_after);
      forget(x.element);
    }
  }

  void check() {
    size_t bytes = 0;
    size_t messages = 0;
    size_t flows = 0;
    for (const auto& [flow, elements] : held) {
      size_t sum = 0;
      for (const auto& [number, cost] : elements)
        sum += cost;
      if (elements.size() > 1) {
        CHECK(sum <= flow_bytes);
        CHECK(elements.size() <= flow_messages);
      }
      bytes += sum;
      messages += elements.size();
      flows += elements.empty() ? 0 : 1;
    }
    REQUIRE(uut.bytes() == bytes);
    REQUIRE(uut.messages() == messages);
    REQUIRE(uut.flows() == flows);
    if (messages > 1) {
      CHECK(bytes <= total_bytes);
      CHECK(messages <= total_messages);
    }
  }

  void run(size_t steps) {
    for (size_t i = 0; i < steps; ++i) {
      // Fills up, drains, and fills up again.
      const auto filling = i / 200 % 2 == 0;
      if (draw(0, 9) < (filling ? 7u : 3u))
        push();
      else
        take();
      collect();
      if (draw(0, 49) == 0)
        take_some();
      if (draw(0, 3) == 0)
        now += 1s;
      if (draw(0, 9) == 0)
        hold_back(static_cast<int>(draw(0, 9)), draw(0, 1) == 0);
      check();
    }
    for (int flow = 0; flow < 10; ++flow)
      hold_back(flow, false);
    while (!uut.empty())
      take();
    check();
  }

  qos_queue<int, item> uut;
  std::mt19937_64 random;
  time_point now;
  uint64_t pushed = 0;
  /// By flow, the elements that are neither out nor shed nor refused.
  std::map<int, std::map<uint64_t, size_t>> held;
  std::set<int> held_back;
};

} // namespace

TEST_CASE(
    "what goes in comes out in order, is shed, or is held within bounds") {
  for (const std::string policy : {"fifo", "priority", "wdrr"})
    for (uint64_t seed = 1; seed <= 6; ++seed) {
      CAPTURE(policy);
      CAPTURE(seed);
      model{policy, seed}.run(2000);
    }
}

TEST_CASE("with wdrr, flows that always hold something share by weight, to "
          "within a quantum and an element each") {
  constexpr size_t quantum = 100;
  constexpr size_t largest = 300;
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    std::mt19937_64 random{seed};
    std::uniform_int_distribution<size_t> costs{1, largest};
    qos_queue<int, item> uut{{.quantum = quantum}};
    std::map<int, size_t> served;
    auto refill = [&](int flow) {
      const auto cost = costs(random);
      auto limits = qos_flow_options{.weight = static_cast<uint32_t>(flow)};
      CHECK(uut.push(flow, limits, {flow, 0, cost, {}}, cost, {})
            == errc::none);
    };
    for (int flow = 1; flow <= 8; ++flow)
      for (int i = 0; i < 3; ++i)
        refill(flow);
    for (int i = 0; i < 5000; ++i) {
      auto what = uut.take({});
      REQUIRE(what);
      served[what->flow] += what->cost;
      refill(what->flow);
      for (int a = 1; a <= 8; ++a)
        for (int b = 1; b < a; ++b) {
          const auto one = static_cast<double>(served[a]) / a;
          const auto two = static_cast<double>(served[b]) / b;
          const auto slack = static_cast<double>(quantum)
                             + static_cast<double>(largest) / a
                             + static_cast<double>(largest) / b;
          REQUIRE(std::abs(one - two) <= slack);
        }
    }
  }
}

TEST_CASE("with wdrr, nobody waits longer than the others take to spend their "
          "share once") {
  constexpr size_t quantum = 100;
  constexpr int others = 20;
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    std::mt19937_64 random{seed};
    std::uniform_int_distribution<size_t> costs{1, quantum};
    qos_queue<int, item> uut{{.quantum = quantum}};
    auto push = [&](int flow) {
      const auto cost = costs(random);
      auto limits
          = qos_flow_options{.weight = static_cast<uint32_t>(flow % 10 + 1)};
      CHECK(uut.push(flow, limits, {flow, 0, cost, {}}, cost, {})
            == errc::none);
      return limits.weight;
    };
    // What they may spend, and what they had not spent before.
    size_t bound = 0;
    for (int flow = 1; flow <= others; ++flow)
      for (int i = 0; i < 1000; ++i)
        bound += i == 0 ? push(flow) * quantum + quantum : push(flow) * 0;
    for (int round = 0; round < 20; ++round) {
      push(0);
      size_t waited = 0;
      for (auto what = uut.take({}); what->flow != 0; what = uut.take({})) {
        waited += what->cost;
        push(what->flow);
      }
      CHECK(waited <= bound);
    }
  }
}

namespace {

/// A key that counts how often it is compared.
struct counted {
  int value = 0;

  static inline size_t comparisons = 0;

  friend bool operator<(const counted& x, const counted& y) {
    ++comparisons;
    return x.value < y.value;
  }
};

} // namespace

TEST_CASE("an element costs about the same with ten flows and with ten "
          "thousand, and idle flows hold nothing") {
  std::map<int, size_t> spent;
  for (const auto flows : {10, 10'000}) {
    qos_queue<counted, int> uut{{}};
    counted::comparisons = 0;
    for (int round = 0; round < 2; ++round)
      for (int i = 0; i < flows; ++i)
        CHECK(uut.push({i}, {}, int{i}, 2000, {}) == errc::none);
    CHECK(uut.flows() == static_cast<size_t>(flows));
    for (int i = 0; i < 2 * flows; ++i)
      CHECK(uut.take({}) == i % flows);
    CHECK(uut.flows() == 0);
    spent[flows] = counted::comparisons / static_cast<size_t>(2 * flows);
  }
  // Ten more levels of a tree, at most two comparisons at each, and a push and
  // an end for each element at most.
  CHECK(spent[10'000] < spent[10] + 2 * 2 * 12);
}
