// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/lp2p/multiaddr.hpp"

#include <array>

#include "troupe/messages/uvarint.hpp"
#include "troupe/messages/wire_writer.hpp"

namespace troupe {

namespace {

/// Numbers of the parts (the table of multiformats).
constexpr uint64_t ip4_part = 4;
constexpr uint64_t ip6_part = 41;
constexpr uint64_t udp_part = 273;
constexpr uint64_t p2p_part = 421;
constexpr uint64_t quic_v1_part = 461;

/// Cursor over the parts. The first error sticks.
class part_reader {
public:
  explicit part_reader(byte_view input) : rest_(input) {}

  uint64_t number() {
    const auto found = decode_uvarint(rest_);
    if (found.status != uvarint_status::complete) {
      fail();
      return 0;
    }
    rest_ = rest_.subspan(found.size);
    return found.value;
  }

  byte_view take(uint64_t size) {
    if (size > rest_.size()) {
      fail();
      return {};
    }
    auto result = rest_.first(static_cast<size_t>(size));
    rest_ = rest_.subspan(result.size());
    return result;
  }

  [[nodiscard]] bool ended() const {
    return rest_.empty();
  }

  [[nodiscard]] bool ok() const {
    return ok_;
  }

private:
  void fail() {
    ok_ = false;
    rest_ = {};
  }

  byte_view rest_;
  bool ok_ = true;
};

} // namespace

bytes encode_multiaddr(const quic_multiaddr& where) {
  bytes result;
  const auto ip = where.ip.bytes();
  append_uvarint(result, where.ip.is_v4() ? ip4_part : ip6_part);
  result.insert(result.end(), ip.begin(), ip.end());
  append_uvarint(result, udp_part);
  result.push_back(static_cast<std::byte>(where.port >> 8));
  result.push_back(static_cast<std::byte>(where.port & 0xff));
  append_uvarint(result, quic_v1_part);
  if (where.peer) {
    append_uvarint(result, p2p_part);
    append_delimited(result, where.peer->bytes());
  }
  return result;
}

std::optional<quic_multiaddr> decode_multiaddr(byte_view encoded) {
  if (encoded.size() > max_multiaddr_size)
    return std::nullopt;
  part_reader in{encoded};
  const auto family = in.number();
  if (family != ip4_part && family != ip6_part)
    return std::nullopt;
  const auto ip = ip_address::from_bytes(in.take(family == ip4_part ? 4 : 16));
  const auto udp = in.number();
  const auto port = in.take(2);
  const auto quic = in.number();
  if (!in.ok() || !ip || udp != udp_part || quic != quic_v1_part)
    return std::nullopt;
  quic_multiaddr result{*ip};
  result.port = static_cast<uint16_t>(std::to_integer<unsigned>(port[0]) << 8
                                      | std::to_integer<unsigned>(port[1]));
  if (in.ended())
    return result;
  if (in.number() != p2p_part)
    return std::nullopt;
  result.peer = peer_id::from_bytes(in.take(in.number()));
  if (!in.ok() || !in.ended() || !result.peer)
    return std::nullopt;
  return result;
}

} // namespace troupe
