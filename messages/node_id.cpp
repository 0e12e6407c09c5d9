// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/node_id.hpp"

#include <algorithm>

#include <botan/hash.h>
#include <fmt/format.h>

#include "troupe/messages/quoted.hpp"

namespace troupe {

namespace {

enum class letters : uint8_t { lower, any };

/// Returns the value of a hexadecimal digit, or -1.
int digit_value(char c, letters allowed) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (allowed == letters::any && c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

result<node_id> parse_digits(std::string_view text, letters allowed) {
  auto refuse = [text](std::string_view expected) {
    return failure{
        errc::invalid_node_id,
        fmt::format("node ID {} is not {}", troupe::quoted(text), expected)};
  };
  const auto expected = allowed == letters::lower
                            ? "40 lower-case hexadecimal digits"
                            : "40 hexadecimal digits";
  if (text.size() != 2 * node_id::size)
    return refuse(expected);
  std::array<std::byte, node_id::size> content;
  for (size_t i = 0; i < content.size(); ++i) {
    auto high = digit_value(text[2 * i], allowed);
    auto low = digit_value(text[2 * i + 1], allowed);
    if (high < 0 || low < 0)
      return refuse(expected);
    content[i] = static_cast<std::byte>(high * 16 + low);
  }
  node_id id{content};
  if (!id)
    return refuse("one that a node can have");
  return id;
}

} // namespace

node_id::node_id(std::span<const std::byte, size> content) {
  std::copy(content.begin(), content.end(), bytes_.begin());
}

result<node_id> node_id::parse(std::string_view text) {
  return parse_digits(text, letters::lower);
}

result<node_id> node_id::parse_any_case(std::string_view text) {
  return parse_digits(text, letters::any);
}

node_id node_id::of(std::span<const std::byte, 32> ed25519_public_key) {
  auto sha256 = Botan::HashFunction::create_or_throw("SHA-256");
  sha256->update(reinterpret_cast<const uint8_t*>(ed25519_public_key.data()),
                 ed25519_public_key.size());
  std::array<std::byte, 32> digest;
  sha256->final(reinterpret_cast<uint8_t*>(digest.data()));
  return node_id{std::span{digest}.first<size>()};
}

std::string to_string(const node_id& id) {
  if (!id)
    return {};
  constexpr std::string_view digits = "0123456789abcdef";
  std::string result;
  result.reserve(2 * node_id::size);
  for (auto octet : id.bytes()) {
    result += digits[std::to_integer<size_t>(octet) >> 4];
    result += digits[std::to_integer<size_t>(octet) & 15];
  }
  return result;
}

} // namespace troupe
