// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/messages/direction.hpp"
#include "troupe/messages/endpoint.hpp"
#include "troupe/messages/entropy.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/ip_network.hpp"
#include "troupe/messages/node_address.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/peer_behaviour.hpp"
#include "troupe/messages/peer_update.hpp"
#include "troupe/messages/result.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/book/self_claims.hpp"
#include "troupe/peerstore/rules/backoff.hpp"
#include "troupe/peerstore/rules/conduct.hpp"
#include "troupe/peerstore/rules/connection_policy.hpp"
#include "troupe/peerstore/rules/connection_ref.hpp"
#include "troupe/peerstore/rules/dial_flow.hpp"
#include "troupe/peerstore/rules/dial_policy.hpp"
#include "troupe/peerstore/rules/peer_ledger.hpp"
#include "troupe/peerstore/rules/peer_manager_options.hpp"
#include "troupe/peerstore/rules/peer_report.hpp"
#include "troupe/peerstore/rules/probe_queue.hpp"
#include "troupe/peerstore/rules/recent_connections.hpp"
#include "troupe/peerstore/rules/record_keeper.hpp"
#include "troupe/peerstore/rules/update_log.hpp"
#include "troupe/peerstore/rules/wait_notices.hpp"
#include "troupe/peerstore/store/peer_store.hpp"

namespace troupe {

/// Longest time in which a connection may end: until then it keeps its slot.
inline constexpr duration max_linger = std::chrono::minutes{1};

/// Decides whom to dial, keep and evict (ADR-062, "Peer Manager").
///
/// A synchronous state machine without clock, socket, thread or actor: time
/// comes in as `now`, decisions go out as return values, and peer updates
/// queue up until `take_updates`. The decisions themselves are made elsewhere:
/// `dial_policy` whom to dial, `connection_policy` (over `slots`) who may stay
/// and who makes way, `conduct` what follows from what a peer did, `backoff`
/// how long to wait. Here their answers become what happens.
///
/// A peer, once known through `add`, `load` or `accepted`:
///
///     idle -- dial_next --> dialing -- dialed --> connected -- ready --> up
///      ^                       |                    ^  |                  |
///      |<----- dial_failed ----+      accepted -----+  |                  |
///      |<--------------------- disconnected -----------+------------------+
///
/// It may be dialing and connected at once, when the peer dials us meanwhile.
/// Should both connections come about, both nodes keep the one over QUIC, and
/// if that does not tell them apart the one that the node with the smaller ID
/// dialed.
///
/// When all slots are taken, a peer that is better by `upgrade_margin` may be
/// dialed, or accepted, in place of a worse one. The worse one is reserved for
/// it, and evicted once the better one is connected, if that is still
/// necessary then. Whoever dials us and finds no slot at all may still visit,
/// if there is room for visitors (`max_visitors`): to ask, and to go.
///
/// An operation that is refused changes nothing but the dial that it ends.
/// Reports that match no dial or no connection are ignored and say so.
///
/// After every operation, ask `dial_next` (until it has no answer),
/// `evict_next`, `probe_next` and `take_updates`; and now and then
/// `take_changes`.
class peer_manager {
public:
  /// Makes a manager that knows the persistent and preferred peers.
  /// @param random draws jitter and has to outlive the manager.
  /// @returns `invalid_node_id` if `own` is null, or what `validate` found.
  static result<peer_manager> make(const node_id& own,
                                   const peer_manager_options& options,
                                   entropy& random);

  // -- what is known ----------------------------------------------------------

  /// Learns an address. For a peer that did not fit, that is reason enough to
  /// try again.
  /// @returns whether it is new and there is room for it. Not so for our own
  /// addresses and those of blocked peers. `invalid_address` if it breaks a
  /// rule.
  result<bool> add(const node_address& address);

  /// Learns addresses that the peer `source` told, or an operator if it is
  /// null. Those that break a rule (`judge`) are skipped, as are those for
  /// which the book has no room. What peers say about us is remembered:
  /// `own_addresses`.
  /// @returns how many are new.
  size_t learn(const std::vector<node_address>& addresses,
               const node_id& source, time_point now);

  /// Returns how full the memory for peers is, from 0 to 1. When it is full,
  /// new peers make others be forgotten.
  [[nodiscard]] double fullness() const;

