// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/quic_protocols.hpp"

#include <utility>

#include "troupe/transport/quic/troupe1_session.hpp"

namespace troupe {

std::vector<std::string> quic_protocols::names() const {
  std::vector<std::string> result{std::string{troupe1_protocol}};
  if (!lp2p_peers_.empty())
    result.emplace_back(lp2p_alpn);
  return result;
}

quic_options quic_protocols::limits(const mconn_stream_options& node) const {
  auto result = troupe1_limits(node);
  if (!lp2p_peers_.empty())
    result.streams_bidi = lp2p_options{}.inbound_streams;
  return result;
}

failure quic_protocols::check(const std::string& protocol,
                              const node_id& remote) const {
  if (protocol != lp2p_alpn || lp2p_peers_.contains(remote))
    return {};
  return {errc::filtered,
          "it speaks libp2p's protocol, which is for peers that the "
          "configuration names"};
}

std::unique_ptr<quic_session>
quic_protocols::make_session(const std::string& protocol, lp2p_terms terms,
                             acceptance accepted, direction who,
                             entropy& random) {
  if (protocol == lp2p_alpn)
    return std::make_unique<lp2p_over_quic>(std::move(terms), who, random);
  return std::make_unique<troupe1_session>(
      troupe1_options{.ours = std::move(terms.ours),
                      .accepted = accepted,
                      .receive = terms.receive},
      who);
}

} // namespace troupe
