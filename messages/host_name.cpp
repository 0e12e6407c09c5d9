// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/host_name.hpp"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "troupe/messages/ip_address.hpp"
#include "troupe/messages/quoted.hpp"

namespace troupe {

namespace {

constexpr auto npos = std::string_view::npos;

constexpr size_t label_size_max = 63;

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

constexpr bool is_label_char(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || c == '-' || c == '_';
}

bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= label_size_max && text.front() != '-'
         && text.back() != '-'
         && std::all_of(text.begin(), text.end(), is_label_char);
}

/// Whether resolvers read `label` as a number, and then all of the name as an
/// IPv4 address.
bool is_number(std::string_view label) {
  if (label.starts_with("0x") || label.starts_with("0X"))
    return std::all_of(label.begin() + 2, label.end(), is_hex_digit);
  return std::all_of(label.begin(), label.end(), is_digit);
}

failure refuse(std::string_view host, std::string_view reason) {
  return {errc::invalid_address,
          fmt::format("host {} {}", troupe::quoted(host), reason)};
}

} // namespace

failure validate_host(std::string_view text) {
  if (ip_address::parse(text))
    return {};
  if (text.find('%') != npos && text.find(':') != npos)
    return refuse(text, "has a zone, which no other node understands");
  if (text.find(':') != npos)
    return refuse(text, "is not an IPv6 address");
  if (std::any_of(text.begin(), text.end(),
                  [](char c) { return static_cast<unsigned char>(c) >= 0x80; }))
    return refuse(text, "is not ASCII, expected its form with xn--");
  if (text.size() > host_name_size_max)
    return refuse(text, fmt::format("has {} bytes, expected at most {}",
                                    text.size(), host_name_size_max));
  // A name may end in the dot of DNS's root.
  auto rest = text.ends_with('.') ? text.substr(0, text.size() - 1) : text;
  auto last = rest.substr(rest.rfind('.') + 1);
  if (!last.empty() && is_number(last))
    return refuse(text, "is neither an IPv4 address of four decimal numbers "
                        "nor a name");
  for (;;) {
    auto dot = rest.find('.');
    if (!is_label(rest.substr(0, dot)))
      return refuse(text, "is not a name");
    if (dot == npos)
      return {};
    rest.remove_prefix(dot + 1);
  }
}

} // namespace troupe
