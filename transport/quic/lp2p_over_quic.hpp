// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "troupe/messages/direction.hpp"
#include "troupe/messages/endpoint.hpp"
#include "troupe/messages/entropy.hpp"
#include "troupe/messages/node_info.hpp"
#include "troupe/messages/node_key.hpp"
#include "troupe/transport/quic/lp2p/lp2p_session.hpp"
#include "troupe/transport/quic/quic_session.hpp"
#include "troupe/transport/receive_limits.hpp"

namespace troupe {

/// The name of libp2p in TLS (ALPN).
inline constexpr std::string_view lp2p_alpn = "libp2p";

/// What a connection of libp2p has to know of its node, and of its ends.
struct lp2p_terms {
  /// Of this, the channels count.
  node_info ours;

  ed25519_public_key key{};
  receive_limits receive = {};
  connection_ends ends = {};

  /// Where the node is to be dialed.
  endpoint home = {};
};

/// The protocol of CometBFT's libp2p nodes over a connection of QUIC: moves
/// what an `lp2p_session` wants done to streams.
///
/// There are no node infos: `info` is made of what the remote says about itself
/// (`describe_lp2p_peer`), without where it listens, and only the ID in it is
/// proven. So whoever accepts such a connection has to know that ID. There are
/// no goodbyes, either: the session is `over` when what we have sent has
/// arrived, or is lost.
///
/// A channel whose reader is behind with more than its window takes no new
/// messages. Those that are arriving still come, no more than
/// `lp2p_options::incoming_bytes`.
class lp2p_over_quic final : public quic_session {
public:
  /// @param random has to outlive this object.
  lp2p_over_quic(lp2p_terms terms, direction who, entropy& random);

  void advance() override;

  // -- handshake --------------------------------------------------------------

  [[nodiscard]] bool greeted() const override {
    return info_.has_value();
  }

  [[nodiscard]] const node_info& info() const override {
    return *info_;
  }

  [[nodiscard]] const failure& error() const override {
    return error_;
  }

  void start(std::span<const channel_descriptor> channels) override;

  // -- messages ---------------------------------------------------------------

  [[nodiscard]] errc send(outbound_message message) override;

  [[nodiscard]] std::vector<channel_credit> take_sent() override {
    return session_.take_sent();
  }

  [[nodiscard]] std::vector<channel_tally> take_lost() override;

  [[nodiscard]] inbound_batch take_inbound() override;

  void give_back(channel_id channel, size_t cost) override;

  void charge(channel_id channel, size_t cost) override;

  [[nodiscard]] bool has_early() const override {
    return session_.held_bytes() > 0;
  }

  void ping() override {
    session_.ping();
  }

  // -- the end ----------------------------------------------------------------

  void hang_up() override {
    hanging_up_ = true;
  }

  [[nodiscard]] bool over() const override {
    return hanging_up_ && session_.drained();
  }

  [[nodiscard]] uint64_t close_code(errc code) const override;

  // -- time -------------------------------------------------------------------

  [[nodiscard]] errc tick(time_point now) override;

  [[nodiscard]] std::optional<time_point> next_wakeup() const override;

  [[nodiscard]] size_t held_bytes() const override {
    return session_.held_bytes();
  }

  // -- what happens to the connection -----------------------------------------

  void on_established() override {}
  void on_data(stream_id stream, byte_view data, bool fin) override;
  void on_reset(stream_id stream, uint64_t code) override;
  void on_stopped(stream_id stream) override;
  void on_sent(stream_id stream, uint64_t total) override;
  void on_closed(stream_id stream, std::optional<uint64_t> code) override;

private:
  void collect();
  void meet();
  void act();
  [[nodiscard]] int weight_of(const lp2p_protocol& what) const;

  lp2p_terms terms_;
  lp2p_session session_;
  std::optional<node_info> info_;
  failure error_;
  std::map<channel_id, int> weights_; // Of open channels.
  std::map<channel_id, size_t> windows_used_;
  inbound_batch inbound_;
  bool hanging_up_ = false;
};

} // namespace troupe
