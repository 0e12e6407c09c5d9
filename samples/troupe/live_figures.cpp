// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/live_figures.hpp"

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "troupe/messages/quoted.hpp"

namespace troupe::command {

std::string bytes_in_words(double bytes) {
  if (bytes < 1000)
    return fmt::format("{:.0f} B", bytes);
  for (std::string_view unit : {"kB", "MB", "GB"}) {
    bytes /= 1000;
    if (bytes < 999.95)
      return fmt::format("{:.1f} {}", bytes, unit);
  }
  return fmt::format("{:.1f} TB", bytes / 1000);
}

std::string rtt_in_words(const std::optional<double>& seconds) {
  if (!seconds)
    return "-";
  return *seconds < 1 ? fmt::format("{:.1f}ms", *seconds * 1000)
                      : fmt::format("{:.1f}s", *seconds);
}

std::string age_in_words(double seconds) {
  constexpr std::pair<double, std::string_view> units[]
      = {{86400, "d"}, {3600, "h"}, {60, "m"}};
  for (const auto& [length, unit] : units)
    if (seconds >= length)
      return fmt::format("{:.0f}{}", seconds / length, unit);
  return fmt::format("{:.0f}s", seconds);
}

std::string for_terminal(const std::string& text, size_t size_max) {
  std::string result;
  for (auto c : text.substr(0, size_max))
    result += c >= ' ' && c <= '~' ? c : '?';
  return result;
}

std::string in_line(const live_figures& x) {
  if (!x.connected())
    return {};
  auto result = fmt::format("{}{}{} for {}", x.direction,
                            x.remote.empty()           ? ""
                            : x.direction == "inbound" ? " from "
                                                       : " to ",
                            for_terminal(x.remote, 64), age_in_words(x.age));
  if (!x.moniker.empty())
    result += fmt::format(", {}", troupe::quoted(x.moniker));
  return result
         + fmt::format(", rtt {}, received {}, sent {}, {} dropped",
                       rtt_in_words(x.rtt),
                       bytes_in_words(static_cast<double>(x.received)),
                       bytes_in_words(static_cast<double>(x.sent)), x.dropped);
}

} // namespace troupe::command
