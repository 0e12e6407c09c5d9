// SPDX-License-Identifier: Apache-2.0

// The delimited reader, and the node info that comes out of it: cuts change
// nothing, and what is valid encodes to what decodes to the same.
#include "troupe/messages/node_info.hpp"

#include "fuzz.hpp"
#include "troupe/transport/mconn/delimited_reader.hpp"
#include "troupe/transport/verify_peer.hpp"

namespace troupe::fuzz {

namespace {

void look_at(byte_view body) {
  auto info = decode_node_info(body);
  if (!info)
    return;
  (void)validate(*info);
  (void)compatible(*info, *info);
  (void)profile_of(*info);
  (void)verify_node_info(*info, *info, node_id{});
  if (validate(*info).code != errc::none)
    return;
  auto again = decode_node_info(encode(*info));
  require(again.has_value(), "a valid node info can be sent");
  require(encode(*again) == encode(*info), "a node info survives the wire");
}

} // namespace

void run(byte_view input) {
  draws from{input};
  const auto step = from.size();
  const auto wire = from.rest();
  delimited_reader whole{max_node_info_size, errc::oversized_handshake,
                         errc::malformed_handshake};
  auto rest = wire;
  const auto code = whole.consume(rest);
  delimited_reader cut{max_node_info_size, errc::oversized_handshake,
                       errc::malformed_handshake};
  auto cut_code = errc::none;
  auto at = size_t{0};
  while (at < wire.size() && cut_code == errc::none && !cut.complete()) {
    auto part = wire.subspan(at, std::min(step, wire.size() - at));
    const auto before = part.size();
    cut_code = cut.consume(part);
    at += before - part.size();
  }
  require(code == cut_code, "cuts do not change the code");
  require(whole.complete() == cut.complete(), "cuts do not change the end");
  if (!whole.complete())
    return;
  require(at == wire.size() - rest.size(), "both take as much");
  require(std::ranges::equal(whole.body(), cut.body()), "both read the same");
  look_at(whole.body());
}

} // namespace troupe::fuzz