  /// Forgets a peer and its addresses.
  /// @returns `unknown_peer`, `already_connected` if it is connected or being
  /// dialed, or `invalid_state` if the configuration names it.
  errc forget(const node_id& id);

  /// Says where we listen. Where that is an address that others can dial, they
  /// are told.
  void listens_at(const std::vector<endpoint>& where);

  /// Where others reach us: as the configuration says or, if it says nothing,
  /// where we listen, and where several peers say that we are that have nothing
  /// to do with each other (`self_claims`).
  [[nodiscard]] std::vector<node_address> own_addresses() const;

  /// Chooses addresses to tell about, ours first: at random, the better ones
  /// more often. Not those of the asker, nor what means nothing where it is,
  /// nor of QUIC and other protocols to whoever is no node of ours;
  /// and of nobody who is private, blocked, banned or does not fit.
  [[nodiscard]] std::vector<node_address>
  advertise(const node_id& asker, size_t limit, time_point now);

  // -- dialing ----------------------------------------------------------------

  /// Others reach us there, as a gateway to the internet says: in the place of
  /// what it said before about the same protocol. What the configuration says
  /// about that goes before it.
  void found_at(const node_address& own);

  /// Whether `address` may lead anywhere, should it be a name: those who told
  /// us know what they say. A peer could mean our own network.
  [[nodiscard]] bool trusts(const node_address& address) const;

  /// Picks an address to dial: the peer with the best score, and among equals
  /// the one that waits longest. The caller owes exactly one call of `dialed`
  /// or `dial_failed`; without any within `dial_deadline`, the dial has failed.
  /// Of those whom we only know from hearsay, chance decides; see
  /// `dial_policy`. A dial may be a feeler, which `dialed` ends.
  /// @returns nothing if nobody may be dialed now.
  std::optional<node_address> dial_next(time_point now);

  /// Returns when `dial_next` may give a new answer without a further event.
  /// Ask after `dial_next` had none: the time is in the past while it has one.
  [[nodiscard]] std::optional<time_point> next_wakeup() const;

  /// Ends the dial of `address.id`: no connection came about, or it did not
  /// pass the handshake. `address` has to wait; but
  /// - `self_connection`: it leads to ourselves, is forgotten and never learned
  ///   again;
  /// - `unexpected_peer`: it is forgotten, if it never led to that peer;
  /// - `wrong_network`, `wrong_block_version`, `no_common_channel`: the peer is
  ///   marked as incompatible and left alone;
  /// - what `is_ours` is no failure of the address.
  /// @returns `unknown_peer` if that peer is not being dialed.
  [[nodiscard]] errc dial_failed(const node_address& address, time_point now,
                                 const failure& why = {});

  /// Somebody answers at `address`, which is being dialed, and a handshake can
  /// begin if there is still a slot: when dials are silent for longer than
  /// `dial_patience`, others are made in their place.
  /// @returns `too_many_peers`, which the caller reports as the failure of the
  /// dial; `unknown_peer` if that peer is not being dialed.
  [[nodiscard]] errc answered(const node_address& address, time_point now);

  /// Ends the dial of `address.id`: the peer has proven its ID.
  /// @param remote where it was found, if that is known.
  /// @returns `self_connection`, `unknown_peer` if nobody told us about this
  /// peer, `banned`, `filtered` if it is blocked, `already_connected`,
  /// `too_many_peers`, or `hung_up` if all we wanted to know was whether it
  /// answers.
  [[nodiscard]] admission dialed(const node_address& address, time_point now,
                                 const std::optional<endpoint>& remote = {});

  // -- connections ------------------------------------------------------------

  /// Takes a peer that dialed us and has proven its ID.
  /// @param subnet whose part of the slots it takes; absent: none counts it.
  /// @param remote where it is, if that is known. Without, what it tells us
  /// about private networks counts for nothing, and nobody makes way for the
  /// sake of its network.
  /// @returns `self_connection`, `banned`, `filtered` if it is blocked,
  /// `already_connected`, `too_many_peers`, or `too_many_from_ip` if its subnet
  /// has its part.
  [[nodiscard]] admission accepted(const node_id& id,
                                   const std::optional<ip_network>& subnet,
                                   time_point now,
                                   const std::optional<endpoint>& remote = {});

  /// A peer that dialed us has proven its ID, and does not fit: `why` has one
  /// of the codes that `dial_failed` names for that.
  /// @returns `unknown_peer` if nobody told us about this peer: strangers who
  /// do not fit are not remembered. `invalid_state` for other codes.
  errc incompatible(const node_id& id, const failure& why, time_point now);

