// SPDX-License-Identifier: Apache-2.0

// What a program hears of a node whose options make no sense.

#include "../world.hpp"
#include "troupe/proto/echo.pb.h"

using namespace troupe;
using namespace troupe::test;

namespace {

struct refused_router_fixture : world {
  refused_router_fixture() {
    auto bad = options(1);
    bad.network = "";
    uut = spawn(std::move(bad));
  }

  template <class T>
  void check(const std::shared_ptr<answer<T>>& answer) {
    REQUIRE(answer->error);
    CHECK(*answer->error == errc::invalid_option);
    CHECK(text_of(*answer->error).find("network: ") != std::string::npos);
  }

  node uut;
};

} // namespace

TEST_CASE_FIXTURE(refused_router_fixture,
                  "who asks a node with bad options learns what is "
                  "wrong with them") {
  SUBCASE("right after it was started") {}
  SUBCASE("when it has ended") {
    settle();
  }
  SUBCASE("much later") {
    advance(1h);
  }
  const auto& to = uut.router();
  for (auto i = 0; i < 2; ++i) {
    check(ask<std::vector<endpoint>>(to, caf::get_atom_v));
    check(ask<std::vector<peer_report>>(to, list_atom_v, uint64_t{10}));
    check(ask<connection_limits>(to, caf::get_atom_v, limits_atom_v));
    check(ask(to, dial_atom_v, *node_address::parse(address(2))));
    check(
        ask<std::vector<peer_update>>(to, caf::get_atom_v, caf::update_atom_v));
  }
}

TEST_CASE_FIXTURE(refused_router_fixture,
                  "the channel of a node with bad options ends with "
                  "what is wrong with them") {
  SUBCASE("right after it was started") {}
  SUBCASE("when it has ended") {
    settle();
  }
  std::optional<caf::error> reason;
  guard(sys().spawn([&](caf::event_based_actor* self) {
    auto channel
        = uut.open_channel<echo::EchoMessage>(self, {.id = echo_channel});
    self->set_exit_handler([&reason, self](caf::exit_msg& msg) {
      reason = msg.reason;
      self->quit();
    });
    return caf::behavior{[](caf::ok_atom) {}};
  }));
  settle();
  REQUIRE(reason);
  CHECK(*reason == errc::invalid_option);
  CHECK(text_of(*reason).find("network: ") != std::string::npos);
}

TEST_CASE_FIXTURE(refused_router_fixture,
                  "what is sent to a node with bad options goes "
                  "nowhere") {
  settle();
  uut.add_peer(*node_address::parse(address(2)));
  uut.ban(id(2), 1h, "why not");
  uut.stop();
  settle();
  check(ask<std::vector<endpoint>>(uut.router(), caf::get_atom_v));
}
