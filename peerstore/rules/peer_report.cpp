// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/peer_report.hpp"

#include <array>
#include <chrono>
#include <cstdlib>

#include <fmt/format.h>

namespace troupe {

std::string to_string(peer_state x) {
  constexpr std::array<std::string_view, 12> names = {
      "up",      "connected",    "evicting",   "dialing",        "banned",
      "blocked", "incompatible", "no_address", "address_in_use", "backing_off",
      "no_slot", "waiting",
  };
  auto index = static_cast<size_t>(x);
  return std::string{index < names.size() ? names[index] : "unknown"};
}

std::string in_words(duration x) {
  using namespace std::chrono;
  auto whole = duration_cast<seconds>(x).count();
  if (whole < 1)
    return fmt::format("{}ms", duration_cast<milliseconds>(x).count());
  constexpr std::pair<int64_t, char> units[]
      = {{86'400, 'd'}, {3'600, 'h'}, {60, 'm'}, {1, 's'}};
  std::string result;
  auto parts = 0;
  for (auto [size, name] : units) {
    auto count = whole / size;
    whole %= size;
    if (count == 0 && parts == 0)
      continue;
    if (count != 0)
      result += fmt::format("{}{}{}", parts == 0 ? "" : " ", count, name);
    if (++parts == 2)
      break;
  }
  return result;
}

std::string in_words(const score_explanation& score) {
  auto result = fmt::format("{:.1f}", score.total() - score.base);
  auto separator = " = ";
  auto add = [&](double points, std::string_view what) {
    if (points == 0)
      return;
    auto sign = points < 0 ? "-" : "+";
    if (std::string_view{separator} == " = ")
      result += fmt::format(" = {:.1f} {}", points, what);
    else
      result += fmt::format(" {} {:.1f} {}", sign, std::abs(points), what);
    separator = " ";
  };
  add(score.behaviour, "behaviour");
  add(score.failures, "failed dials");
  add(score.short_connections, "short connections");
  return result;
}

} // namespace troupe
