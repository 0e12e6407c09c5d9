// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/messages/result.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/samples/troupe/live_figures.hpp"

namespace troupe::command {

/// How the peers of the screen are ordered.
enum class top_order : uint8_t {
  state,
  traffic,
  rtt,
  drops,
  score,
};

/// The name of an order, as the screen shows it.
std::string_view to_string(top_order x);

/// A peer on the screen.
struct top_peer {
  std::string id;
  std::string state;
  std::string explanation;
  live_figures figures = {};

  /// Bytes a second, since the answer before.
  double receive_rate = 0;
  double send_rate = 0;
};

/// What the live screen shows: a plain class that is told what the node answers
/// and which keys are pressed.
class top_model {
public:
  /// Most events that are kept.
  static constexpr size_t events_max = 200;

  /// Takes an answer to `GET /peers`.
  /// @returns `malformed_message` if it is none; nothing changes then.
  failure take_peers(std::string_view json, time_point now);

  /// Takes a line of `GET /events`, which may be empty.
  void take_event(std::string_view line);

  /// Shows what became of an order, or why there is no answer.
  void say(std::string text) {
    message_ = std::move(text);
  }

  /// Moves to another peer, up or down.
  void move(int rows);

  /// Orders peers by the next column.
  void order_next();

  /// The peer that orders are about, null if there is none.
  [[nodiscard]] const top_peer* selected() const;

  [[nodiscard]] const std::vector<top_peer>& peers() const noexcept {
    return peers_;
  }

  /// The latest last, in ASCII.
  [[nodiscard]] const std::deque<std::string>& events() const noexcept {
    return events_;
  }

  [[nodiscard]] const std::string& message() const noexcept {
    return message_;
  }

  [[nodiscard]] top_order order() const noexcept {
    return order_;
  }

private:
  struct sample {
    uint64_t received = 0;
    uint64_t sent = 0;
  };

  void sort();

  std::vector<top_peer> peers_;
  std::map<std::string, sample> before_;
  time_point sampled_ = {};
  std::deque<std::string> events_;
  std::string selected_;
  std::string message_;
  top_order order_ = top_order::state;
};

} // namespace troupe::command