  /// Announces the peer as up. Messages can reach it from now on.
  /// @returns `not_connected` if this connection is gone or replaced,
  /// `invalid_state` if it was announced before, or the reason for its
  /// eviction if that was decided meanwhile; the caller then closes it.
  [[nodiscard]] errc ready(const connection_ref& which, peer_info info);

  /// Reports that a connection broke a rule and is to be evicted. The first
  /// reason counts. What the peer is to blame for lowers its score.
  /// @returns `not_connected` if this connection is gone or replaced.
  [[nodiscard]] errc errored(const connection_ref& which, errc reason,
                             time_point now, std::string text = {});

  /// Reports that a connection had broken a rule before it ended: whoever hangs
  /// up at once pays for what it did all the same. What the peer is to blame
  /// for lowers its score, once a connection and unless something else has.
  /// @returns `not_connected` if nothing is held against the peer.
  [[nodiscard]] errc late_error(const connection_ref& which, errc reason,
                                time_point now);

  /// Returns a connection to close, each only once.
  std::optional<eviction> evict_next();

  /// When a visit ends next, so that `evict_next` has something to say once
  /// time has passed: by `tick`, or any operation that has the time.
  [[nodiscard]] std::optional<time_point> next_farewell() const;

  /// Makes what time alone changes happen.
  void tick(time_point now);

  /// Reports that a connection is closed and that nothing of it runs anymore.
  /// Announces the peer as down if it was up. An early end is held against the
  /// peer, unless the reason `is_ours`. If
  /// the connection found a reason to end that the peer is to blame for, its
  /// score is lower for that. Where we had decided that it has to end, the
  /// update tells that reason and its text instead.
  /// @param text says more than the reason, for humans; nothing is decided by
  ///             it.
  /// @returns `not_connected` if this connection is gone or replaced.
  [[nodiscard]] errc disconnected(const connection_ref& which, errc reason,
                                  time_point now, std::string text = {});

  /// Notes how long a peer took to answer a ping: whoever answers fast is among
  /// those that stay when slots are short.
  void measured(const connection_ref& which, duration rtt);

  // -- dead or alive ----------------------------------------------------------

  /// Returns a connection that may be dead, because its peer came in again.
  /// The caller sends a ping, and calls `active` when anything arrives. If
  /// nothing did for `probe_time`, the next connection of the peer replaces it.
  /// Who shares its key with another live node cannot make us flap so: both
  /// answer. Nothing is ever replaced that this has not returned.
  std::optional<connection_ref> probe_next(time_point now);

  /// Reports that something arrived on a connection that `probe_next` returned.
  void active(const connection_ref& which);

  // -- behaviour and bans -----------------------------------------------------

  /// Notes what a peer did. The consequences are in `score_options`.
  /// @returns `unknown_peer` if it is not known: reports make no records.
  errc report(const node_id& id, peer_behaviour what, time_point now);

  /// Keeps a peer out, known or not, and evicts it. An operator's ban holds for
  /// everybody, persistent and unconditional peers too. Replaces a ban there
  /// is.
  /// @returns `self_connection`, or `invalid_option` for a duration that is not
  /// positive.
  errc ban(const node_id& id, duration how_long, std::string reason,
           time_point now);

  /// Ends a ban, and forgets what led to it.
  /// @returns `unknown_peer` if the peer is not banned.
  errc unban(const node_id& id, time_point now);

  // -- steering ---------------------------------------------------------------

  /// An operator wants a peer dialed, at this address if it has a protocol, or
  /// at any that is known: as the next one, whatever backoff, cooldown or
  /// incompatibility say, and in place of an ordinary peer if need be. A ban
  /// stays a ban; lift it first.
  /// @returns `self_connection`, `banned`, `filtered`, `already_connected`,
  /// `invalid_address`, or `unknown_peer` if there is no address.
  errc dial_now(const node_address& address, time_point now);

  /// An operator wants a connection closed. The peer is dialed again after its
  /// cooldown; ban it to keep it out.
  /// @returns `not_connected` if there is none.
  errc disconnect(const node_id& id);

