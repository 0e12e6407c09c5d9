// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/faults.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace troupe::testing {

namespace {

/// An address for documentation, which no host of a simulation has.
constexpr auto unused_ip = "192.0.2.1";

sim_network::host_set hosts(const network& net, const node_group& group) {
  sim_network::host_set result;
  for (auto number : group)
    result.insert(net.host(number));
  return result;
}

} // namespace

// -- one fault each -----------------------------------------------------------

fault partition(node_group a, node_group b) {
  return {fmt::format("partition {} from {}", a, b), [=](network& net) {
            net.wires().partition(hosts(net, a), hosts(net, b), net.now());
          }};
}

fault isolate(node_group group) {
  return {fmt::format("isolate {}", group), [=](network& net) {
            net.wires().isolate(hosts(net, group), net.now());
          }};
}

fault one_way(node_group from, node_group to) {
  return {fmt::format("block {} to {}", from, to), [=](network& net) {
            net.wires().block(hosts(net, from), hosts(net, to), net.now());
          }};
}

fault heal() {
  return {"heal", [](network& net) { net.wires().heal(net.now()); }};
}

fault crash(size_t number) {
  return {fmt::format("crash {}", number),
          [number](network& net) { net.crash(number); }};
}

fault stop(size_t number) {
  return {fmt::format("stop {}", number),
          [number](network& net) { net.stop(number); }};
}

fault start(size_t number) {
  return {fmt::format("start {}", number),
          [number](network& net) { net.start(number); }};
}

fault stall(size_t from, size_t to, duration span) {
  auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(span);
  return {fmt::format("stall {} to {} for {} ms", from, to, ms.count()),
          [=](network& net) {
            net.wires().stall(net.host(from), net.host(to), span, net.now());
          }};
}

fault reset(size_t a, size_t b) {
  return {fmt::format("reset {} and {}", a, b), [=](network& net) {
            net.wires().reset_all(net.host(a), net.host(b), net.now());
          }};
}

fault black_hole(size_t a, size_t b) {
  return {fmt::format("lose what {} and {} say", a, b), [=](network& net) {
            net.wires().forget_all(net.host(a), net.host(b), net.now());
          }};
}

fault relink(size_t a, size_t b, sim_link_options options) {
  return {fmt::format("relink {} and {}", a, b),
          [=](network& net) { net.relink(a, b, options); }};
}

fault restore_links() {
  return {"restore links", [](network& net) { net.restore_links(); }};
}

fault slow_name(size_t number, duration wait) {
  auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(wait);
  return {fmt::format("name of {} takes {} ms", number, ms.count()),
          [=](network& net) {
            net.rename(number, {.latency = sim_latency::fixed(wait)});
          }};
}

fault lost_name(size_t number) {
  return {fmt::format("name of {} is lost", number), [=](network& net) {
            net.rename(number, {.with = sim_dns_entry::mood::fail});
          }};
}

fault silent_name(size_t number) {
  return {fmt::format("name of {} gets no answer", number), [=](network& net) {
            net.rename(number, {.with = sim_dns_entry::mood::ignore});
          }};
}

fault stale_name(size_t number, size_t addresses) {
  return {fmt::format("name of {} has {} old addresses", number, addresses),
          [=](network& net) {
            auto nobody = std::vector(addresses, *ip_address::parse(unused_ip));
            net.rename(number, {.addresses = std::move(nobody)});
          }};
}

fault restore_name(size_t number) {
  return {fmt::format("restore name of {}", number),
          [number](network& net) { net.restore_name(number); }};
}

fault calm() {
  return {"calm", [](network& net) {
            heal().apply(net);
            restore_links().apply(net);
            net.restore_names();
            net.start();
          }};
}

// -- many of them -------------------------------------------------------------

namespace {

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

std::vector<timed_fault> draw_chaos(size_t nodes, const chaos_options& options,
                                    sim_random& random) {
  return chaos_drawer{nodes, options, random}.draw();
}

} // namespace troupe::testing
