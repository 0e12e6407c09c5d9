// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/lp2p/identify.hpp"

#include <algorithm>
#include <set>

#include "troupe/messages/wire_reader.hpp"
#include "troupe/messages/wire_writer.hpp"
#include "troupe/transport/quic/libp2p_key.hpp"
#include "troupe/transport/quic/lp2p/lp2p_protocol.hpp"
#include "troupe/transport/quic/lp2p/multiaddr.hpp"

namespace troupe {

namespace {

/// Values that are too long count as absent.
void assign(bytes& to, byte_view value, size_t size_max) {
  if (value.size() <= size_max)
    to.assign(value.begin(), value.end());
}

void assign(std::string& to, std::string_view value) {
  if (value.size() <= identify_text_max)
    to = value;
}

} // namespace

bytes encode(const identify_info& info) {
  bytes result;
  append_bytes_field(result, 1, info.public_key);
  for (const auto& address : info.listen_addresses)
    append_message_field(result, 2, address);
  for (const auto& protocol : info.protocols)
    append_message_field(result, 3, std::as_bytes(std::span{protocol}));
  append_bytes_field(result, 4, info.observed_address);
  append_text_field(result, 5, info.protocol_version);
  append_text_field(result, 6, info.agent_version);
  return result;
}

bool merge_identify(byte_view message, identify_info& out) {
  wire_reader in{message};
  while (in.next()) {
    switch (in.field()) {
      case 1:
        assign(out.public_key, in.view(), max_libp2p_key_size);
        break;
      case 2:
        if (auto address = in.view();
            address.size() <= max_multiaddr_size
            && out.listen_addresses.size() < identify_addresses_max)
          out.listen_addresses.emplace_back(address.begin(), address.end());
        break;
      case 3:
        if (auto name = in.text();
            name.size() <= identify_text_max
            && out.protocols.size() < identify_protocols_max)
          out.protocols.emplace_back(name);
        break;
      case 4:
        assign(out.observed_address, in.view(), max_multiaddr_size);
        break;
      case 5:
        assign(out.protocol_version, in.text());
        break;
      case 6:
        assign(out.agent_version, in.text());
        break;
      default:
        break;
    }
  }
  return in.ok();
}

bool names_channel(const identify_info& info, channel_id channel) {
  const auto name
      = to_string(lp2p_protocol{lp2p_protocol::kind::message, channel});
  return std::ranges::find(info.protocols, name) != info.protocols.end();
}

std::vector<channel_id> named_channels(const identify_info& info) {
  std::set<channel_id> found;
  for (const auto& name : info.protocols)
    if (auto protocol = parse_lp2p_protocol(name);
        protocol && protocol->what == lp2p_protocol::kind::message)
      found.insert(protocol->channel);
  return {found.begin(), found.end()};
}

errc identify_reader::consume(byte_view input) {
  size_ += input.size();
  if (size_ > identify_size_max)
    error_ = errc::malformed_handshake;
  while (error_ == errc::none && !input.empty()) {
    between_ = false;
    error_ = reader_.consume(input);
    if (error_ != errc::none || !reader_.complete())
      break;
    between_ = true;
    const auto message = reader_.take();
    if (++messages_ > identify_messages_max || !merge_identify(message, info_))
      error_ = errc::malformed_handshake;
  }
  return error_;
}

errc identify_reader::finish() {
  if (messages_ == 0 || !between_)
    error_ = errc::malformed_handshake;
  return error_;
}

} // namespace troupe
