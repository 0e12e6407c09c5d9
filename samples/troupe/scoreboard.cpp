// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/scoreboard.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace troupe::command {

namespace {

/// Most nodes whose meetings are told one by one, and whose round trips make a
/// table that fits a screen.
constexpr size_t few_nodes = 8;

struct summary {
  int64_t min_us;
  int64_t median_us;
  int64_t max_us;
};

summary summarize(const round_trips& times) {
  auto us = [](duration x) { return x / std::chrono::microseconds{1}; };
  return {us(times.min()), us(times.median()), us(times.max())};
}

std::string in_words(size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

} // namespace

void scoreboard::add(const node_id& id, const std::string& address) {
  numbers_.emplace(id, nodes_.size());
  nodes_.push_back(id);
  degrees_.push_back(0);
  if (out_.json())
    out_.print("node", {{"node", nodes_.size() - 1},
                        {"node_id", to_string(id)},
                        {"address", address}});
  else
    out_.print_text(fmt::format("node {:<3} {}", nodes_.size() - 1, address));
}

void scoreboard::begin(time_point now) {
  began_ = now;
  if (!out_.json())
    out_.print_text("\neach of them knows node 0 and nobody else\n");
}

size_t scoreboard::number_of(const node_id& id) const {
  return numbers_.at(id);
}

bool scoreboard::prints_meetings() const {
  return nodes_.size() <= few_nodes;
}

int64_t scoreboard::since_begin(time_point now) const {
  return (now - began_) / std::chrono::milliseconds{1};
}

std::string scoreboard::stamp(time_point now) const {
  return out_.painted(colour::faint,
                      fmt::format("{:>6} ms   ", since_begin(now)));
}

// -- what happens -------------------------------------------------------------

void scoreboard::note(const node_id& who, const peer_update& update,
                      time_point now) {
  const auto which = pair{number_of(who), number_of(update.peer)};
  if (update.status != peer_status::up) {
    if (connected_.erase(which) > 0)
      count_peer(which.first, false);
    unanswered_.erase(which);
    return;
  }
  if (connected_.insert(which).second)
    count_peer(which.first, true);
  unanswered_.insert(which);
  // The other one hears of the same meeting.
  if (update.way != direction::outbound)
    return;
  if (out_.json())
    out_.print("met", {{"node", which.first},
                       {"peer", which.second},
                       {"after_ms", since_begin(now)}});
  else if (prints_meetings())
    out_.print_text(fmt::format("{}node {} meets node {}", stamp(now),
                                which.first, which.second));
}

void scoreboard::count_peer(size_t who, bool more) {
  const auto goal = degree_.value_or(0);
  satisfied_ -= degrees_[who] >= goal;
  degrees_[who] += more ? 1 : -1;
  satisfied_ += degrees_[who] >= goal;
}

void scoreboard::told(const node_id& who, const node_id& by, size_t addresses,
                      size_t fresh, time_point now) {
  if (out_.json())
    out_.print("told", {{"node", number_of(who)},
                        {"by", number_of(by)},
                        {"addresses", addresses},
                        {"new", fresh},
                        {"after_ms", since_begin(now)}});
  else if (fresh > 0 && prints_meetings())
    out_.print_text(fmt::format("{}node {} hears of {} from node {}",
                                stamp(now), number_of(who),
                                in_words(fresh, "other"), number_of(by)));
}

void scoreboard::answered(const node_id& from, const node_id& to,
                          duration rtt) {
  const auto which = pair{number_of(from), number_of(to)};
  round_trips_[which].add(rtt);
  unanswered_.erase(which);
}

void scoreboard::print_progress(time_point now) {
  if (out_.json() || prints_meetings())
    return;
  const auto links = connected_.size() / 2;
  const auto all = nodes_.size() * (nodes_.size() - 1) / 2;
  auto line = degree_ ? fmt::format("{} of {} nodes have {} peers; {} "
                                    "connections",
                                    satisfied_, nodes_.size(), *degree_, links)
                      : fmt::format("{} of {} pairs have met", links, all);
  if (line == last_progress_)
    return;
  out_.print_text(stamp(now) + line);
  last_progress_ = std::move(line);
}

// -- what came of it ----------------------------------------------------------

bool scoreboard::is_complete() const {
  if (!unanswered_.empty())
    return false;
  if (!degree_)
    return connected_.size() == nodes_.size() * (nodes_.size() - 1);
  return satisfied_ == nodes_.size() && reachable() == nodes_.size();
}

std::string scoreboard::missing() const {
  return degree_ ? missing_degree() : missing_link();
}

std::string scoreboard::missing_link() const {
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

std::string scoreboard::missing_degree() const {
  for (size_t i = 0; i < nodes_.size(); ++i)
    if (degrees_[i] < *degree_)
      return fmt::format("node {} has {} peers, expected {}", i, degrees_[i],
                         *degree_);
  if (reachable() < nodes_.size())
    return "the nodes have fallen apart into groups";
  for (const auto& [from, to] : connected_)
    if (round_trips_.count({from, to}) == 0)
      return fmt::format("node {} got no answer from node {}", from, to);
  return {};
}

/// How many nodes the first one reaches.
size_t scoreboard::reachable() const {
  std::vector<size_t> border{0};
  std::set<size_t> seen{0};
  while (!border.empty()) {
    const auto from = border.back();
    border.pop_back();
    for (auto i = connected_.lower_bound({from, 0});
         i != connected_.end() && i->first == from; ++i)
      if (seen.insert(i->second).second)
        border.push_back(i->second);
  }
  return seen.size();
}

void scoreboard::print_complete(time_point now) {
  const auto ms = since_begin(now);
  const auto links = connected_.size() / 2;
  const auto [least, most]
      = std::minmax_element(degrees_.begin(), degrees_.end());
  if (out_.json())
    out_.print(degree_ ? "graph" : "mesh", {{"nodes", nodes_.size()},
                                            {"connections", links},
                                            {"degree_min", *least},
                                            {"degree_max", *most},
                                            {"took_ms", ms}});
  else if (degree_)
    out_.print_text(
        fmt::format("\n{} after {} ms: {} nodes, {} connections, {} to {} a "
                    "node;\nnow they ping each other",
                    out_.painted(colour::good, "connected graph"), ms,
                    nodes_.size(), links, *least, *most));
  else
    out_.print_text(fmt::format("\n{} after {} ms: {} nodes, {} "
                                "connections; now they ping each other",
                                out_.painted(colour::good, "full mesh"), ms,
                                nodes_.size(), links));
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
  const auto complete = missing().empty();
  if (out_.json()) {
    out_.print("result", {{degree_ ? "graph" : "mesh", complete},
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
  if (complete)
    out_.print_text(out_.painted(
        colour::good,
        degree_ ? "every node has its peers, and every connection exchanged "
                  "pings"
                : "every node met every other, and every pair exchanged "
                  "pings"));
}

void scoreboard::print_pairs() {
  for (size_t from = 0; from < nodes_.size(); ++from)
    for (size_t to = 0; to < nodes_.size(); ++to) {
      const auto connected = connected_.count({from, to}) > 0;
      // In a graph, most pairs have nothing to do with each other.
      if (from == to || (degree_ && !connected))
        continue;
      const auto& times = round_trips_[{from, to}];
      const auto [min, median, max] = summarize(times);
      out_.print("pair", {{"from", from},
                          {"to", to},
                          {"connected", connected},
                          {"round_trips", times.count()},
                          {"rtt_min_us", min},
                          {"rtt_median_us", median},
                          {"rtt_max_us", max}});
    }
}

/// Too many nodes make too wide a table; then the sums have to do.
void scoreboard::print_table() {
  if (nodes_.size() > few_nodes)
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
  // Colours have no width.
  auto padded = [&](size_t from, size_t to) {
    auto text = fmt::format("{:>{}}", cell(from, to), width);
    const auto is_missing = from != to && round_trips_.count({from, to}) == 0;
    return is_missing ? out_.painted(colour::bad, text) : text;
  };
  out_.print_text("\nround trips in us, min / median / max\n");
  std::string line(8, ' ');
  for (size_t to = 0; to < nodes_.size(); ++to)
    line += fmt::format("{:>{}}", fmt::format("to node {}", to), width);
  out_.print_text(line);
  for (size_t from = 0; from < nodes_.size(); ++from) {
    line = fmt::format("node {:<3}", from);
    for (size_t to = 0; to < nodes_.size(); ++to)
      line += padded(from, to);
    out_.print_text(line);
  }
}

} // namespace troupe::command
