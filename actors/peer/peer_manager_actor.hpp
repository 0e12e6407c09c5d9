// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>

#include "troupe/actors/peer/peer_store_actor.hpp"
#include "troupe/messages/entropy.hpp"
#include "troupe/messages/type_ids.hpp"
#include "troupe/messages/wall_clock.hpp"
#include "troupe/peerstore/rules/peer_manager.hpp"
#include "troupe/peerstore/rules/peer_manager_inspect.hpp"

namespace troupe {

/// A mailbox in front of the `peer_manager`: the only authority on whom to
/// dial, accept, keep and evict. Requests are answered in the order of arrival,
/// except for those that wait for something to happen.
using peer_manager_actor = caf::typed_actor<
    // Learns an address. Answers whether it is new; fails with
    // `invalid_address`.
    caf::result<bool>(caf::add_atom, node_address),
    // Learns addresses that a peer told. Answers how many are new; those that
    // break a rule are none.
    caf::result<uint64_t>(caf::add_atom, std::vector<node_address>, node_id),
    // Asks for an address to dial. Answered once there is one. The asker owes
    // `dialed_atom` or `dial_failed_atom` for it.
    caf::result<node_address>(dial_next_atom),
    // Says where others reach us, as our gateway does: see
    // `peer_manager::found_at`.
    caf::result<void>(caf::publish_atom, node_address),
    // Asks whether an address that is to be dialed may lead anywhere: see
    // `peer_manager::trusts`.
    caf::result<bool>(caf::resolve_atom, node_address),
    // Reports a failed dial, and why: see `peer_manager::dial_failed`. Fails
    // with `unknown_peer`.
    caf::result<void>(dial_failed_atom, node_address),
    caf::result<void>(dial_failed_atom, node_address, caf::error),
    // Reports that somebody answers at a dialed address, before the handshake:
    // see `peer_manager::answered`. Fails with `too_many_peers` or
    // `unknown_peer`; the asker then ends that connection.
    caf::result<void>(caf::connect_atom, node_address),
    // Reports a connection to the dialed peer. Fails with `self_connection`,
    // `unknown_peer`, `banned`, `filtered`, `already_connected` or
    // `too_many_peers`; the router then closes the connection.
    caf::result<admission>(dialed_atom, node_address),
    // The same with the endpoint that answered.
    caf::result<admission>(dialed_atom, node_address, endpoint),
    // Reports a peer that dialed us, with the subnet whose part of the slots it
    // takes, if any. Fails like `dialed_atom`, and with `too_many_from_ip` if
    // the subnet has its part.
    caf::result<admission>(accepted_atom, node_id),
    caf::result<admission>(accepted_atom, node_id, ip_network),
    // The same with the other end of the connection.
    caf::result<admission>(accepted_atom, node_id, endpoint),
    caf::result<admission>(accepted_atom, node_id, ip_network, endpoint),
    // Reports a peer that dialed us, has proven its ID and does not fit. Fails
    // with `unknown_peer` or `invalid_state`.
    caf::result<void>(incompatible_atom, node_id, caf::error),
    // Says where we listen: see `peer_manager::listens_at`.
    caf::result<void>(listen_atom, std::vector<endpoint>),
    // Says what we are: see `peer_manager::introduce`.
    caf::result<void>(introduce_atom, std::string),
    // Announces a peer as up: messages reach it from now on. Fails with
    // `not_connected`, `invalid_state`, or with the reason for an eviction that
    // was decided meanwhile.
    caf::result<void>(ready_atom, connection_ref, peer_info),
    // Reports that a connection misbehaved. Where it has ended meanwhile, fails
    // with `not_connected` unless that is held against its peer.
    caf::result<void>(errored_atom, connection_ref, caf::error),
    // Asks for a connection to close. Answered once there is one.
    caf::result<eviction>(evict_next_atom),
    // Reports how long a peer took to answer a ping.
    caf::result<void>(report_atom, connection_ref, caf::timespan),
    // Reports the end of a connection. Fails with `not_connected`.
    caf::result<void>(disconnected_atom, connection_ref, caf::error),
    // Asks for a connection that may be dead: see `peer_manager::probe_next`.
    // Answered once there is one. The asker sends a ping there, and reports
    // `active_atom` if anything arrives.
    caf::result<connection_ref>(probe_next_atom),
    caf::result<void>(active_atom, connection_ref),
    // Asks for a peer that has to wait: see `peer_manager::next_notice`.
    // Answered once there is one.
    caf::result<wait_notice>(wait_next_atom),

    // -- peer updates --

    // Sends the *up* of all peers that are up to an actor, then every *up* and
    // *down* in order, until the actor ends or unsubscribes. An actor that does
    // not keep up loses its oldest updates, which the next one counts; it can
    // subscribe again, or ask for a snapshot. See `bounded_feed` for the
    // limits.
    caf::result<void>(caf::subscribe_atom, caf::actor),
    // The same, with *good*, *bad* and *banned*.
    caf::result<void>(caf::subscribe_atom, report_atom, caf::actor),
    caf::result<void>(caf::unsubscribe_atom, caf::actor),
    // Answers the *up* of all peers that are up. A subscriber that asks gets
    // no update from before the answer after it.
    caf::result<std::vector<peer_update>>(caf::get_atom, caf::update_atom),

    // -- reactors --

    // Notes what a peer did. Fails with `unknown_peer`.
    caf::result<void>(report_atom, node_id, peer_behaviour),
    // Chooses at most that many addresses to tell a peer about.
    caf::result<std::vector<node_address>>(advertise_atom, node_id, uint64_t),
    // How full the memory for peers is, from 0 to 1.
    caf::result<double>(caf::get_atom, caf::add_atom),

    // Ends the connection of a peer behind what is queued for it, for which
    // there is at most that much time. Fails with `not_connected`.
    caf::result<void>(disconnect_atom, node_id, caf::timespan),

    // -- operators: see `peer_manager` for the codes. With a store, they are
    // answered once it is stored, and fail with `store_failed` if it cannot be;
    // what was asked for is done all the same --

    caf::result<void>(dial_atom, node_address),
    caf::result<void>(disconnect_atom, node_id),
    // Bans for a time and a reason.
    caf::result<void>(ban_atom, node_id, caf::timespan, std::string),
    caf::result<void>(unban_atom, node_id),
    caf::result<void>(forget_atom, node_id),
    // Describes at most that many peers.
    caf::result<std::vector<peer_report>>(list_atom, uint64_t),
    caf::result<connection_limits>(caf::get_atom, limits_atom),
    caf::result<void>(limits_atom, connection_limits),

    // Ends the actor, behind what was sent before.
    caf::result<void>(caf::close_atom)>;

/// Looks at a peer manager; must not keep the reference.
using peer_manager_watch = std::function<void(const peer_manager&)>;

/// Where a peer manager remembers what it knows.
struct peer_manager_memory {
  /// The manager loads everything from it before it does anything else, ends
  /// with the reason if that fails, and closes it when it ends. Null: nothing
  /// is remembered.
  peer_store_actor store = {};

  /// The time of day.
  std::shared_ptr<wall_clock> clock = {};

  /// How long changes are collected. Those of operators go at once.
  duration delay = std::chrono::seconds{1};
};

/// @param random has to be used by nobody else.
/// @param watch is called after every operation, for tests. May be null.
peer_manager_actor spawn_peer_manager(caf::actor_system& sys, peer_manager core,
                                      std::shared_ptr<entropy> random,
                                      peer_manager_memory memory = {},
                                      peer_manager_watch watch = {});

} // namespace troupe
