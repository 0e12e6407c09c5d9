// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "troupe/messages/result.hpp"

namespace troupe {

/// Names a node: the first 20 bytes of the SHA-256 of its ed25519 public key
/// (spec p2p, "Node ID"). The text form is 40 lower-case hexadecimal digits.
///
/// A default-constructed ID is null and names no node. It never comes out of a
/// parser: 40 zeros are refused, because no key is known that hashes to them.
class node_id {
public:
  /// Number of bytes.
  static constexpr size_t size = 20;

  /// Constructs the null ID.
  constexpr node_id() = default;

  /// Constructs an ID from its bytes.
  explicit node_id(std::span<const std::byte, size> content);

  /// Parses exactly 40 lower-case hexadecimal digits.
  /// @returns `invalid_node_id` for everything else; the context repeats at
  /// most 64 bytes of `text`.
  static result<node_id> parse(std::string_view text);

  /// Parses like `parse`, but takes upper-case digits, too.
  static result<node_id> parse_any_case(std::string_view text);

  /// Computes the ID of the node that owns `ed25519_public_key`.
  static node_id of(std::span<const std::byte, 32> ed25519_public_key);

  /// Tells whether this is not the null ID.
  explicit operator bool() const noexcept {
    return *this != node_id{};
  }

  [[nodiscard]] std::span<const std::byte, size> bytes() const noexcept {
    return bytes_;
  }

  /// Orders by bytes, which is also the order of the text forms.
  friend auto operator<=>(const node_id&, const node_id&) = default;

private:
  std::array<std::byte, size> bytes_{};
};

/// Returns 40 lower-case hexadecimal digits, or nothing for the null ID.
std::string to_string(const node_id& id);

/// Text for human-readable formats, 20 bytes for all others.
template <class Inspector>
bool inspect(Inspector& f, node_id& x) {
  if (f.has_human_readable_format()) {
    auto get = [&x] { return to_string(x); };
    auto set = [&x](const std::string& text) {
      if (text.empty()) {
        x = node_id{};
        return true;
      }
      auto parsed = node_id::parse_any_case(text);
      if (parsed)
        x = *parsed;
      return parsed.has_value();
    };
    return f.apply(get, set);
  }
  using octets = std::array<uint8_t, node_id::size>;
  auto get = [&x] {
    octets raw;
    std::memcpy(raw.data(), x.bytes().data(), raw.size());
    return raw;
  };
  auto set = [&x](const octets& raw) {
    x = node_id{std::as_bytes(std::span{raw})};
    return true;
  };
  return f.apply(get, set);
}

} // namespace troupe

template <>
struct std::hash<troupe::node_id> {
  size_t operator()(const troupe::node_id& id) const noexcept {
    // The bytes are a cryptographic hash already, but whoever grinds keys can
    // choose some of them, so all 20 take part.
    auto raw = id.bytes();
    return std::hash<std::string_view>{}(
        {reinterpret_cast<const char*>(raw.data()), raw.size()});
  }
};

template <>
struct fmt::formatter<troupe::node_id> : fmt::formatter<std::string_view> {
  auto format(const troupe::node_id& id, format_context& ctx) const {
    return formatter<std::string_view>::format(to_string(id), ctx);
  }
};
