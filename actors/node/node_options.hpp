// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <caf/actor_system.hpp>

#include "troupe/actors/node/added_transport.hpp"
#include "troupe/actors/operator/metrics.hpp"
#include "troupe/actors/peer/peer_filter_actor.hpp"
#include "troupe/actors/peer/resolver_actor.hpp"
#include "troupe/messages/endpoint.hpp"
#include "troupe/messages/entropy.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/ip_network.hpp"
#include "troupe/messages/node_address.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/node_info.hpp"
#include "troupe/messages/node_key.hpp"
#include "troupe/messages/result.hpp"
#include "troupe/messages/software_version.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/messages/wall_clock.hpp"
#include "troupe/peerstore/rules/connection_limits.hpp"
#include "troupe/peerstore/rules/retry_options.hpp"
#include "troupe/transport/admission/handshake_limits.hpp"
#include "troupe/transport/admission/inbound_limits.hpp"
#include "troupe/transport/mapping/gateway_actor.hpp"
#include "troupe/transport/mconn/mconn_stream_options.hpp"

namespace troupe {

class memory_network;
class peer_manager;
class peer_store;
struct peer_manager_options;

/// All that can be chosen about a node.
struct node_options {
  // -- who we are -------------------------------------------------------------

  /// The identity of the node.
  node_key key;

  /// Name of the network. Nodes of different networks do not connect.
  std::string network = {};

  /// Name of the node, for humans: printable ASCII.
  std::string moniker = "troupe";

  /// Version of the software, for humans.
  std::string version = "troupe-" + std::string{software_version()};

  protocol_version versions = {};

  // -- where we are -----------------------------------------------------------

  /// Where to listen, `mconn://0.0.0.0:26656` for all of IPv4 and
  /// `mconn://[::]:26656` for all of IPv6. Port 0 takes any free port. May be
  /// empty: the node then only dials, unless `memory` or one of `transports`
  /// listens.
  std::vector<std::string> listen = {};

  /// Under which `HOST:PORT` other nodes can reach us, if not at `listen`.
  std::string external_address = {};

  /// Which protocols may ask the gateway to the internet for a port that leads
  /// to us: `natpmp`, `upnp`, several of them with commas between; `any`; or
  /// `none`.
  std::string port_mapping = "none";

  /// Peers that are always kept connected: `[mconn://]ID@HOST:PORT`.
  std::vector<std::string> persistent_peers = {};

  /// Peers to begin with.
  std::vector<std::string> bootstrap_peers = {};

  /// Peers that we would rather have than others, validators or sentries: `ID`,
  /// or with an address like the others. They are dialed before ordinary peers,
  /// get a slot in place of one, and never make way; but nobody keeps a slot
  /// free for them, as for persistent ones.
  std::vector<std::string> preferred_peers = {};

  /// How many times what others get of a reactor's attention those of
  /// `preferred_peers` get while both have messages waiting there, also if they
  /// are persistent or unconditional as well. 1: all get the same.
  size_t preferred_weight = 4;

  /// IDs of peers that limits do not count, never keep out, and never evict.
  std::vector<std::string> unconditional_peers = {};

  /// IDs of peers whose addresses are told to nobody.
  std::vector<std::string> private_peers = {};

  /// IDs of peers that are neither dialed nor accepted.
  std::vector<std::string> blocked_peers = {};

  /// Whether what peers say about addresses counts only where it can be true:
  /// one of a private network, or of this machine, is believed of and told to
  /// those only that we are connected to there. Without it, private networks
  /// and loopback are addresses like others.
  bool address_book_strict = true;

  /// Connects nodes of one process without sockets, at `memory:ID`. The node
  /// can be dialed there as soon as it runs.
  std::shared_ptr<memory_network> memory = {};

  /// Transports of other protocols, besides those for TCP and `memory`.
  std::vector<added_transport> transports = {};

  // -- when we start ----------------------------------------------------------

  /// How many channels must be open before the node listens and dials. A
  /// connection has the channels that were open when it was made; where a peer
  /// has one that is opened later, it is made anew, one after the other.
  size_t channels_expected = 1;

  // -- limits -----------------------------------------------------------------

  /// Most connections, both ways. Absent: no limit.
  std::optional<size_t> max_connected = 64;

  /// Most connections that we dialed. Absent: all may be.
  std::optional<size_t> max_outgoing = {};

  /// Most connections of peers that dialed us. Absent: four fifths of
  /// `max_connected`, the rest is left for those that we dial.
  std::optional<size_t> max_incoming = {};

  /// Connections above `max_connected` for the moment in which a better peer
  /// takes the place of a worse one. 0: no such upgrades.
  size_t max_connected_upgrade = 4;

  /// Most peers that visit: they dialed us when all slots were taken, and get
  /// five seconds to ask whom we know. They come above `max_connected`. 0: they
  /// are refused.
  size_t max_visitors = 0;

  /// Most peers that are known; the worst are forgotten first.
  size_t max_peers = 10'000;

  /// Most dials at once.
  size_t max_dials = 32;

  /// Most accepted connections, in whatever state, above `handshakes.max`.
  /// Further ones wait in the kernel's backlog. Absent: in proportion to
  /// `max_connected`, see `accepted_max`.
  std::optional<size_t> max_accepted = {};

  /// Accepted connections in handshake.
  handshake_limits handshakes = {};

  /// Connections and attempts to connect, by IP address and subnet.
  inbound_limits inbound = {};

