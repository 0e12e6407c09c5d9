// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "troupe/messages/node_id.hpp"

namespace troupe {

/// Names a gossiped message by what it is: the first 20 bytes of SHA-256 over
/// the length of its topic, a byte, the topic and the content. The same content
/// is the same message, whoever publishes it and however often.
class gossip_id {
public:
  static constexpr size_t size = 20;

  /// Constructs an ID of zeros.
  gossip_id() = default;

  /// Reads the bytes of an ID. @pre there are `size`.
  explicit gossip_id(std::string_view content);

  /// @pre `topic` has at most 255 bytes.
  static gossip_id of(std::string_view topic, std::string_view content);

  [[nodiscard]] std::string_view bytes() const noexcept {
    return {bytes_.data(), size};
  }

  friend auto operator<=>(const gossip_id&, const gossip_id&) = default;

  template <class Inspector>
  friend bool inspect(Inspector& f, gossip_id& x) {
    std::array<uint8_t, size> raw{};
    if constexpr (Inspector::is_loading) {
      if (!f.object(x).fields(f.field("bytes", raw)))
        return false;
      for (size_t i = 0; i < size; ++i)
        x.bytes_[i] = static_cast<char>(raw[i]);
      return true;
    } else {
      for (size_t i = 0; i < size; ++i)
        raw[i] = static_cast<uint8_t>(x.bytes_[i]);
      return f.object(x).fields(f.field("bytes", raw));
    }
  }

private:
  std::array<char, size> bytes_{};
};

/// Returns 40 lower-case hexadecimal digits.
std::string to_string(const gossip_id& id);

/// Returns the number that stands for a node as the origin of messages: the
/// first eight bytes of SHA-256 over its ID. Everybody who relays a message can
/// write another one, so it proves nothing.
uint64_t gossip_origin(const node_id& publisher);

} // namespace troupe
