// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "troupe/messages/endpoint.hpp"
#include "troupe/messages/ip_address.hpp"
#include "troupe/messages/node_address.hpp"

namespace troupe {

/// Whether no node can be there, whoever says so: the address is unspecified, a
/// group of receivers, or of a range that nobody may use.
bool is_nowhere(const node_address& what);

/// The same for an IP address, a name's that was looked up for example.
bool is_nowhere(const ip_address& ip);

/// Whether an address means the same to us and to who is at `where`: what is
/// reached from everywhere does. `10.1.2.3` is somebody else for a stranger
/// than for us, so only those know it whom we reach in the same private
/// network; loopback is known to those on this machine, what is no address of a
/// network to those of the same protocol. Private networks are those of RFC
/// 1918, 4193, 6598, 3927 and 4291 (link-local), 2544 and those for
/// documentation.
///
/// Names are taken for known everywhere, but for `localhost`: where they lead
/// is known once they are looked up, to be judged by the overload below.
/// @param where the other end of a connection. Absent: nobody knows.
bool means_the_same(const node_address& what,
                    const std::optional<endpoint>& where);

/// The same for an IP address.
bool means_the_same(const ip_address& what, const ip_address& where);

} // namespace troupe
