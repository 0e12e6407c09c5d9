// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "troupe/messages/endpoint.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/node_address.hpp"
#include "troupe/messages/result.hpp"

namespace troupe {

// What the texts in options can be. Each check returns `none`, or what is
// wrong, in words that quote the text.

/// Parses the address of a peer, and refuses now what could never be dialed.
result<node_address> parse_peer(std::string_view text);

/// The same, or an ID alone: an address with nothing but that.
result<node_address> parse_peer_or_id(std::string_view text);

failure check_peer(std::string_view text);

failure check_peer_or_id(std::string_view text);

failure check_id(std::string_view text);

failure check_ip_network(std::string_view text);

/// Checks an endpoint. Whether there is a transport that listens there, the
/// options as a whole can tell.
failure check_listen(std::string_view text);

failure check_network(std::string_view text);

failure check_moniker(std::string_view text);

/// Empty is none.
failure check_external_address(std::string_view text);

failure check_port_mapping(std::string_view text);

failure check_queue_type(std::string_view text);

failure check_metrics_namespace(std::string_view text);

} // namespace troupe
