// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/top/top_view.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace troupe::command {

namespace {

using style = top_line::style;

constexpr std::string_view keys
    = "up/down select  c dial  d disconnect  b ban  u unban  s sort  q quit";

std::string per_second(double rate) {
  return bytes_in_words(rate) + "/s";
}

/// What stands in a row.
struct row_cells {
  std::string id;
  std::string moniker;
  std::string remote;
  std::string state;
  std::string way;
  std::string age;
  std::string rtt;
  std::string in;
  std::string out;
  std::string drops;
  std::string score;
};

/// A row of at most 80 columns if the screen has no more; who a peer is comes
/// with more room.
std::string row(const row_cells& x, size_t width) {
  // Of a row that has all.
  constexpr size_t all = 129;
  auto result = fmt::format("{:<10.10}", x.id);
  if (width >= all - 23)
    result += fmt::format("  {:<16.16}", x.moniker);
  if (width >= all)
    result += fmt::format("  {:<21.21}", x.remote);
  result += fmt::format("  {:<12.12}  {:<3}  {:>4}  {:>8}  {:>11}  {:>11}",
                        x.state, x.way, x.age, x.rtt, x.in, x.out);
  if (width >= all - 41)
    result += fmt::format("  {:>6}", x.drops);
  return result + fmt::format("  {:>7}", x.score);
}

std::string row_of(const top_peer& peer, size_t width) {
  const auto& x = peer.figures;
  row_cells cells{.id = for_terminal(peer.id, 40),
                  .state = for_terminal(peer.state, 20),
                  .score = fmt::format("{:.1f}", x.points)};
  if (x.connected()) {
    cells.moniker = for_terminal(x.moniker, 64);
    cells.remote = for_terminal(x.remote, 64);
    cells.way = x.direction == "inbound" ? "in" : "out";
    cells.age = age_in_words(x.age);
    cells.rtt = rtt_in_words(x.rtt);
    cells.in = per_second(peer.receive_rate);
    cells.out = per_second(peer.send_rate);
    cells.drops = fmt::format("{}", x.dropped);
  }
  return row(cells, width);
}

std::string summary(const top_model& model, const std::string& title) {
  size_t connected = 0;
  double in = 0;
  double out = 0;
  uint64_t dropped = 0;
  for (const auto& peer : model.peers()) {
    connected += peer.figures.connected() ? 1 : 0;
    in += peer.receive_rate;
    out += peer.send_rate;
    dropped += peer.figures.dropped;
  }
  return fmt::format("{}  {} of {} peers connected  in {}  out {}  {} dropped  "
                     "by {}",
                     title, connected, model.peers().size(), per_second(in),
                     per_second(out), dropped, to_string(model.order()));
}

/// Which peers fit, so that the selected one is among them.
size_t first_shown(const top_model& model, size_t room) {
  const auto* selected = model.selected();
  if (selected == nullptr)
    return 0;
  const auto at = static_cast<size_t>(selected - model.peers().data());
  return at < room ? 0 : at - room + 1;
}

} // namespace

std::vector<top_line> draw(const top_model& model, const std::string& title,
                           size_t width, size_t height) {
  std::vector<top_line> result;
  const auto add = [&](std::string text, style look) {
    if (result.size() < height)
      result.push_back({text.substr(0, width), look});
  };
  add(for_terminal(summary(model, title), 512), style::head);
  add(row({"PEER", "MONIKER", "REMOTE", "STATE", "WAY", "AGE", "RTT", "IN",
           "OUT", "DROPS", "SCORE"},
          width),
      style::faint);
  // Two lines about the selected one, a third of the rest for events, and the
  // keys.
  constexpr size_t others = 6;
  const auto rest = height > others ? height - others : 0;
  const auto event_rows = rest / 3;
  const auto peer_rows = rest - event_rows;
  const auto* selected = model.selected();
  const auto first = first_shown(model, peer_rows);
  for (size_t i = 0; i < peer_rows; ++i) {
    if (first + i >= model.peers().size()) {
      add("", style::plain);
      continue;
    }
    const auto& peer = model.peers()[first + i];
    add(row_of(peer, width), &peer == selected          ? style::selected
                             : peer.figures.connected() ? style::plain
                                                        : style::faint);
  }
  add(selected != nullptr ? for_terminal(
          fmt::format("{}  {}", selected->id, selected->explanation), 512)
                          : std::string{},
      style::plain);
  add(selected != nullptr
          ? for_terminal("score " + selected->figures.score, 512)
          : std::string{},
      style::plain);
  add("EVENTS", style::faint);
  const auto& events = model.events();
  for (size_t i = 0; i < event_rows; ++i)
    add(i < std::min(event_rows, events.size())
            ? events[events.size() - std::min(event_rows, events.size()) + i]
            : std::string{},
        style::plain);
  add(model.message().empty() ? std::string{keys}
                              : for_terminal(model.message(), 512),
      style::head);
  return result;
}

} // namespace troupe::command
