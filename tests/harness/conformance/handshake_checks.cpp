// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include "troupe/messages/as_result.hpp"
#include "troupe/tests/harness/conformance/checks.hpp"
#include "troupe/tests/harness/conformance/patterned.hpp"
#include "troupe/transport/handshake_error.hpp"

namespace troupe::testing::conformance {

using namespace std::chrono_literals;

namespace {

[[noreturn]] void unexpected(const handshake_result&) {
  throw conformance_failure{"a handshake succeeds, expected an error"};
}

[[noreturn]] void failed(const caf::error& why) {
  throw conformance_failure{"a handshake failed: " + to_string(why)};
}

void each_side_learns_of_the_other(node_pair& world) {
  auto pair = world.connected();
  auto near = pair.near->ask_handshake(world.a.info, world.b.key.id());
  auto far = pair.far->ask_handshake(world.b.info, world.a.key.id());
  near.receive(
      [&](const handshake_result& x) {
        claim(x.id == world.b.key.id(), "the ID of who was dialed");
        claim(x.info == world.b.info, "the node info of who was dialed");
        claim(x.ends.remote == world.address, "the endpoint that was dialed");
      },
      failed);
  far.receive(
      [&](const handshake_result& x) {
        claim(x.id == world.a.key.id(), "the ID of who dialed");
        claim(x.info == world.a.info, "the node info of who dialed");
        claim(x.ends.local == world.address, "the endpoint that was dialed");
      },
      failed);
}

void somebody_else_is_refused(node_pair& world) {
  auto pair = world.connected();
  auto near = pair.near->ask_handshake(world.a.info, key_of(3).id());
  auto far = pair.far->ask_handshake(world.b.info);
  near.receive(unexpected, [](const caf::error& e) {
    claim_code(code_of(e), errc::unexpected_peer, "the handshake");
  });
  claim_code(pair.near->wait_for_end(), errc::unexpected_peer,
             "the end of the connection");
  // The other side has no complaint, and may even have finished.
  far.receive([](const handshake_result&) {},
              [](const caf::error& e) {
                claim_code(code_of(e), errc::connection_closed,
                           "the handshake of the other side");
              });
}

/// One that does not fit, for this reason.
void refuse(node_pair& world, const node_info& info, errc expected) {
  auto pair = world.connected();
  auto near = pair.near->ask_handshake(info);
  auto far = pair.far->ask_handshake(world.b.info);
  far.receive(unexpected, [&](const caf::error& e) {
    claim_code(code_of(e), expected, "the handshake");
  });
  claim_code(pair.far->wait_for_end(), expected, "the end of the connection");
  near.receive([](const handshake_result&) {}, [](const caf::error&) {});
}

void incompatible_nodes_are_refused(node_pair& world) {
  auto info = world.a.info;
  info.network = "othernet";
  refuse(world, info, errc::wrong_network);
  info = world.a.info;
  info.channels = {0x01};
  refuse(world, info, errc::no_common_channel);
  info = world.a.info;
  info.versions.block = 10;
  refuse(world, info, errc::wrong_block_version);
  info = world.a.info;
  info.node_id = to_string(key_of(3).id());
  refuse(world, info, errc::identity_mismatch);
  info = world.a.info;
  info.moniker = "\x01";
  refuse(world, info, errc::invalid_node_info);
}

void a_failure_names_the_remote(node_pair& world) {
  auto pair = world.connected();
  auto info = world.a.info;
  info.network = "othernet";
  auto near = pair.near->ask_handshake(info, world.b.key.id());
  auto far = pair.far->ask_handshake(world.b.info);
  far.receive(unexpected, [&](const caf::error& e) {
    claim_code(code_of(e), errc::wrong_network, "the handshake");
    claim(proven_id(e) == world.a.key.id(), "an error that names the remote");
  });
  near.receive([](const handshake_result&) {}, [](const caf::error&) {});
  // Who says nothing has proven nothing.
  auto silent = world.connected();
  silent.far->ask_handshake(world.b.info, {}, 200ms)
      .receive(unexpected, [](const caf::error& e) {
        claim(!proven_id(e), "an error that names nobody");
      });
}

void silence_times_out(node_pair& world) {
  auto pair = world.connected();
  pair.near->ask_handshake(world.a.info, world.b.key.id(), 200ms)
      .receive(unexpected, [](const caf::error& e) {
        claim_code(code_of(e), errc::timeout, "the handshake");
      });
  claim_code(pair.near->wait_for_end(), errc::timeout,
             "the end of the connection");
}

void a_handshake_ends_with_who_asked(node_pair& world) {
  auto pair = world.connected();
  patient_actor watcher{world.sys};
  // Who holds a handle to it does not keep it alive in this.
  auto handle = pair.near->handle();
  watcher->monitor(handle);
  {
    auto answer = pair.near->ask_handshake(world.a.info);
    pair.near.reset();
  }
  watcher->receive(
      [](const caf::down_msg& msg) {
        claim_code(code_of(msg.reason), errc::shutting_down,
                   "the end of the connection");
      },
      caf::after(patience) >>
          [] {
            throw conformance_failure{
                "the connection outlives who asked for it"};
          });
}

void steps_come_in_order(node_pair& world) {
  auto pair = world.connected();
  auto early = [&](const caf::error& found, std::string_view what) {
    claim_code(code_of(found), errc::invalid_state, what);
  };
  early(pair.near->start(), "a start before the handshake");
  early(pair.near->send(talk, patterned(1)), "a message before the handshake");
  early(pair.near->outcome_of(caf::ping_atom_v), "a ping before the start");
  auto near = pair.near->ask_handshake(world.a.info);
  pair.near->ask_handshake(world.a.info)
      .receive(unexpected,
               [&](const caf::error& e) { early(e, "a second handshake"); });
  auto far = pair.far->ask_handshake(world.b.info);
  near.receive([](const handshake_result&) {}, failed);
  far.receive([](const handshake_result&) {}, failed);
  early(pair.near->send(talk, patterned(1)), "a message before the start");
  claim(!pair.near->start(), "that it starts");
  early(pair.near->start(), "a second start");
  // What is sent before the other side starts waits for it.
  claim(!pair.near->send(talk, patterned(10)), "that a message is taken");
  claim(!pair.far->start(), "that the other side starts");
  claim(pair.far->next().body == patterned(10), "the message that waited");
}

void the_remote_that_refused_is_understood(node_pair& world) {
  // Whoever has no channels takes anybody, so that only the other one minds.
  world.a.info.channels.clear();
  auto pair = world.connected();
  auto near = pair.near->ask_handshake(world.a.info, world.b.key.id());
  auto far = pair.far->ask_handshake(world.b.info);
  far.receive(unexpected, [&](const caf::error& e) {
    claim_code(code_of(e), errc::no_common_channel, "the handshake");
  });
  auto passed = false;
  near.receive([&](const handshake_result&) { passed = true; },
               [](const caf::error&) {});
  if (passed)
    static_cast<void>(pair.near->start());
  claim_code(pair.near->wait_for_end(),
             passed ? errc::no_common_channel : errc::connection_closed,
             "the end of the connection");
}

} // namespace

std::vector<transport_check> handshake_checks() {
  return {
      on_two_nodes("a handshake tells each side about the other",
                   each_side_learns_of_the_other),
      on_two_nodes("a handshake refuses whom we did not mean",
                   somebody_else_is_refused),
      on_two_nodes("a handshake refuses an incompatible node",
                   incompatible_nodes_are_refused),
      on_two_nodes("a handshake that fails says with whom, if that was proven",
                   a_failure_names_the_remote),
      on_two_nodes("a handshake that nobody answers times out",
                   silence_times_out),
      on_two_nodes("a handshake ends with whoever asked for it",
                   a_handshake_ends_with_who_asked),
      on_two_nodes("a handshake comes once, then start, then messages",
                   steps_come_in_order),
      on_two_nodes("a remote that hangs up at once, as our channels do not "
                   "fit, is said to have done so for that",
                   the_remote_that_refused_is_understood),
  };
}

} // namespace troupe::testing::conformance
