// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <chrono>
#include <map>

#include <fmt/format.h>

#include <caf/actor_registry.hpp>

#include "troupe/tests/harness/conformance/checks.hpp"
#include "troupe/tests/harness/conformance/patterned.hpp"

namespace troupe::testing::conformance {

using namespace std::chrono_literals;

namespace {

void messages_outlive_the_transport(node_pair& world) {
  auto pair = world.established();
  pair.round_trip();
  world.a.close();
  world.b.close();
  pair.round_trip();
}

void messages_of_any_size_arrive(node_pair& world) {
  auto pair = world.established();
  constexpr auto sizes = std::array<size_t, 16>{
      0,    1,    2,     1023,  1024,   1025,    2048, 4096,
      4097, 9999, 65536, 65537, 100000, 1048576, 0,    1};
  for (auto size : sizes)
    pair.near->post(talk, patterned(size, size));
  size_t cost = 0;
  for (auto size : sizes) {
    claim(pair.far->next().body == patterned(size, size),
          fmt::format("the message of {} bytes next, unchanged", size));
    cost += message_cost(size);
  }
  while (pair.near->sent() < cost)
    claim(pair.near->wait(), "that all of it is reported as sent");
  claim(pair.near->sent() == cost, "that no more is reported as sent");
}

/// One of two ends closes; sending then fails, and closing again is nothing.
void close_one(node_pair& world,
               std::unique_ptr<connection_end> connection_pair::*who) {
  auto pair = world.established();
  pair.round_trip();
  (pair.*who)->close();
  for (auto* side : {pair.near.get(), pair.far.get()}) {
    claim_code(side->wait_for_end(), errc::connection_closed,
               "the end of the connection");
    claim(!!side->send(talk, patterned(1)), "an error of a message behind it");
    side->close();
  }
}

void both_hear_of_a_close(node_pair& world) {
  close_one(world, &connection_pair::near);
  close_one(world, &connection_pair::far);
}

void unknown_channels_are_refused(node_pair& world) {
  auto pair = world.established();
  claim_code(code_of(pair.near->send(0x01, patterned(1))),
             errc::unknown_channel, "a message on a channel that is not open");
  pair.round_trip();
}

void oversized_messages_end_it(node_pair& world) {
  auto pair = world.established();
  pair.near->post(talk, patterned(10));
  pair.near->post(bulk, patterned(100'001));
  claim_code(pair.far->wait_for_end(), errc::oversized_message,
             "the end of the connection");
  claim_code(pair.near->wait_for_end(), errc::connection_closed,
             "the end of the connection for who sent it");
  claim(pair.far->inbox.size() == 1 && pair.far->inbox[0].body == patterned(10),
        "the message before it, and no other");
}

void the_largest_message_passes(node_pair& world) {
  auto pair = world.established();
  pair.near->post(bulk, patterned(100'000));
  claim(pair.far->next().body == patterned(100'000), "the message");
}

void what_was_sent_is_out_before_a_close(node_pair& world) {
  auto pair = world.established();
  pair.near->post(talk, patterned(5000));
  pair.near->close();
  claim_code(pair.far->wait_for_end(), errc::connection_closed,
             "the end of the connection");
  claim(pair.far->inbox.size() == 1
            && pair.far->inbox[0].body == patterned(5000),
        "the message that was sent before it");
}

void nothing_is_left(node_pair& world) {
  const auto actors = world.sys.registry().running();
  const auto descriptors = open_descriptors();
  {
    std::vector<connection_pair> pairs;
    for (int i = 0; i < 10; ++i) {
      pairs.push_back(world.established());
      pairs.back().round_trip();
    }
    // Five are closed, five are just let go.
    for (size_t i = 0; i < 5; ++i)
      pairs[i].near->close();
  }
  auto& self = world.a.self;
  claim(eventually(self,
                   [&] { return world.sys.registry().running() == actors; }),
        "as many actors as before");
  claim(eventually(self, [&] { return open_descriptors() == descriptors; }),
        "as many descriptors as before");
  world.established().round_trip();
}

void messages_nobody_reads_are_counted(node_pair& world) {
  constexpr channel_id foreign = 0x31;
  auto channels = test_channels();
  channels.push_back({.id = foreign});
  auto pair = world.established(channels);
  // Nothing of it counts against any window, or else this would be the end.
  for (int i = 0; i < 20; ++i)
    pair.near->post(foreign, patterned(70'000));
  pair.round_trip();
  while (pair.far->skipped[foreign] < 20)
    claim(pair.far->wait(), "that all dropped messages are counted");
  claim(pair.far->skipped == std::map<channel_id, uint32_t>{{foreign, 20}},
        "that no other messages are counted as dropped");
  pair.round_trip();
}

void hang_up_behind(node_pair& world, size_t coming) {
  auto pair = world.established();
  constexpr size_t count = 40;
  // More than is with the network at once.
  for (size_t i = 0; i < count; ++i)
    pair.near->post(bulk, patterned(90'000, i));
  for (size_t i = 0; i < coming; ++i)
    pair.far->post(bulk, patterned(90'000, i));
  // The time counts from here, and whoever reads may be slow.
  pair.near->hang_up(10 * patience);
  for (size_t i = 0; i < count; ++i)
    claim(pair.far->next().body == patterned(90'000, i),
          "all that was queued, in order");
  claim_code(pair.far->wait_for_end(), errc::connection_closed,
             "the end of the connection");
  claim_code(pair.near->wait_for_end(), errc::hung_up,
             "the end of the connection for who hung up");
}

void hanging_up_is_behind_messages(node_pair& world) {
  hang_up_behind(world, 0);
  hang_up_behind(world, 40);
}

void hanging_up_is_bounded(node_pair& world) {
  auto pair = world.established();
  // The other one gives no credit for them.
  for (size_t i = 0; i < 400; ++i)
    pair.near->post(bulk, patterned(90'000, i));
  pair.near->hang_up(200ms);
  claim_code(pair.near->wait_for_end(), errc::hung_up,
             "the end of the connection");
}

void pings_are_answered(node_pair& world) {
  auto pair = world.established();
  for (auto* end : {pair.near.get(), pair.far.get()})
    for (int i = 0; i < 3; ++i)
      claim(!end->outcome_of(caf::ping_atom_v), "a sign of life");
  pair.round_trip();
  // It is no message, and costs nothing.
  claim(pair.near->inbox.empty(), "no further message");
  claim(pair.near->sent() == message_cost(1000),
        "that only the message counts as sent");
}

} // namespace

std::vector<transport_check> message_checks() {
  return {
      on_two_nodes("messages go both ways, also once transports close",
                   messages_outlive_the_transport),
      on_two_nodes("messages of any size arrive whole and in order, and are "
                   "reported as sent",
                   messages_of_any_size_arrive),
      on_two_nodes("when one side closes, both hear of it",
                   both_hear_of_a_close),
      on_two_nodes("sending on a channel that is not open is refused",
                   unknown_channels_are_refused),
      on_two_nodes("a message above its channel's capacity ends the connection",
                   oversized_messages_end_it),
      on_two_nodes("a message of just the channel's capacity passes",
                   the_largest_message_passes),
      on_two_nodes("what an idle connection sends is out before a close",
                   what_was_sent_is_out_before_a_close),
      on_two_nodes("closing everything leaves nothing behind", nothing_is_left),
      on_two_nodes("messages on a channel that is not open are dropped and "
                   "counted, and others pass",
                   messages_nobody_reads_are_counted),
      on_two_nodes("who hangs up has everything queued arrive first",
                   hanging_up_is_behind_messages),
      on_two_nodes("who hangs up does not wait for ever",
                   hanging_up_is_bounded),
      on_two_nodes("a remote that lives gives a sign of it, idle or not",
                   pings_are_answered),
  };
}

} // namespace troupe::testing::conformance
