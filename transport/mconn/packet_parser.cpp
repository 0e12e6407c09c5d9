// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/packet_parser.hpp"

#include "troupe/messages/uvarint.hpp"
#include "troupe/messages/wire_reader.hpp"
#include "troupe/transport/mconn/packet_encoder.hpp"

namespace troupe {

namespace {

using status = packet_head::status;

/// Cursor over the first bytes of a packet.
class head_parser {
public:
  head_parser(byte_view prefix, size_t packet_size) noexcept
    : prefix_(prefix),
      packet_size_(packet_size) {}

  status parse(packet_head& out) noexcept {
    uint64_t value = 0;
    if (!at(0x1a))
      return status::unusual;
    if (auto outcome = number(value); outcome != status::complete)
      return outcome;
    if (value != rest())
      return status::unusual;
    if (at(0x08)) {
      if (auto outcome = number(value); outcome != status::complete)
        return outcome;
      out.channel = static_cast<int32_t>(static_cast<uint32_t>(value));
    }
    if (at(0x10)) {
      if (auto outcome = number(value); outcome != status::complete)
        return outcome;
      out.eof = value != 0;
    }
    out.size = pos_;
    return rest() == 0 ? status::complete : parse_data_size(out);
  }

private:
  status parse_data_size(packet_head& out) noexcept {
    if (pos_ == prefix_.size())
      return status::incomplete;
    if (!at(0x1a))
      return status::unusual;
    uint64_t value = 0;
    if (auto outcome = number(value); outcome != status::complete)
      return outcome;
    if (value != rest())
      return status::unusual;
    out.data_size = rest();
    out.size = pos_;
    return status::complete;
  }

  /// Bytes of the packet behind the cursor.
  [[nodiscard]] size_t rest() const noexcept {
    return packet_size_ - pos_;
  }

  [[nodiscard]] bool at(int tag) const noexcept {
    return pos_ < prefix_.size() && prefix_[pos_] == std::byte(tag);
  }

  /// Reads the number behind the tag under the cursor.
  status number(uint64_t& value) noexcept {
    auto found = decode_uvarint(prefix_.subspan(pos_ + 1));
    if (found.status == uvarint_status::overflow)
      return status::unusual;
    if (found.status == uvarint_status::incomplete)
      return status::incomplete;
    value = found.value;
    pos_ += 1 + found.size;
    return status::complete;
  }

  byte_view prefix_;
  size_t packet_size_;
  size_t pos_ = 0;
};

bool parse_message(byte_view input, parsed_packet& out) noexcept {
  out = {.content = parsed_packet::kind::message};
  wire_reader in{input};
  while (in.next()) {
    switch (in.field()) {
      case 1:
        out.channel = in.int32();
        break;
      case 2:
        out.eof = in.varint() != 0;
        break;
      case 3:
        out.data = in.view();
        break;
      default:
        break;
    }
  }
  return in.ok();
}

} // namespace

packet_head parse_packet_head(byte_view prefix, size_t packet_size) noexcept {
  packet_head result;
  result.outcome = head_parser{prefix, packet_size}.parse(result);
  // More bytes only help if there are more, and if the head may use them.
  if (result.outcome == status::incomplete
      && (prefix.size() == packet_size
          || prefix.size() >= max_packet_header_size))
    result.outcome = status::unusual;
  return result;
}

parsed_packet parse_packet(byte_view packet) noexcept {
  using kind = parsed_packet::kind;
  parsed_packet result;
  wire_reader in{packet};
  while (in.next()) {
    bool ok = true;
    switch (in.field()) {
      case 1:
        result.content = kind::ping;
        ok = well_formed(in.view());
        break;
      case 2:
        result.content = kind::pong;
        ok = well_formed(in.view());
        break;
      case 3:
        ok = parse_message(in.view(), result);
        break;
      default:
        break;
    }
    if (!ok)
      return {};
  }
  return in.ok() ? result : parsed_packet{};
}

} // namespace troupe
