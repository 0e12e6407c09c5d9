// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/tests/harness/message_faults.hpp"
#include "troupe/transport/connection_messages.hpp"

namespace troupe::testing {

/// What nodes that do not keep to their protocol do to what they are about to
/// send. Plain: it says what goes out when, and somebody else sends it.
class misconduct {
public:
  enum class action : uint8_t { lie, withhold, delay, replay, flood };

  /// What a node does to messages that are chosen.
  struct habit {
    action what;
    message_choice which;
    /// What `lie` says instead.
    std::function<bytes(const app_message&)> instead = {};
    /// How much later, of `delay` and `replay`.
    duration wait = {};
    /// How often at once, of `flood`.
    size_t times = 1;
  };

  /// What becomes of messages that were about to go out together.
  struct outcome {
    outbound_batch now;
    std::vector<std::pair<duration, outbound_message>> later;
    /// What their node takes for sent, though it is not, or not as it was.
    std::vector<channel_credit> settled;
  };

  /// From now on a node has one more habit, which gets what the others leave.
  void add(size_t node, habit what) {
    habits_[node].push_back({std::move(what), {}});
  }

  void reform(size_t node) {
    habits_.erase(node);
  }

  void reform() {
    habits_.clear();
  }

  /// Whether a node has any.
  [[nodiscard]] bool concerns(size_t node) const {
    return habits_.count(node) != 0;
  }

  outcome apply(size_t from, size_t to, const outbound_batch& messages);

private:
  struct practised {
    habit what;
    std::map<std::pair<size_t, channel_id>, uint64_t> numbers;
  };

  struct item {
    outbound_message message;
    duration wait = {};
  };

  static std::vector<item> practise(practised& how, size_t from, size_t to,
                                    const std::vector<item>& items);

  std::map<size_t, std::vector<practised>> habits_;
};

} // namespace troupe::testing
