// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/scoreboard.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace troupe::command {

namespace {

struct summary {
  int64_t min_us;
  int64_t median_us;
  int64_t max_us;
};

summary summarize(const round_trips& times) {
  auto us = [](duration x) { return x / std::chrono::microseconds{1}; };
  return {us(times.min()), us(times.median()), us(times.max())};
}

} // namespace

void scoreboard::add(const node_id& id, const std::string& address) {
  numbers_.emplace(id, nodes_.size());
  nodes_.push_back(id);
  if (out_.json())
    out_.print("node", {{"node", nodes_.size() - 1},
                        {"node_id", to_string(id)},
                        {"address", address}});
  else
    out_.print_text(fmt::format("node {:<2}  {}", nodes_.size() - 1, address));
}

size_t scoreboard::number_of(const node_id& id) const {
  return numbers_.at(id);
}

void scoreboard::note(const node_id& who, const peer_update& update) {
  auto which = pair{number_of(who), number_of(update.peer)};
  if (update.status == peer_status::up)
    connected_.insert(which);
  else
    connected_.erase(which);
}

void scoreboard::answered(const node_id& from, const node_id& to,
                          duration rtt) {
  round_trips_[{number_of(from), number_of(to)}].add(rtt);
}

bool scoreboard::is_complete() const {
  return missing().empty();
}

std::string scoreboard::missing() const {
  for (size_t from = 0; from < nodes_.size(); ++from)
    for (size_t to = 0; to < nodes_.size(); ++to) {
      if (from == to)
        continue;
      if (connected_.count({from, to}) == 0)
        return fmt::format("node {} is not connected to node {}", from, to);
      if (round_trips_.count({from, to}) == 0)
        return fmt::format("node {} got no answer from node {}", from, to);
    }
  return {};
}

void scoreboard::print_mesh(duration took) {
  const auto ms = took / std::chrono::milliseconds{1};
  if (out_.json())
    out_.print("mesh", {{"nodes", nodes_.size()},
                        {"connections", connected_.size() / 2},
                        {"took_ms", ms}});
  else
    out_.print_text(fmt::format("\nfull mesh after {} ms: {} nodes, {} "
                                "connections; now they ping each other",
                                ms, nodes_.size(), connected_.size() / 2));
}

void scoreboard::print_result(int64_t traffic) {
  if (out_.json())
    print_pairs();
  else
    print_table();
  round_trips all;
  for (const auto& [which, times] : round_trips_)
    all.add(times);
  const auto pings = all.count();
  const auto [min, median, max] = summarize(all);
  if (out_.json()) {
    out_.print("result", {{"mesh", is_complete()},
                          {"round_trips", pings},
                          {"rtt_min_us", min},
                          {"rtt_median_us", median},
                          {"rtt_max_us", max},
                          {"bytes", traffic}});
    return;
  }
  out_.print_text(
      fmt::format("\nall: {} round trips, {} / {} / {} us; {} bytes "
                  "of messages",
                  pings, min, median, max, traffic));
  if (is_complete())
    out_.print_text(
        "every node met every other, and every pair exchanged pings");
}

void scoreboard::print_pairs() {
  for (size_t from = 0; from < nodes_.size(); ++from)
    for (size_t to = 0; to < nodes_.size(); ++to) {
      if (from == to)
        continue;
      const auto& times = round_trips_[{from, to}];
      const auto [min, median, max] = summarize(times);
      out_.print("pair", {{"from", from},
                          {"to", to},
                          {"connected", connected_.count({from, to}) > 0},
                          {"round_trips", times.count()},
                          {"rtt_min_us", min},
                          {"rtt_median_us", median},
                          {"rtt_max_us", max}});
    }
}

/// Too many nodes make too wide a table; then the sums have to do.
void scoreboard::print_table() {
  constexpr size_t columns_max = 8;
  if (nodes_.size() > columns_max)
    return;
  auto cell = [this](size_t from, size_t to) -> std::string {
    if (from == to)
      return "-";
    auto i = round_trips_.find({from, to});
    if (i == round_trips_.end())
      return "no answer";
    const auto [min, median, max] = summarize(i->second);
    return fmt::format("{} / {} / {}", min, median, max);
  };
  size_t width = 20;
  for (size_t from = 0; from < nodes_.size(); ++from)
    for (size_t to = 0; to < nodes_.size(); ++to)
      width = std::max(width, cell(from, to).size() + 3);
  out_.print_text("\nround trips in us, min / median / max\n");
  std::string line(8, ' ');
  for (size_t to = 0; to < nodes_.size(); ++to)
    line += fmt::format("{:>{}}", fmt::format("to node {}", to), width);
  out_.print_text(line);
  for (size_t from = 0; from < nodes_.size(); ++from) {
    line = fmt::format("node {:<3}", from);
    for (size_t to = 0; to < nodes_.size(); ++to)
      line += fmt::format("{:>{}}", cell(from, to), width);
    out_.print_text(line);
  }
}

} // namespace troupe::command
