// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/conformance/checks.hpp"
#include "troupe/tests/harness/conformance/patterned.hpp"

namespace troupe::testing::conformance {

namespace {

/// Others go on, and meanwhile what can come has come.
void let_others_talk(connection_pair& others) {
  for (int i = 0; i < 100; ++i)
    others.round_trip();
}

void windows_bound_bytes(node_pair& world) {
  auto pair = world.established();
  auto others = world.established();
  constexpr size_t size = 20'000;
  constexpr size_t count = 1500;
  // More than kernels take.
  for (size_t i = 0; i < count; ++i)
    pair.near->post(bulk, patterned(size, i));
  while (pair.far->received() < connection_read_window)
    claim(pair.far->wait(), "a full window");
  let_others_talk(others);
  pair.far->poll();
  claim(pair.far->received() < connection_read_window + read_cost(size),
        "no more than a window");
  claim(pair.near->sent() < count * message_cost(size),
        "that the sender is held up, too");
  for (size_t i = 0; i < count; ++i)
    claim(pair.far->next().body == patterned(size, i),
          "all messages, in order");
}

void windows_bound_messages(node_pair& world) {
  auto pair = world.established();
  auto others = world.established();
  constexpr size_t count = 5 * connection_read_messages;
  for (size_t i = 0; i < count; ++i)
    pair.near->post(talk, patterned(3, i));
  while (pair.far->inbox.size() < connection_read_messages)
    claim(pair.far->wait(), "a full window");
  let_others_talk(others);
  pair.far->poll();
  claim(pair.far->inbox.size() == connection_read_messages,
        "no more than a window");
  for (size_t i = 0; i < count; ++i)
    claim(pair.far->next().body == patterned(3, i), "all messages, in order");
}

/// Channels share by priority also what waits in the connection.
void urgent_messages_pass(node_pair& world) {
  auto pair = world.established();
  auto others = world.established();
  constexpr size_t size = 90'000;
  constexpr size_t count = 350;
  // More than kernels take.
  for (size_t i = 0; i < count; ++i)
    pair.near->post(bulk, patterned(size, i));
  while (pair.far->received() < connection_read_window)
    claim(pair.far->wait(), "a full window");
  let_others_talk(others);
  pair.near->poll();
  claim(pair.near->sent() < count * message_cost(size),
        "that some of it waits here");
  pair.near->post(talk, patterned(10));
  size_t before = 0;
  for (auto next = pair.far->next(); next.channel == bulk;
       next = pair.far->next()) {
    claim(next.body == patterned(size, before), "all messages, in order");
    ++before;
  }
  claim(before < count, "that it passes what waited on another channel");
  for (size_t i = before; i < count; ++i)
    claim(pair.far->next().body == patterned(size, i), "the rest, in order");
}

} // namespace

std::vector<transport_check> window_checks() {
  return {
      on_two_nodes("a reader that gives no credit bounds what arrives",
                   windows_bound_bytes),
      on_two_nodes("a reader that gives no credit gets a bounded number of "
                   "messages, however small",
                   windows_bound_messages),
      on_two_nodes("a message of a higher priority passes those that wait on "
                   "another channel",
                   urgent_messages_pass),
  };
}

} // namespace troupe::testing::conformance
