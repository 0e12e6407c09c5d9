// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "troupe/actors/node/node.hpp"
#include "troupe/actors/remote/node_gate_actor.hpp"
#include "troupe/messages/wrapper.hpp"
#include "troupe/tests/actors/channel/questions.hpp"
#include "troupe/tests/actors/world.hpp"

namespace troupe::test {

/// A node with two peers that the test plays, and the same node as another
/// process has it. All of it runs in one process: what differs, which is when
/// processes die, is tested elsewhere.
struct far_world : world {
  static constexpr channel_id questions = 0x71;

  explicit far_world(uint64_t seed = 0)
    : world(seed),
      near(spawn(options(1))),
      gate(guard(spawn_node_gate(sys(), near))),
      far(sys(), near.id(), near.router(), gate) {
    settle();
  }

  /// Opens a channel from the other process, with two peers.
  recorder_ptr open_far(channel_descriptor what
                        = questions_channel(questions)) {
    auto state = open<QuestionsMessage>(far, what);
    settle();
    second = join(near, 2, {what.id});
    third = join(near, 3, {what.id});
    return state;
  }

  template <class T>
  void say(const puppet_ptr& who, const T& message) {
    wrapper codec{QuestionsMessage::default_instance()};
    auto body = codec.marshal(message);
    REQUIRE(body);
    who->send(questions, {body->begin(), body->end()});
    settle();
  }

  /// What a puppet got, decoded.
  static payload got(const puppet_ptr& who, size_t which) {
    wrapper codec{QuestionsMessage::default_instance()};
    const auto& body = who->got.at(which).body;
    auto content = codec.unmarshal({body.data(), body.size()});
    REQUIRE(content);
    return *content;
  }

  [[nodiscard]] int64_t lost(std::string_view why) {
    return dropped(questions, direction::inbound, why);
  }

  node near;
  node_gate_actor gate;
  node far;
  puppet_ptr second;
  puppet_ptr third;
};

} // namespace troupe::test
