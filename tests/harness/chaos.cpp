// SPDX-License-Identifier: Apache-2.0

// Faults that a seed draws.

#include <algorithm>
#include <array>
#include <utility>

#include "troupe/tests/harness/faults.hpp"

namespace troupe::testing {

namespace {

/// A kind of faults of datagrams: its switch, and how bad it gets.
struct datagram_kind {
  bool chaos_options::*wanted;
  void (*draw)(sim_link_options&, sim_random&);
};

constexpr auto datagram_kinds = std::array{
    datagram_kind{&chaos_options::lost_datagrams,
                  [](sim_link_options& bad, sim_random& random) {
                    bad.lose_per_mille
                        = 10 + static_cast<unsigned>(random.below(300));
                  }},
    datagram_kind{&chaos_options::late_datagrams,
                  [](sim_link_options& bad, sim_random& random) {
                    bad.late_per_mille
                        = 10 + static_cast<unsigned>(random.below(500));
                  }},
    datagram_kind{&chaos_options::double_datagrams,
                  [](sim_link_options& bad, sim_random& random) {
                    bad.double_per_mille
                        = 10 + static_cast<unsigned>(random.below(500));
                  }},
    datagram_kind{&chaos_options::garbled_datagrams,
                  [](sim_link_options& bad, sim_random& random) {
                    bad.garble_per_mille
                        = 10 + static_cast<unsigned>(random.below(200));
                  }},
    // QUIC needs no more than 1200 bytes, and takes more where it can.
    datagram_kind{&chaos_options::small_datagrams,
                  [](sim_link_options& bad, sim_random& random) {
                    bad.datagram_size_max = 1200 + random.below(260);
                  }},
    datagram_kind{&chaos_options::busy_sockets,
                  [](sim_link_options& bad, sim_random& random) {
                    bad.busy_per_mille
                        = 10 + static_cast<unsigned>(random.below(300));
                  }},
};

/// Draws faults one after the other.
class chaos_drawer {
public:
  chaos_drawer(size_t nodes, const chaos_options& options, sim_random& random)
    : nodes_(nodes),
      options_(options),
      random_(random) {
    add_kind(options.crashes, &chaos_drawer::draw_outage);
    add_kind(options.partitions, &chaos_drawer::draw_partition);
    add_kind(options.stalls, &chaos_drawer::draw_stall);
    add_kind(options.resets, &chaos_drawer::draw_reset);
    add_kind(options.bad_links, &chaos_drawer::draw_bad_link);
    add_kind(options.bad_names, &chaos_drawer::draw_bad_name);
    add_kind(options.black_holes, &chaos_drawer::draw_black_hole);
    for (const auto& kind : datagram_kinds)
      add_kind(options.*kind.wanted, &chaos_drawer::draw_bad_path);
  }

  std::vector<timed_fault> draw() {
    duration when{};
    while (nodes_ > 1 && !kinds_.empty()) {
      when += random_.between({}, 2 * options_.mean_gap);
      if (when >= options_.span)
        break;
      (this->*kinds_[random_.below(kinds_.size())])(when);
    }
    // Whatever should have ended later ends with everything else.
    std::erase_if(result_,
                  [this](const auto& x) { return x.first >= options_.span; });
    std::stable_sort(
        result_.begin(), result_.end(),
        [](const auto& x, const auto& y) { return x.first < y.first; });
    result_.emplace_back(options_.span, calm());
    return std::move(result_);
  }

private:
  using kind = void (chaos_drawer::*)(duration);

  void add_kind(bool wanted, kind what) {
    if (wanted)
      kinds_.push_back(what);
  }

  void add(duration when, fault what) {
    result_.emplace_back(when, std::move(what));
  }

  size_t any_node() {
    return static_cast<size_t>(random_.below(nodes_));
  }

  std::pair<size_t, size_t> any_pair() {
    auto a = any_node();
    return {a,
            (a + 1 + static_cast<size_t>(random_.below(nodes_ - 1))) % nodes_};
  }

  node_group any_group() {
    node_group result;
    for (size_t i = 0; i < nodes_; ++i)
      if (random_.chance(300))
        result.push_back(i);
    if (result.empty() || result.size() == nodes_)
      result = {any_node()};
    return result;
  }

  duration outage() {
    return random_.between({}, options_.outage_max);
  }

  void draw_outage(duration when) {
    auto who = any_node();
    add(when, random_.chance(700) ? crash(who) : stop(who));
    // At once is the hardest: nobody has noticed yet.
    add(when + (random_.chance(300) ? duration{} : outage()), start(who));
  }

