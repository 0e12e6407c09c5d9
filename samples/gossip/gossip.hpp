// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/local_actor.hpp>
#include <caf/timespan.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/samples/gossip/gossip_message.hpp"
#include "troupe/samples/gossip/gossip_options.hpp"
#include "troupe/samples/gossip/type_ids.hpp"

namespace troupe {

/// An open gossip, as its user holds it: a small value to copy around.
///
///     caf::behavior chat(caf::event_based_actor* self, troupe::node home) {
///       auto gossip = troupe::open_gossip(self, home, {.topics = {"chat"}});
///       return {
///           [](const troupe::gossip_message& in) {
///             return is_polite(in.content) ? troupe::gossip_verdict::accept
///                                          : troupe::gossip_verdict::reject;
///           },
///           [=](const std::string& line) { gossip.publish("chat", line); },
///       };
///     }
///
/// The user gets each message of its topics once, as a `gossip_message`, but
/// not its own, and answers with a `gossip_verdict`, at once or with a promise.
/// Only what it accepts is passed on. An error, or no answer within
/// `verdict_time`, counts as `ignore`.
class gossip {
public:
  /// Constructs a gossip that has ended.
  gossip() = default;

  gossip(const caf::actor& handle, size_t content_max)
    : address_(handle.address()),
      content_max_(content_max) {}

  /// Sends a message to all nodes that have the topic. Once it is known, the
  /// same again does nothing.
  /// @returns `none`, `oversized_message` if it is larger than `content_max`,
  ///          or `invalid_state` if the gossip has ended.
  failure publish(std::string topic, std::string content) const;

  // What takes `self`, the pointer to an actor, asks: the result is a response,
  // as that of `request` is, for `then` or `receive`.

  /// The same, and asks for the `gossip_id` of the message. Fails with
  /// `oversized_message`, and with `invalid_option` if the node has no such
  /// topic.
  template <class Self>
  auto publish(Self&& self, std::string topic, std::string content) const {
    return self->request(actor(), caf::infinite, caf::publish_atom_v,
                         std::move(topic), std::move(content));
  }

  /// Takes part in a topic from now on. A topic that is none, or one too many,
  /// changes nothing.
  void subscribe(std::string topic) const;

  void unsubscribe(std::string topic) const;

  /// Asks what has happened so far: `gossip_counts`.
  template <class Self>
  auto counts(Self&& self) const {
    return self->request(actor(), caf::infinite, caf::get_atom_v);
  }

  /// The actor behind it, null once it has ended.
  [[nodiscard]] caf::actor actor() const {
    return caf::actor_cast<caf::actor>(address_);
  }

private:
  caf::actor_addr address_;
  size_t content_max_ = 0;
};

/// Opens a gossip on a node, with `user` as its user. It opens one channel,
/// which `node_options::channels_expected` has to count.
///
/// It is linked with its user: either ends when the other does, and both end
/// with the node. Options that make no sense end them at once, with the error;
/// call `validate(options)` first to learn it earlier.
/// @pre the program has registered `caf::id_block::troupe_gossip`.
gossip open_gossip(caf::local_actor* user, const node& where,
                   gossip_options options = {});

} // namespace troupe
