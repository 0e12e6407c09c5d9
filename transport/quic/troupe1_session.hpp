// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/direction.hpp"
#include "troupe/messages/node_info.hpp"
#include "troupe/messages/result.hpp"
#include "troupe/transport/connection_messages.hpp"
#include "troupe/transport/mconn/delimited_reader.hpp"
#include "troupe/transport/mconn/mconn_stream_options.hpp"
#include "troupe/transport/mconn/progress_watch.hpp"
#include "troupe/transport/quic/quic_session.hpp"
#include "troupe/transport/quic/troupe1_inbox.hpp"
#include "troupe/transport/quic/troupe1_protocol.hpp"
#include "troupe/transport/receive_limits.hpp"
#include "troupe/transport/verify_peer.hpp"

namespace troupe {

/// What a session has to know of its node.
struct troupe1_options {
  node_info ours;

  /// Which remotes pass.
  acceptance accepted = acceptance::compatible;

  receive_limits receive = {};

  /// Bytes that the remote may send on the stream of a channel ahead of what
  /// has become messages. No less than the connection's `stream_window`, which
  /// holds until `start`.
  size_t channel_window = size_t{256} * 1024;
};

/// Returns the limits of QUIC that `troupe/1` wants: before `start`, the remote
/// may send no more than its node info takes, and a little on each channel.
quic_options troupe1_limits();

/// Returns the same for a node with these options: silence lasts as long as
/// over MConnection, and a limit of what it receives bounds the window.
quic_options troupe1_limits(const mconn_stream_options& node);

/// The protocol `troupe/1` over a connection of QUIC, as troupe-1.md says:
/// node infos first, then messages, each channel on a stream of its own in each
/// direction, and a goodbye.
class troupe1_session final : public quic_session {
public:
  troupe1_session(troupe1_options options, direction who);

  // -- handshake --------------------------------------------------------------

  /// Whether the remote is verified and its node info accepted.
  [[nodiscard]] bool greeted() const noexcept override {
    return info_.has_value();
  }

  [[nodiscard]] const node_info& info() const override {
    return *info_;
  }

  [[nodiscard]] errc judged_by_remote() const override;

  [[nodiscard]] const failure& error() const noexcept override {
    return error_;
  }

  void start(std::span<const channel_descriptor> channels) override;

  // -- messages ---------------------------------------------------------------

  [[nodiscard]] errc send(outbound_message message) override;

  [[nodiscard]] std::vector<channel_credit> take_sent() override;

  [[nodiscard]] inbound_batch take_inbound() override {
    return std::exchange(inbound_, {});
  }

  [[nodiscard]] std::vector<channel_tally> take_skipped() override;

  void give_back(channel_id channel, size_t cost) override;

  void charge(channel_id channel, size_t cost) override;

  [[nodiscard]] bool has_early() const override;

  void ping() override;

  // -- the end ----------------------------------------------------------------

  void hang_up() override {
    hang_up(troupe1_goodbye{});
  }

  /// The same with these words, of which `streams` is filled in.
  void hang_up(troupe1_goodbye last_words);

  /// What the remote has said last, if it has.
  [[nodiscard]] const std::optional<troupe1_goodbye>& goodbye() const noexcept {
    return goodbye_;
  }

  /// Whether the remote has said goodbye and all that came before was taken.
  [[nodiscard]] bool over() const override;

  [[nodiscard]] uint64_t close_code(errc code) const override {
    return static_cast<uint64_t>(to_troupe1(code));
  }

  // -- time -------------------------------------------------------------------

  /// Notes what has arrived. @returns `stalled_message` if a message of which a
  /// part has arrived does not get on, or `none`.
  [[nodiscard]] errc tick(time_point now) override;

  [[nodiscard]] std::optional<time_point> next_wakeup() const override {
    return halves_.next_wakeup();
  }

  [[nodiscard]] size_t held_bytes() const override;

  // -- what happens to the connection -----------------------------------------

  void on_established() override;
  void on_data(stream_id stream, byte_view data, bool fin) override;
  void on_reset(stream_id stream, uint64_t code) override;
  void on_stopped(stream_id stream) override;
  void on_sent(stream_id stream, uint64_t total) override;
  void on_closed(stream_id stream, std::optional<uint64_t> code) override;

private:
  /// A channel that we send on.
  struct outgoing {
    stream_id stream = 0;
    uint64_t queued = 0; // Bytes, from the first one.

    /// Where messages end, and what they cost.
    std::deque<std::pair<uint64_t, size_t>> ends = {};
  };

  /// A stream of the remote's for a channel.
  struct incoming {
    std::optional<channel_id> channel = {};
    std::optional<troupe1_inbox> inbox = {};
    bytes early = {}; // Until `start`.
    bool fin = false;
  };

  void fail(failure why);
  void fail(errc code, std::string context = {});
  void on_control(byte_view data, bool fin);
  errc read_info(byte_view& data);
  void read_frame(const bytes& frame);
  void on_channel_data(stream_id stream, incoming& from, byte_view data);
  void open_inbox(stream_id stream, incoming& from);
  void moved(stream_id stream, incoming& from, errc code);
  void write_frame(const bytes& frame, bool fin);
  [[nodiscard]] incoming* find(channel_id channel);
  [[nodiscard]] const channel_descriptor* find_open(channel_id channel) const;

  troupe1_options options_;
  stream_id remote_control_;
  std::optional<stream_id> control_;
  failure error_;
  delimited_reader info_reader_;
  delimited_reader frame_reader_;
  std::optional<node_info> info_;

  bool started_ = false;
  std::vector<channel_descriptor> channels_;
  std::map<channel_id, outgoing> outgoing_;
  std::map<stream_id, channel_id> outgoing_channels_;
  std::map<stream_id, incoming> incoming_;
  inbound_batch inbound_;
  std::map<channel_id, uint32_t> skipped_;
  std::map<channel_id, size_t> sent_;
  progress_watch halves_;

  std::optional<troupe1_goodbye> goodbye_;
  bool control_ended_ = false;
  bool hanging_up_ = false;
};

} // namespace troupe
