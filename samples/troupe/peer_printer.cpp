// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/peer_printer.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>

#include <fmt/format.h>

#include "troupe/peerstore/rules/peer_report.hpp"
#include "troupe/samples/troupe/live_figures.hpp"

namespace troupe::command {

namespace {

using object = nlohmann::ordered_json;

/// Longest part of a text that a line shows, in bytes.
constexpr size_t shown_size_max = 128;

void print_line(const object& x) {
  std::cout << x.dump(-1, ' ', true, object::error_handler_t::replace) << '\n';
}

/// What stands in a sentence without quotes must not fool who reads it: control
/// characters and what is not ASCII get the escapes of JSON.
std::string in_line(const object& text) {
  std::string result;
  for (auto c : text.get<std::string>())
    if (c >= ' ' && c < 0x7f)
      result += c;
    else
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  return result;
}

} // namespace

void print_peer(const object& peer, bool json) {
  if (json) {
    print_line(peer);
    return;
  }
  auto text
      = fmt::format("{}  {}  {}\n", in_line(peer.at("peer")),
                    in_line(peer.at("state")), in_line(peer.at("explanation")));
  if (const auto line = command::in_line(read_figures(peer)); !line.empty())
    text += fmt::format("  {}\n", line);
  text += fmt::format("  score {}\n", in_line(peer.at("score")));
  for (const auto& entry : peer.at("addresses")) {
    auto failures = entry.at("failures").get<uint64_t>();
    auto wait = std::chrono::duration_cast<duration>(
        std::chrono::duration<double>{entry.at("wait").get<double>()});
    text
        += fmt::format("  {}{}\n", in_line(entry.at("address")),
                       failures > 0 ? fmt::format(", failed {} times, waits {}",
                                                  failures, in_words(wait))
                                    : "");
  }
  std::cout << text;
}

void print_limits(const object& limits, bool json) {
  if (json) {
    print_line(limits);
    return;
  }
  for (auto [name, value] : limits.items()) {
    auto shown = name;
    std::replace(shown.begin(), shown.end(), '_', '-');
    std::cout << fmt::format("{}={}\n", shown,
                             value.is_null()     ? "none"
                             : value.is_string() ? in_line(value)
                                                 : value.dump());
  }
}

std::string in_quotes(const std::string& text) {
  auto result = object(text.substr(0, shown_size_max))
                    .dump(-1, ' ', true, object::error_handler_t::replace);
  return text.size() > shown_size_max ? result + "..." : result;
}

} // namespace troupe::command
