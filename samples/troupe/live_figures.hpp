// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace troupe::command {

/// What a running node says of a peer in figures; the rest of an entry of `GET
/// /peers` is `peer_outlook`.
struct live_figures {
  /// `IP:PORT` of the connection, and the name that the peer gives itself.
  /// Empty unless it is up.
  std::string remote = {};
  std::string moniker = {};

  /// `inbound` or `outbound`, and for how many seconds. Only if connected.
  std::string direction = {};
  double age = 0;

  /// How many seconds its last answer to a ping took.
  std::optional<double> rtt = {};

  /// Bytes of messages, messages that were shed, and bytes that wait to be
  /// sent.
  uint64_t received = 0;
  uint64_t sent = 0;
  uint64_t dropped = 0;
  uint64_t queued = 0;

  /// What it is worth, and what for: `1.5 = 2.5 behaviour - 1.0 failed dials`.
  double points = 0;
  std::string score = {};

  [[nodiscard]] bool connected() const noexcept {
    return !direction.empty();
  }
};

/// Reads an entry of `GET /peers`. Throws what `Json` throws if it is none.
template <class Json>
live_figures read_figures(const Json& from) {
  live_figures result;
  result.remote = from.value("remote", "");
  // The protocol says nothing to an operator.
  if (const auto at = result.remote.find("://"); at != std::string::npos)
    result.remote.erase(0, at + 3);
  result.moniker = from.value("moniker", "");
  result.direction = from.value("direction", "");
  result.age = from.value("connected_for", 0.0);
  if (from.contains("rtt"))
    result.rtt = from.at("rtt").template get<double>();
  result.points = from.value("points", 0.0);
  result.score = from.value("score", "");
  if (from.contains("channels"))
    for (const auto& channel : from.at("channels")) {
      result.received += channel.value("received_bytes", uint64_t{0});
      result.sent += channel.value("sent_bytes", uint64_t{0});
      result.dropped += channel.value("shed", uint64_t{0});
      result.queued += channel.value("queued_bytes", uint64_t{0});
    }
  return result;
}

/// `512 B`, `1.5 kB`, `20.0 MB`.
std::string bytes_in_words(double bytes);

/// `1.2ms`, `3.4s`; `-` if there is none.
std::string rtt_in_words(const std::optional<double>& seconds);

/// `45s`, `12m`, `3h`, `2d`.
std::string age_in_words(double seconds);

/// Makes text that a remote chose fit for a terminal: ASCII that can be seen,
/// all else as `?`, at most `size_max` bytes.
std::string for_terminal(const std::string& text, size_t size_max);

/// Describes a connection in a line: `inbound from 10.0.0.1:26656 for 5m,
/// "name", rtt 1.2ms, received 12.0 kB, sent 3.0 kB, 0 dropped`. Empty if there
/// is none.
std::string in_line(const live_figures& figures);

} // namespace troupe::command
