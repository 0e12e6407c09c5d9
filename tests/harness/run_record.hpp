// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/tests/harness/sim_trace.hpp"

namespace troupe::testing {

/// What a fault did to a message.
enum class message_fate : uint8_t { arrived, lost, late, doubled };

/// A message of the application that crossed the network.
struct crossing {
  time_point sent;
  time_point arrived;
  size_t from = 0;
  size_t to = 0;
  channel_id channel = 0;
  byte_view body = {};
  message_fate fate = message_fate::arrived;
};

/// Collects what happens in a run, for a page that shows it: `run_page`. Of a
/// long run, the end is kept.
class run_record final : public sim_trace_listener {
public:
  /// Entries of each sort that are kept, and bytes of text.
  static constexpr size_t entries_max = 250'000;
  static constexpr size_t text_max = size_t{48} * 1024 * 1024;

  run_record(time_point start, std::string seed)
    : start_(start),
      seed_(std::move(seed)) {}

  void noted(time_point when, const sim_delivery& what) override;
  void noted(const sim_event& what) override;
  void noted(time_point when, std::string_view text) override;

  /// A fault is about to be noted.
  void fault_follows() {
    fault_follows_ = true;
  }

  void crossed(const crossing& what);

  /// A node has a peer, or has it no more.
  void linked(time_point when, size_t node, bool up, std::string text);

  /// What the page reads.
  /// @param nodes how many there are.
  [[nodiscard]] std::string json(size_t nodes, time_point end) const;

private:
  /// Kinds of marks, as the page numbers them.
  enum class mark : uint8_t {
    fault,
    start,
    stop,
    crash,
    failure,
    note,
    up,
    down
  };

  struct step_entry {
    int64_t when;
    int64_t node;
    int64_t to;
    uint64_t to_id;
    int64_t from;
    uint64_t from_id;
    int64_t types;
    int64_t content;
  };

  struct message_entry {
    int64_t when;
    int64_t sent;
    size_t from;
    size_t to;
    channel_id channel;
    size_t size;
    int64_t content;
    message_fate fate;
  };

  struct mark_entry {
    int64_t when;
    mark what;
    int64_t node;
    int64_t text;
  };

  template <class Entry>
  void keep(std::deque<Entry>& all, Entry fresh);
  [[nodiscard]] int64_t at(time_point when) const;
  [[nodiscard]] int64_t text(std::string_view what);

  time_point start_;
  std::string seed_;
  std::string failure_;
  bool fault_follows_ = false;
  std::deque<step_entry> steps_;
  std::deque<message_entry> messages_;
  std::deque<mark_entry> marks_;
  uint64_t left_out_ = 0;
  std::vector<std::string> strings_;
  std::unordered_map<std::string, int64_t> places_;
  size_t text_size_ = 0;
};

/// A page of its own that shows runs beside each other, up to two: it needs
/// nothing else, and loads nothing.
/// @param runs from `run_record::json`.
std::string run_page(const std::vector<std::string>& runs);

} // namespace troupe::testing
