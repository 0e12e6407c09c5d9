// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <variant>

#include "troupe/messages/time.hpp"
#include "troupe/tests/harness/fnv_hash.hpp"
#include "troupe/tests/harness/sim_event.hpp"

namespace troupe::testing {

/// Numbers the nodes of a simulation; what belongs to none belongs to the test.
using sim_party = uint32_t;

inline constexpr sim_party no_party = UINT32_MAX;

/// An actor that took a message.
struct sim_delivery {
  /// Most types that are kept of a message.
  static constexpr size_t types_max = 4;

  sim_party party = no_party;
  std::string_view receiver; // Its name, which outlives the trace.
  uint64_t receiver_id = 0;
  std::string_view sender; // Empty if anonymous.
  uint64_t sender_id = 0;
  /// Types of the message, and how many there are.
  std::array<std::string_view, types_max> types = {};
  size_t type_count = 0;
  std::string content = {}; // Empty unless somebody wants to see it.
};

/// Learns what a trace notes, in order.
class sim_trace_listener {
public:
  virtual ~sim_trace_listener() = default;

  virtual void noted(time_point when, const sim_delivery& what) = 0;
  virtual void noted(const sim_event& what) = 0;

  /// What the test or the harness did, or found.
  virtual void noted(time_point when, std::string_view text) = 0;
};

/// Everything that happens in a simulation, in order: each message that an
/// actor takes, each alarm, each event of the network, and what the test does.
/// The last of it is kept for those who have to read it; all of it goes into a
/// hash, by which two runs can be compared.
class sim_trace {
public:
  /// Entries that are kept.
  static constexpr size_t kept_max = 400;

  explicit sim_trace(time_point start) : start_(start) {}

  void note(time_point when, const sim_delivery& what);

  /// An alarm fired.
  void note_alarm(time_point when);

  void note(const sim_event& what);

  /// Something that the test or the harness did, or found.
  void note(time_point when, std::string text);

  /// Hash of all that was noted. The same for the same seed in every process
  /// and in every kind of build.
  [[nodiscard]] uint64_t hash() const {
    return hash_.value();
  }

  /// Number of entries that were noted.
  [[nodiscard]] uint64_t size() const {
    return size_;
  }

  /// The last `count` entries, a line each, the oldest first.
  [[nodiscard]] std::string tail(size_t count = kept_max) const;

  /// Hands every further entry to somebody who makes something else of it; null
  /// for nobody. Has to outlive the trace, or be replaced.
  void set_listener(sim_trace_listener* listener) {
    listener_ = listener;
  }

  /// Hands every further entry to `sink`, as a line.
  void set_sink(std::function<void(std::string_view)> sink) {
    sink_ = std::move(sink);
  }

  /// Names hosts in the text.
  void set_host_names(std::function<std::string(sim_host)> names) {
    host_name_ = std::move(names);
  }

private:
  struct alarm_mark {};

  struct entry {
    time_point when;
    std::variant<sim_delivery, alarm_mark, sim_event, std::string> what;
  };

  void keep(entry fresh);
  [[nodiscard]] std::string line(const entry& x) const;
  [[nodiscard]] std::string host(sim_host which) const;

  time_point start_;
  fnv_hash hash_;
  uint64_t size_ = 0;
  std::deque<entry> kept_;
  std::function<void(std::string_view)> sink_;
  sim_trace_listener* listener_ = nullptr;
  std::function<std::string(sim_host)> host_name_;
};

} // namespace troupe::testing
