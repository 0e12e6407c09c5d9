// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/monitor/tally_text.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "troupe/samples/troupe/channel_list.hpp"
#include "troupe/samples/troupe/live_figures.hpp"

namespace troupe::command {

namespace {

double per_second(uint64_t count, duration elapsed) {
  const auto seconds = std::chrono::duration<double>{elapsed}.count();
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

/// Three digits after the point say enough.
double rounded(double value) {
  return std::round(value * 1000) / 1000;
}

std::string place(const tally_line& line) {
  if (!line.height)
    return {};
  return line.round ? fmt::format("at {}/{}", *line.height, *line.round)
                    : fmt::format("at {}", *line.height);
}

} // namespace

event_words in_words(const tally_line& line, duration elapsed) {
  event_words result{.name = line.peer ? "said_by" : "said"};
  auto& to = result.fields;
  to = {{"channel", to_text(line.channel)}, {"kind", line.kind}};
  if (line.peer)
    to["peer"] = to_string(*line.peer);
  else
    to["peers"] = line.peers;
  to["messages"] = line.fresh.messages;
  to["items"] = line.fresh.items;
  to["bytes"] = line.fresh.bytes;
  to["messages_per_second"] = rounded(per_second(line.fresh.messages, elapsed));
  to["bytes_per_second"] = rounded(per_second(line.fresh.bytes, elapsed));
  to["total_messages"] = line.total.messages;
  to["total_bytes"] = line.total.bytes;
  if (line.height)
    to["height"] = *line.height;
  if (line.round)
    to["round"] = *line.round;
  return result;
}

std::string in_columns(const tally_line& line, duration elapsed) {
  const auto rate = fmt::format(
      "{:>9.1f}/s {:>11}/s", per_second(line.fresh.messages, elapsed),
      bytes_in_words(per_second(line.fresh.bytes, elapsed)));
  if (line.peer)
    return fmt::format("      from {:<18.10} {}", to_string(*line.peer), rate);
  auto result
      = fmt::format("{}  {:<22} {}  {:>3} {}", to_text(line.channel), line.kind,
                    rate, line.peers, line.peers == 1 ? "peer " : "peers");
  if (line.fresh.items != line.fresh.messages)
    result += fmt::format("  {} in all", line.fresh.items);
  if (const auto where = place(line); !where.empty())
    result += "  " + where;
  return result;
}

} // namespace troupe::command
