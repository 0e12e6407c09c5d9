// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "troupe/messages/endpoint.hpp"
#include "troupe/messages/ip_address.hpp"
#include "troupe/messages/node_address.hpp"

namespace troupe {

/// Names the part of the Internet that an address belongs to: addresses are
/// cheap to get in numbers, networks are not. Whatever counts who is behind
/// addresses counts groups.
///
/// | address | group |
/// |---|---|
/// | IPv4 | its /16, `12.1.0.0/16` |
/// | IPv6 in which an IPv4 address is embedded | that of the IPv4 address |
/// | IPv6 | its /32, but the /36 within 2001:470::/32, a provider of tunnels |
/// | of a private network | itself: nobody there has more than he was given |
///
/// Embedded are those of RFC 6145 (`::ffff:0:0:0/96`), RFC 6052 (`64:ff9b::`),
/// RFC 3964 (`2002::/16`) and RFC 4380 (`2001::/32`, inverted).
std::string address_group(const ip_address& ip);

/// The same for what can be dialed. On this machine, each port is a group. What
/// peers call by names is one group, `name`: whoever owns a domain has as many
/// names as he likes. Without host, each peer is a group.
std::string address_group(const node_address& address);

/// The same for the other end of a connection.
std::string address_group(const endpoint& where);

} // namespace troupe
