// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>

#include "troupe/actors/channel/channel_actor.hpp"
#include "troupe/actors/operator/metrics.hpp"
#include "troupe/actors/peer/channel_plan.hpp"
#include "troupe/actors/router/routing_table.hpp"
#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/decode_bound.hpp"
#include "troupe/messages/payload.hpp"

namespace troupe {

/// The open channels, and the plans of connections made with them.
class channel_plans {
public:
  /// @param limits of what is decoded.
  channel_plans(const decode_limits& limits, metrics counters);

  /// Adds a channel for messages of the type of `type`.
  void add(channel_id id, const payload& type, const channel_actor& channel);

  void remove(channel_id id);

  /// The channel of that number, null if there is none.
  [[nodiscard]] channel_actor channel(channel_id id) const;

  /// What there is to know of those channels for a connection: those among them
  /// that are still open. Nearly always it is what the last one got.
  [[nodiscard]] channel_plan_ptr plan(const routing_table::channel_list& of);

  // -- the open channels, in the order of their numbers -----------------------

  /// Calls `f` with each channel.
  template <class F>
  void for_each(F f) const {
    for (const auto& [id, entry] : channels_)
      f(entry.channel);
  }

private:
  struct entry {
    channel_actor channel;
    std::shared_ptr<const wrapper> codec;
  };

  decode_limits limits_;
  metrics counters_;
  std::map<channel_id, entry> channels_;
  /// The last plan that was asked for, and for which channels. Null if they
  /// have changed since.
  channel_plan_ptr plan_;
  routing_table::channel_list planned_;
};

} // namespace troupe
