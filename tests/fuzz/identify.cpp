// SPDX-License-Identifier: Apache-2.0

// What a remote says about itself: cuts change nothing, what is kept has a
// bound, and a valid node info comes of all of it.
#include "troupe/transport/quic/lp2p/identify.hpp"

#include <algorithm>

#include "fuzz.hpp"
#include "troupe/messages/wire_writer.hpp"
#include "troupe/transport/quic/lp2p/lp2p_peer.hpp"
#include "troupe/transport/quic/lp2p/multiaddr.hpp"

namespace troupe::fuzz {

namespace {

void look_at(const identify_info& info) {
  require(info.protocols.size() <= identify_protocols_max
              && info.listen_addresses.size() <= identify_addresses_max,
          "lists have a bound");
  for (const auto& address : info.listen_addresses)
    if (auto where = decode_multiaddr(address))
      require(decode_multiaddr(encode_multiaddr(*where)) == where,
              "an address survives");
  for (auto channel : named_channels(info))
    require(names_channel(info, channel), "channels are named");
  const auto key = filled_key(1);
  const auto peer = describe_lp2p_peer(node_id::of(key), &info,
                                       ip_address::v4(10, 0, 0, 1), 26656);
  require(validate(peer.info).code == errc::none, "its node info is valid");
}

errc read(identify_reader& reader, byte_view input, size_t step) {
  while (!input.empty()) {
    auto part = input.first(std::min(step, input.size()));
    input = input.subspan(part.size());
    if (auto code = reader.consume(part); code != errc::none)
      return code;
  }
  return reader.finish();
}

} // namespace

void run(byte_view input) {
  draws from{input};
  const auto step = from.size();
  const auto wire = from.rest();
  identify_reader whole;
  identify_reader cut;
  const auto code = read(whole, wire, wire.size() + 1);
  require(read(cut, wire, step) == code, "cuts do not change the code");
  identify_info message;
  if (merge_identify(wire, message)) {
    look_at(message);
    identify_info again;
    require(merge_identify(encode(message), again) && again == message,
            "what is said survives the wire");
  }
  if (code != errc::none)
    return;
  require(whole.info() == cut.info(), "cuts do not change what is said");
  look_at(whole.info());
}

} // namespace troupe::fuzz
