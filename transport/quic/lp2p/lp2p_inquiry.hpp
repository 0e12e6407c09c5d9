// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <variant>
#include <vector>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/entropy.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/transport/quic/lp2p/identify.hpp"
#include "troupe/transport/quic/lp2p/lp2p_options.hpp"
#include "troupe/transport/quic/lp2p/lp2p_protocol.hpp"
#include "troupe/transport/quic/lp2p/multistream.hpp"
#include "troupe/transport/quic/stream_action.hpp"

namespace troupe {

/// What we ask the remote: once what it is, and how it does whenever somebody
/// wants to know. Each question has a stream of its own.
///
/// Whatever becomes of the streams, nothing here is an error: a remote that
/// does not say what it is stays unknown, and a ping without answer has none.
class lp2p_inquiry {
public:
  /// @param options,source have to outlive this object.
  lp2p_inquiry(const lp2p_options& options, entropy& source)
    : options_(options),
      source_(source) {}

  /// Asks for a ping, unless one is under way.
  void ping() noexcept {
    wants_ping_ = !pinging_;
  }

  /// The question that waits for a stream, if one does.
  [[nodiscard]] std::optional<lp2p_protocol> wants_stream() const noexcept;

  // -- what happens to streams ------------------------------------------------

  /// We have opened a stream, since `wants_stream` holds.
  void opened(stream_id stream, time_point now);

  void received(stream_id stream, byte_view data, bool fin, time_point now);

  /// The remote has reset its sending part, or nothing more comes.
  void reset(stream_id stream);

  // -- what comes of it -------------------------------------------------------

  /// Whether the remote has said what it is, or will not.
  [[nodiscard]] bool identified() const noexcept {
    return identified_;
  }

  /// What it has said; null if it has not.
  [[nodiscard]] const identify_info* said() const noexcept {
    return said_ ? &*said_ : nullptr;
  }

  /// How long the last ping took that was answered.
  [[nodiscard]] std::optional<duration> rtt() const noexcept {
    return rtt_;
  }

  /// How many pings were answered.
  [[nodiscard]] uint64_t pongs() const noexcept {
    return pongs_;
  }

  void tick(time_point now);

  /// When `tick` is due; the maximum if never.
  [[nodiscard]] time_point next_wakeup() const;

  [[nodiscard]] std::vector<stream_action> take_actions();

private:
  static constexpr size_t ping_size = 32;

  struct ping_state {
    std::array<std::byte, ping_size> sent = {};
    bytes back = {};
    time_point asked = {};
  };

  struct stream_state {
    multistream_opener negotiation;
    std::variant<identify_reader, ping_state> question;
    time_point deadline = {};
  };

  using iterator = std::map<stream_id, stream_state>::iterator;

  void open_identify(stream_id stream, time_point now);
  void open_ping(stream_id stream, time_point now);
  void read_identify(iterator i, byte_view data, bool fin);
  void read_pong(iterator i, byte_view data, time_point now);
  void end(iterator i, bool reset_ours);

  const lp2p_options& options_;
  entropy& source_;
  bool wants_identify_ = true;
  bool wants_ping_ = false;
  bool pinging_ = false;
  bool identified_ = false;
  std::optional<identify_info> said_;
  std::optional<duration> rtt_;
  uint64_t pongs_ = 0;
  std::map<stream_id, stream_state> streams_;
  std::vector<stream_action> actions_;
};

} // namespace troupe