  /// We have no more to say to a peer: its connection ends behind what is
  /// queued for it, for which there is at most `linger`, and no more than
  /// `max_linger`.
  /// @returns `not_connected` if there is none.
  errc hang_up(const node_id& id, duration linger);

  /// Changes limits. Where there are too many connections, the worst ones are
  /// evicted.
  /// @returns what `validate` finds.
  failure set_limits(const connection_limits& limits, time_point now);

  /// Says what we are, as far as that decides who fits: our `profile_of`. To
  /// be called before the first dial, and whenever it changes. Peers that did
  /// not fit with something else, in this life or before, get another chance.
  void introduce(std::string profile, time_point now);

  // -- peer updates -----------------------------------------------------------

  /// Returns what happened since the last call, oldest first.
  [[nodiscard]] std::vector<peer_update> take_updates() {
    return updates_.take();
  }

  /// Returns the next peer that has to wait for longer than
  /// `wait_worth_a_notice` since something went wrong with it. Configured peers
  /// that already wait when they are loaded are among them.
  [[nodiscard]] std::optional<wait_notice> next_notice() {
    return notices_.next();
  }

  /// Returns the *up* of all peers that are up, for a subscriber that comes
  /// late, ordered by ID.
  [[nodiscard]] std::vector<peer_update> snapshot() const {
    return snapshot_of(state_.connections);
  }

  // -- stores -----------------------------------------------------------------

  /// Takes over the secret that a store holds, before `load`: places in the
  /// book follow from it. What cannot be one is skipped.
  void load_secret(std::string_view secret);

  /// Takes over what a store holds, before anything else happens. The
  /// configuration decides about persistent, private and blocked peers. What
  /// breaks a rule is skipped and erased from the store; if there are too many
  /// peers, the worst are.
  /// @param wall_now the time of day at `now`.
  /// @returns what was skipped, a line each.
  std::vector<std::string> load(const std::vector<stored_peer>& peers,
                                time_point now, wall_time wall_now);

  /// Returns what a store has to change to catch up, since the last call; all
  /// of it if the time of day has jumped meanwhile.
  [[nodiscard]] store_changes take_changes(time_point now, wall_time wall_now);

  /// Whether `take_changes` would have something.
  [[nodiscard]] bool has_changes() const {
    return state_.peers.has_dirty();
  }

  // -- queries ----------------------------------------------------------------

  [[nodiscard]] const connection_limits& limits() const {
    return keeping_.limits();
  }

  /// Says all about a peer, if it is known: why it is or is not connected.
  [[nodiscard]] std::optional<peer_report> describe(const node_id& id,
                                                    time_point now);

  /// The same about at most `limit` peers, connected ones first, then best
  /// first, banned ones last.
  [[nodiscard]] std::vector<peer_report> list(size_t limit, time_point now);

  [[nodiscard]] const node_id& own() const {
    return own_;
  }

  /// Everything that is known and goes on, for whoever watches.
  [[nodiscard]] const peer_ledger& state() const {
    return state_;
  }

private:
  peer_manager(const node_id& own, const peer_manager_options& options,
               entropy& random);

  void know_configured(const node_address& address);
  bool believe(const node_address& address, const informant& who);
  [[nodiscard]] bool is_here(const node_address& address) const;
  admission admit_dialed(const node_address& address,
                         const std::optional<dial_attempt>& attempt,
                         const std::optional<endpoint>& remote);
  admission admit(const node_id& id, live_connection fresh);
  void end_visits();
  void condemn(const node_id& id, errc reason,
               duration linger = duration::zero(), std::string text = {});
  void end_connection(const node_id& id, const failure& reason);
  void punish(const node_id& id, peer_behaviour what);
  void impose_ban(const node_id& id, ban_record what, errc reason);

  node_id own_;
  std::optional<node_address> self_address_; // As the configuration says.
  std::vector<node_address> found_at_;       // As gateways say, one a protocol.
  std::vector<node_address> listening_;
  bool strict_;
  entropy* random_;
  peer_ledger state_;
  // Decisions.
  conduct conduct_;
  backoff waits_;
  connection_policy keeping_;
  dial_policy dialing_;
  // What goes through more than one step.
  dial_flow dials_;
  probe_queue probes_;
  record_keeper records_;
  self_claims claims_;
  /// Those that ended and for whose end nobody was blamed.
  recent_connections unblamed_;
  // What waits to be taken.
  update_log updates_;
  wait_notices notices_;
};

} // namespace troupe