  retry_options retry = {};

  /// Wait before a peer is dialed again after its connection ended.
  duration disconnect_cooldown = std::chrono::seconds{2};

  /// How long the connection of a peer may stay silent, and has to answer a
  /// ping, when that peer comes in once more. Then the new one replaces it.
  duration probe_time = std::chrono::seconds{10};

  /// A dial without outcome after this time is given up; more than
  /// `longest_dial`. Absent: half a minute more, and at least two minutes.
  std::optional<duration> dial_deadline = {};

  /// Time for each step of making a connection.
  duration resolve_timeout = std::chrono::seconds{5};
  duration dial_timeout = std::chrono::seconds{3};
  duration handshake_timeout = std::chrono::seconds{10};

  // -- filters ----------------------------------------------------------------

  /// IP addresses and networks, `10.1.2.3` or `10.0.0.0/8`, that may connect
  /// and be dialed. Empty: all.
  std::vector<std::string> allow_ips = {};

  /// IP addresses and networks that may not, even if they are allowed.
  std::vector<std::string> deny_ips = {};

  /// Asked about IP addresses, before the handshake or dial. Null: all pass.
  ip_filter_actor ip_filter = {};

  /// Asked about peers, after the handshake. Null: all pass.
  id_filter_actor id_filter = {};

  /// Time for each answer of a filter. Without an answer it is no.
  duration filter_timeout = std::chrono::seconds{5};

  /// In which order messages to a peer go when there are more than the network
  /// takes: `wdrr`, channels share by their priorities; `priority`, those of a
  /// higher priority always go first and can starve the others; `fifo`, as they
  /// came. Messages of peers that wait for a reactor go in turns, by bytes;
  /// with `fifo`, as they came.
  std::string queue_type = "wdrr";

  /// Packets, rate limits and keepalive of a connection.
  mconn_stream_options stream = {};

  // -- what is counted --------------------------------------------------------

  /// How the names of metrics begin: letters, digits and `_`, a letter first,
  /// not `caf`.
  std::string metrics_namespace{default_metrics_namespace};

  // -- what is remembered -----------------------------------------------------

  /// Where peers are remembered, a `sqlite_store` for example; used by this
  /// node alone. Null: they are forgotten when the node ends.
  std::shared_ptr<peer_store> store = {};

  /// How long changes are collected before they are stored.
  duration store_delay = std::chrono::seconds{1};

  // -- seams ------------------------------------------------------------------

  /// Where keys and jitter come from; must be thread-safe. Null means the
  /// operating system.
  std::shared_ptr<entropy> random = {};

  /// The time of day, for what is stored. Null means the operating system's.
  std::shared_ptr<wall_clock> clock = {};

  /// Makes the resolver instead of the one that asks the operating system.
  std::function<resolver_actor(caf::actor_system&)> resolver = {};

  /// Makes what talks to gateways instead of the one that uses the network.
  std::function<gateway_actor(caf::actor_system&)> gateway = {};

  /// Looks at the peer manager after each of its operations, for tests.
  std::function<void(const peer_manager&)> watch_peers = {};
};

/// What `validate` makes of the texts in `node_options`.
struct parsed_addresses {
  std::vector<endpoint> listen;
  std::vector<node_address> persistent_peers;
  std::vector<node_address> bootstrap_peers;

  /// Without protocol and host, if only the ID is known.
  std::vector<node_address> preferred_peers;
  std::vector<ip_network> allow_ips;
  std::vector<ip_network> deny_ips;
  std::vector<node_id> unconditional_peers;
  std::vector<node_id> private_peers;
  std::vector<node_id> blocked_peers;
};

/// Parses the addresses.
/// @returns `invalid_address`, `invalid_endpoint` or `invalid_option`; the
///          context names the option, the value and what was expected.
result<parsed_addresses> parse_addresses(const node_options& options);

/// Returns the names of the options that list a node's own ID, which says
/// nothing: nobody connects to itself.
std::vector<std::string_view>
options_that_name(const node_id& own, const parsed_addresses& addresses);

/// Checks every option.
/// @returns `none`, or the first thing that is wrong: the context names the
///          option, the value and what was expected.
failure validate(const node_options& options);

/// Changes limits of a node, if they make sense together with the rest.
/// @returns what `validate` finds; nothing is changed then.
failure change(node_options& options, const inbound_limits& limits);
failure change(node_options& options, const connection_limits& limits);

/// Returns the most accepted connections that a transport holds: what the
/// options say, or three for each slot besides those in handshake, or half of
/// what `inbound` remembers if there is no limit of slots.
size_t accepted_max(const node_options& options);

/// Returns the longest time that a dial can take with these options, from the
/// lookup to the last filter.
duration longest_dial(const node_options& options);

/// The same from an accepted connection to its last filter.
duration longest_accept(const node_options& options);

/// Returns what the peer manager needs to know.
peer_manager_options peer_options(const node_options& options,
                                  const parsed_addresses& addresses);

/// Whether some remotes are filtered out.
bool has_filter(const node_options& options);

/// Returns what the filters need to know.
peer_filter_options filter_options(const node_options& options,
                                   const parsed_addresses& addresses);

/// Returns what we tell other nodes about us.
/// @param where an endpoint at which others may reach us, if there is one.
node_info make_node_info(const node_options& options,
                         const std::optional<endpoint>& where,
                         std::vector<channel_id> channels);

} // namespace troupe
