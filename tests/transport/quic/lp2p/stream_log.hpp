// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "troupe/messages/wire_writer.hpp"
#include "troupe/tests/harness/conformance/patterned.hpp"
#include "troupe/tests/vectors.hpp"
#include "troupe/transport/connection_messages.hpp"
#include "troupe/transport/quic/lp2p/lp2p_protocol.hpp"
#include "troupe/transport/quic/lp2p/multistream.hpp"
#include "troupe/transport/quic/stream_action.hpp"

namespace troupe::test {

using testing::conformance::patterned;

/// What was done to one stream.
struct stream_log {
  bytes written = {};
  bool fin = false;
  std::optional<uint64_t> reset = {};
  std::optional<uint64_t> stop = {};
  size_t credit = 0;
};

/// Takes actions as a transport would, and keeps what they did.
class stream_logs {
public:
  void take(std::vector<stream_action> actions) {
    for (auto& action : actions)
      std::visit([this](auto& x) { apply(x); }, action);
  }

  /// Forgets what was done to a stream before.
  stream_log next(stream_id stream) {
    return std::exchange(logs_[stream], {});
  }

  stream_log& operator[](stream_id stream) {
    return logs_[stream];
  }

private:
  void apply(const stream_write& x) {
    auto& log = logs_[x.stream];
    log.written.insert(log.written.end(), x.head.begin(), x.head.end());
    if (x.body)
      log.written.insert(log.written.end(), x.body.begin(), x.body.end());
    log.fin = log.fin || x.fin;
  }

  void apply(const stream_reset& x) {
    logs_[x.stream].reset = x.code;
  }

  void apply(const stream_stop& x) {
    logs_[x.stream].stop = x.code;
  }

  void apply(const stream_credit& x) {
    logs_[x.stream].credit += x.size;
  }

  std::map<stream_id, stream_log> logs_;
};

inline std::string channel_name(channel_id channel) {
  return to_string(lp2p_protocol{lp2p_protocol::kind::message, channel});
}

inline void append(bytes& out, byte_view more) {
  out.insert(out.end(), more.begin(), more.end());
}

/// Header and protocol, as either side sends them.
inline bytes tokens(std::string_view protocol) {
  return multistream_proposal(protocol);
}

/// All that the opener of a message's stream sends.
inline bytes letter(channel_id channel, byte_view body) {
  auto result = tokens(channel_name(channel));
  append_delimited(result, body);
  return result;
}

} // namespace troupe::test
