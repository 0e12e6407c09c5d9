// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/tests/harness/message_faults.hpp"
#include "troupe/tests/harness/network.hpp"

namespace troupe::testing {

// Nodes that do not keep to the protocol. Whatever they send instead goes the
// way of all messages: their connections take it, pack, encrypt and limit it,
// and the network carries it, so that it costs what it costs a real attacker.
//
// These are faults for `network::at` and `network::apply`. Each lasts until
// `reform` or `calm`. A node may have several: each gets what the ones before
// it leave. `what` says in traces and reports which messages are chosen; those
// of an `app_message` that is about to be sent are as they are for one that has
// arrived.

/// A node says something else instead of chosen messages, in bytes: a truth for
/// some and a lie for others, or what nobody can decode.
fault lie(size_t node, std::string what, message_choice which,
          std::function<bytes(const app_message&)> instead);

/// The same in words: changes what it says. `Message` is the channel's type;
/// what is none of it stays.
///
///     net.apply(lie<Vote>(3, "its height", [](Vote& vote, const auto& to) {
///       vote.set_height(vote.height() + to.to % 2);
///     }));
template <class Message, class F>
fault lie(size_t node, std::string what, F change) {
  return lie(
      node, std::move(what),
      [](const app_message& message) {
        return message.as<Message>().has_value();
      },
      [change = std::move(change)](const app_message& message) {
        auto content = *message.as<Message>();
        change(content, message);
        bytes result(content.ByteSizeLong());
        content.SerializePartialToArray(result.data(),
                                        static_cast<int>(result.size()));
        return result;
      });
}

/// A node does not send chosen messages.
fault withhold(size_t node, std::string what, message_choice which);

/// A node sends chosen messages that much later, behind what it says meanwhile.
fault dawdle(size_t node, std::string what, message_choice which,
             duration wait);

/// A node sends chosen messages, and once more after that time, if its
/// connection lasts.
fault replay(size_t node, std::string what, message_choice which,
             duration wait);

/// A node sends chosen messages that many times at once.
fault flood(size_t node, std::string what, message_choice which, size_t times);

/// A node keeps to the protocol again.
fault reform(size_t node);

/// Adds a node with the key of another one, at a host of its own: one key with
/// two minds. Whom they are to meet knows both addresses after
/// `network::connect`. Where nodes are known by their keys, as in
/// `network::number_of` and `app_message`, both are the first one.
/// @returns the number of the second one.
size_t add_twin(network& net, size_t of);

} // namespace troupe::testing
