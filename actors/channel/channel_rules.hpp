// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include <caf/mailbox_element.hpp>
#include <caf/message.hpp>

#include "troupe/actors/channel/answer_passes.hpp"
#include "troupe/actors/channel/exchange_rules.hpp"
#include "troupe/actors/channel/peer_routes.hpp"
#include "troupe/actors/operator/metrics.hpp"
#include "troupe/actors/qos/intake.hpp"
#include "troupe/actors/qos/qos_mailbox.hpp"
#include "troupe/actors/qos/shed_inbox.hpp"
#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/type_ids.hpp"

namespace troupe {

/// How messages wait for a `channel_actor`. Those of peers wait by peer, and so
/// share the reactor by bytes and by their weights, however much one of them
/// sends. What the reactor sends to one peer goes past the channel, unless
/// something that it sent before is still there. All that does not has its
/// bounds: the reactor may be quicker than the channel. Answers to its
/// questions do not wait, either.
class channel_rules final : public envelope_rules<node_id> {
public:
  channel_rules(const channel_descriptor& channel, exchange_rules exchanges,
                metrics count);

  [[nodiscard]] bool is_envelope(const caf::message& content) const override;

  [[nodiscard]] result<place> sort(const caf::message& content) const override;

  [[nodiscard]] caf::strong_actor_ptr
  passes_to(const caf::message& content) const override;

  [[nodiscard]] errc admit(const caf::message& content) const override;

  void refused(const caf::message& content, errc code) const override;

  void shed(const caf::mailbox_element& what, qos_loss why) const override;

  /// While a message of the reactor is being passed on.
  class passage {
  public:
    passage(intake& from, size_t cost) : from_(from), cost_(cost) {}

    passage(const passage&) = delete;

    passage& operator=(const passage&) = delete;

    /// It has been: what the reactor sends next may go past the channel.
    ~passage() {
      from_.leave(cost_);
    }

  private:
    intake& from_;
    size_t cost_;
  };

  /// A message of the reactor that was admitted has arrived.
  [[nodiscard]] passage arrived(size_t size) const;

  /// The same, of a question for room.
  void asked() const;

  [[nodiscard]] const exchange_rules& exchanges() const {
    return exchanges_;
  }

  [[nodiscard]] answer_passes& passes() const {
    return passes_;
  }

  [[nodiscard]] peer_routes& routes() const {
    return routes_;
  }

  [[nodiscard]] shed_inbox& losses() const {
    return losses_;
  }

private:
  static std::optional<size_t> size_of(const caf::message& content);

  void count(direction way, const std::string& reason, size_t messages) const;

  channel_id id_;
  bool waits_;
  exchange_rules exchanges_;
  mutable answer_passes passes_;
  mutable peer_routes routes_;
  qos_flow_options limits_;
  metrics counters_;
  mutable intake outbound_;
  // Whoever finds that full asks, so that it has a bound of its own.
  mutable intake asking_;
  mutable shed_inbox losses_;
};

} // namespace troupe
