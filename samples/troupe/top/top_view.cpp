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

std::string row(std::string_view id, std::string_view moniker,
                std::string_view remote, std::string_view state,
                std::string_view way, std::string_view age,
                std::string_view rtt, std::string_view in, std::string_view out,
                std::string_view drops, std::string_view score) {
  return fmt::format("{:<10.10}  {:<16.16}  {:<21.21}  {:<12.12}  {:<3}  "
                     "{:>4}  {:>8}  {:>11}  {:>11}  {:>6}  {:>7}",
                     id, moniker, remote, state, way, age, rtt, in, out, drops,
                     score);
}

std::string row_of(const top_peer& peer) {
  const auto& x = peer.figures;
  if (!x.connected())
    return row(for_terminal(peer.id, 40), "", "", for_terminal(peer.state, 20),
               "", "", "", "", "", "", fmt::format("{:.1f}", x.points));
  return row(for_terminal(peer.id, 40), for_terminal(x.moniker, 64),
             for_terminal(x.remote, 64), for_terminal(peer.state, 20),
             x.direction == "inbound" ? "in" : "out", age_in_words(x.age),
             rtt_in_words(x.rtt), per_second(peer.receive_rate),
             per_second(peer.send_rate), fmt::format("{}", x.dropped),
             fmt::format("{:.1f}", x.points));
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
  add(row("PEER", "MONIKER", "REMOTE", "STATE", "WAY", "AGE", "RTT", "IN",
          "OUT", "DROPS", "SCORE"),
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
    add(row_of(peer), &peer == selected          ? style::selected
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
