// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/address_book/address_book.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace troupe::command {

namespace {

constexpr std::string_view blanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

} // namespace

result<std::vector<book_entry>> parse_address_book(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && text[first] == '{')
    return parse_addrbook_json(text);
  return parse_peer_list(text);
}

result<std::vector<book_entry>> parse_peer_list(std::string_view text) {
  std::vector<book_entry> result;
  for (size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line = trimmed(line.substr(0, std::min(line.find('#'), line.size())));
    if (line.empty())
      continue;
    auto address = node_address::parse(line);
    if (!address)
      return {errc::invalid_option,
              fmt::format("line {}: {}", number, to_string(address.error()))};
    if (address->hostname.empty())
      return {errc::invalid_option,
              fmt::format("line {}: expected ID@HOST:PORT", number)};
    if (result.size() == address_book_entries_max)
      return {errc::invalid_option,
              fmt::format("line {}: more than {} addresses", number,
                          address_book_entries_max)};
    result.push_back({.address = std::move(*address)});
  }
  return result;
}

std::string print_peer_list(const std::vector<book_entry>& entries) {
  std::string result;
  for (const auto& entry : entries) {
    auto text = to_string(entry.address);
    // The way in which most programs write it.
    constexpr std::string_view usual = "mconn://";
    result += text.starts_with(usual) ? text.substr(usual.size()) : text;
    result += '\n';
  }
  return result;
}

} // namespace troupe::command