  void draw_partition(duration when) {
    auto group = any_group();
    if (random_.chance(600)) {
      add(when, isolate(group));
    } else {
      auto [a, b] = any_pair();
      add(when, one_way({a}, {b}));
    }
    add(when + outage(), heal());
  }

  void draw_stall(duration when) {
    auto [a, b] = any_pair();
    add(when, stall(a, b, random_.between({}, std::chrono::seconds{5})));
  }

  void draw_reset(duration when) {
    auto [a, b] = any_pair();
    add(when, reset(a, b));
  }

  void draw_black_hole(duration when) {
    auto [a, b] = any_pair();
    add(when, black_hole(a, b));
  }

  void draw_bad_link(duration when) {
    using namespace std::chrono_literals;
    auto [a, b] = any_pair();
    sim_link_options bad;
    switch (random_.below(4)) {
      case 0:
        bad.latency = sim_latency::long_tail(200ms, 3s);
        break;
      case 1:
        bad.bandwidth = 20'000 + random_.below(100'000);
        break;
      case 2:
        bad.cut_per_mille = 1000;
        bad.segment_size_max = 64;
        break;
      default:
        bad.refuse_per_mille = 300;
        bad.ignore_per_mille = 300;
        break;
    }
    add(when, relink(a, b, bad));
  }

  /// What is wanted of it, each half of the time.
  void draw_bad_path(duration when) {
    const auto [a, b] = any_pair();
    sim_link_options bad;
    for (const auto& kind : datagram_kinds)
      if (options_.*kind.wanted && random_.chance(500))
        kind.draw(bad, random_);
    add(when, relink(a, b, bad));
  }

  void draw_bad_name(duration when) {
    using namespace std::chrono_literals;
    const auto who = any_node();
    switch (random_.below(4)) {
      case 0:
        add(when, slow_name(who, random_.between({}, 8s)));
        break;
      case 1:
        add(when, stale_name(who, 1 + random_.below(3)));
        break;
      case 2:
        add(when, lost_name(who));
        add(when + outage(), restore_name(who));
        break;
      default:
        add(when, silent_name(who));
        add(when + outage(), restore_name(who));
        break;
    }
  }

  size_t nodes_;
  const chaos_options& options_;
  sim_random& random_;
  std::vector<kind> kinds_;
  std::vector<timed_fault> result_;
};

} // namespace

namespace {

/// A kind of faults, by its name and its switch.
struct chaos_kind {
  std::string_view name;
  bool chaos_options::*wanted;
};

constexpr auto all_kinds = std::array{
    chaos_kind{"crashes", &chaos_options::crashes},
    chaos_kind{"partitions", &chaos_options::partitions},
    chaos_kind{"stalls", &chaos_options::stalls},
    chaos_kind{"resets", &chaos_options::resets},
    chaos_kind{"bad links", &chaos_options::bad_links},
    chaos_kind{"bad names", &chaos_options::bad_names},
    chaos_kind{"black holes", &chaos_options::black_holes},
    chaos_kind{"lost datagrams", &chaos_options::lost_datagrams},
    chaos_kind{"late datagrams", &chaos_options::late_datagrams},
    chaos_kind{"double datagrams", &chaos_options::double_datagrams},
    chaos_kind{"garbled datagrams", &chaos_options::garbled_datagrams},
    chaos_kind{"small datagrams", &chaos_options::small_datagrams},
    chaos_kind{"busy sockets", &chaos_options::busy_sockets},
};

} // namespace

void chaos_options::set_datagrams(bool value) {
  for (const auto& kind : datagram_kinds)
    this->*kind.wanted = value;
}

chaos_options draw_swarm(chaos_options options, sim_random& random) {
  std::vector<bool chaos_options::*> wanted;
  for (const auto& kind : all_kinds)
    if (options.*kind.wanted)
      wanted.push_back(kind.wanted);
  // With those that stay at the end.
  for (auto left = wanted.size(); left > (wanted.size() + 1) / 2; --left) {
    const auto last = wanted.begin() + static_cast<ptrdiff_t>(left) - 1;
    std::swap(wanted[random.below(left)], *last);
    options.*(*last) = false;
  }
  return options;
}

std::string kinds_of(const chaos_options& options) {
  std::string result;
  for (const auto& kind : all_kinds)
    if (options.*kind.wanted)
      result += (result.empty() ? "" : ", ") + std::string{kind.name};
  return result.empty() ? "none" : result;
}

std::vector<timed_fault> draw_chaos(size_t nodes, const chaos_options& options,
                                    sim_random& random) {
  return chaos_drawer{nodes, options, random}.draw();
}

} // namespace troupe::testing
