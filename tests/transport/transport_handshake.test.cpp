// SPDX-License-Identifier: Apache-2.0
//
// What every transport does about handshakes.
//
// Of TR-11 the cancelled context is left out: a handshake ends when whoever
// asked for it ends.
#include "troupe/messages/as_result.hpp"
#include "troupe/tests/transport/transport_kinds.hpp"

using namespace troupe;
using namespace troupe::test;

#define KINDS TROUPE_TRANSPORT_KINDS

TEST_CASE_TEMPLATE("TR-10: a handshake tells each side about the other", Kind,
                   KINDS) {
  two_nodes<Kind> world;
  auto pair = world.connected();
  auto near = pair.near->ask_handshake(world.a.info, world.b.key.id());
  auto far = pair.far->ask_handshake(world.b.info, world.a.key.id());
  auto fail = [](const caf::error& e) { FAIL(to_string(e)); };
  near.receive(
      [&](const handshake_result& x) {
        CHECK(x.id == world.b.key.id());
        CHECK(x.info == world.b.info);
        CHECK(x.ends.remote == world.address);
      },
      fail);
  far.receive(
      [&](const handshake_result& x) {
        CHECK(x.id == world.a.key.id());
        CHECK(x.info == world.a.info);
        CHECK(x.ends.local == world.address);
      },
      fail);
}

TEST_CASE_TEMPLATE("TR-10: a handshake refuses whom we did not mean", Kind,
                   KINDS) {
  two_nodes<Kind> world;
  auto pair = world.connected();
  auto near = pair.near->ask_handshake(world.a.info, key_of(3).id());
  auto far = pair.far->ask_handshake(world.b.info);
  near.receive(
      [](const handshake_result&) { FAIL("mistaken"); },
      [](const caf::error& e) { CHECK(code_of(e) == errc::unexpected_peer); });
  CHECK(pair.near->wait_for_end() == errc::unexpected_peer);
  // The other side has no complaint, and may even have finished.
  far.receive([](const handshake_result&) {},
              [](const caf::error& e) {
                CHECK(code_of(e) == errc::connection_closed);
              });
}

TEST_CASE("who was dialed as somebody else learns what may have happened") {
  two_nodes<sim_streams> world;
  auto pair = world.connected();
  auto near = pair.near->ask_handshake(world.a.info, key_of(3).id());
  auto far = pair.far->ask_handshake(world.b.info);
  near.receive(
      [](const handshake_result&) { FAIL("mistaken"); },
      [](const caf::error& e) { CHECK(code_of(e) == errc::unexpected_peer); });
  far.receive([](const handshake_result&) { FAIL("finished"); },
              [](const caf::error& e) {
                CHECK(code_of(e) == errc::connection_closed);
                CHECK(text_of(e).find("once it knew who we are")
                      != std::string::npos);
              });
}

TEST_CASE_TEMPLATE("TR-10: a handshake refuses an incompatible node", Kind,
                   KINDS) {
  two_nodes<Kind> world;
  auto pair = world.connected();
  auto info = world.a.info;
  auto expected = errc::none;
  SUBCASE("of another network") {
    info.network = "othernet";
    expected = errc::wrong_network;
  }
  SUBCASE("without a common channel") {
    info.channels = {0x01};
    expected = errc::no_common_channel;
  }
  SUBCASE("of another block protocol") {
    info.versions.block = 10;
    expected = errc::wrong_block_version;
  }
  SUBCASE("that claims another ID") {
    info.node_id = to_string(key_of(3).id());
    expected = errc::identity_mismatch;
  }
  SUBCASE("with a malformed node info") {
    info.moniker = "\x01";
    expected = errc::invalid_node_info;
  }
  auto near = pair.near->ask_handshake(info);
  auto far = pair.far->ask_handshake(world.b.info);
  far.receive([](const handshake_result&) { FAIL("not refused"); },
              [&](const caf::error& e) { CHECK(code_of(e) == expected); });
  CHECK(pair.far->wait_for_end() == expected);
  near.receive([](const handshake_result&) {}, [](const caf::error&) {});
}

TEST_CASE_TEMPLATE("TR-11: a handshake that nobody answers times out", Kind,
                   KINDS) {
  two_nodes<Kind> world;
  auto pair = world.connected();
  pair.near->ask_handshake(world.a.info, world.b.key.id(), 200ms)
      .receive([](const handshake_result&) { FAIL("nobody was there"); },
               [](const caf::error& e) { CHECK(code_of(e) == errc::timeout); });
  CHECK(pair.near->wait_for_end() == errc::timeout);
}

TEST_CASE_TEMPLATE("TR-11: a handshake ends with whoever asked for it", Kind,
                   KINDS) {
  two_nodes<Kind> world;
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
        CHECK(code_of(msg.reason) == errc::shutting_down);
      },
      caf::after(patience) >> [] { FAIL("it lives on"); });
}

TEST_CASE_TEMPLATE("a handshake comes once, then start, then messages", Kind,
                   KINDS) {
  two_nodes<Kind> world;
  auto pair = world.connected();
  CHECK(code_of(pair.near->start()) == errc::invalid_state);
  CHECK(code_of(pair.near->send(talk, patterned(1))) == errc::invalid_state);
  auto near = pair.near->ask_handshake(world.a.info);
  pair.near->ask_handshake(world.a.info)
      .receive([](const handshake_result&) { FAIL("a second handshake"); },
               [](const caf::error& e) {
                 CHECK(code_of(e) == errc::invalid_state);
               });
  auto far = pair.far->ask_handshake(world.b.info);
  auto fail = [](const caf::error& e) { FAIL(to_string(e)); };
  near.receive([](const handshake_result&) {}, fail);
  far.receive([](const handshake_result&) {}, fail);
  CHECK(code_of(pair.near->send(talk, patterned(1))) == errc::invalid_state);
  CHECK_FALSE(pair.near->start());
  CHECK(code_of(pair.near->start()) == errc::invalid_state);
  // What is sent before the other side starts waits for it.
  CHECK_FALSE(pair.near->send(talk, patterned(10)));
  CHECK_FALSE(pair.far->start());
  CHECK(pair.far->next().body == patterned(10));
}
