// SPDX-License-Identifier: Apache-2.0

// Seeing and steering a running node, as it is done over HTTP.

#include "troupe/actors/operator/operator_actor.hpp"

#include <map>

#include "../world.hpp"
#include "recording_desk.hpp"

using namespace troupe;
using namespace troupe::test;
using nlohmann::json;

namespace {

class fixed_clock final : public wall_clock {
public:
  [[nodiscard]] wall_time now() const override {
    return {};
  }
};

struct operator_actor_fixture {
  explicit operator_actor_fixture(operator_surface surface
                                  = operator_surface::everything)
    : target(world.stand_in(world.id(2))) {
    target->with = decoy::mood::refuse;
    auto options = world.options(1, {2});
    options.retry.min_retry_time = 1h;
    options.retry.max_retry_time = 1h;
    options.retry.max_retry_time_persistent = 1h;
    where = world.spawn(std::move(options));
    state = world.open(where);
    uut = world.guard(spawn_operator(
        world.sys(), where, desk,
        {.surface = surface, .clock = std::make_shared<fixed_clock>()}));
    world.settle();
  }

  ~operator_actor_fixture() {
    uut = operator_actor{};
    world.stop_all();
  }

  /// Puts a request to the node without waiting.
  uint64_t send(const std::string& method, const std::string& path,
                const json& body = nullptr) {
    caf::anon_send(uut, ++last, method, path,
                   body.is_null() ? std::string{} : body.dump());
    return last;
  }

  /// Puts a request to the node. @returns the answer.
  http_response ask(const std::string& method, const std::string& path,
                    const json& body = nullptr) {
    auto number = send(method, path, body);
    world.settle();
    REQUIRE(desk->answers.count(number) == 1);
    return desk->answers[number];
  }

  json get(const std::string& path) {
    auto answer = ask("GET", path);
    CHECK(answer.status == 200);
    return json::parse(answer.body);
  }

  unsigned post(const std::string& path, const json& body) {
    return ask("POST", path, body).status;
  }

  static std::string hex(uint8_t number) {
    return to_string(troupe::test::world::id(number));
  }

  troupe::test::world world;
  decoy_ptr target;
  node where;
  recorder_ptr state;
  std::shared_ptr<recording_desk> desk = std::make_shared<recording_desk>();
  operator_actor uut;
  uint64_t last = 0;
};

struct public_fixture : operator_actor_fixture {
  public_fixture() : operator_actor_fixture(operator_surface::read_only) {}
};

} // namespace

TEST_CASE_FIXTURE(operator_actor_fixture,
                  "an operator's dial wins over the backoff") {
  REQUIRE(target->attempts == 1);
  world.advance(10min);
  REQUIRE(target->attempts == 1);
  target->with = decoy::mood::accept;
  CHECK(post("/dial", {{"peer", hex(2)}}) == 200);
  REQUIRE(target->attempts == 2);
  target->dials.back()->greet(world.id(2), world.info(2));
  world.settle();
  CHECK(state->sees(world.id(2)));
  auto refused = ask("POST", "/dial", {{"peer", hex(2)}});
  CHECK(refused.status == 409);
  CHECK(json::parse(refused.body).at("error") == "already_connected");
  CHECK(post("/dial", {{"peer", hex(9)}}) == 404);
}

TEST_CASE_FIXTURE(operator_actor_fixture, "an operator ends a connection") {
  auto remote = world.join(where, 3);
  REQUIRE(state->sees(world.id(3)));
  CHECK(post("/disconnect", {{"peer", hex(3)}}) == 200);
  CHECK_FALSE(state->sees(world.id(3)));
  CHECK(remote->closed);
  CHECK(post("/disconnect", {{"peer", hex(3)}}) == 409);
}

TEST_CASE_FIXTURE(operator_actor_fixture,
                  "a ban ends the connection and keeps the peer out "
                  "until it ends or is lifted") {
  world.join(where, 3);
  CHECK(post("/ban", {{"peer", hex(3)}, {"seconds", 3600}, {"reason", "noise"}})
        == 200);
  CHECK_FALSE(state->sees(world.id(3)));
  CHECK(world.join(where, 3)->reason() == errc::banned);
  CHECK(post("/dial", {{"peer", hex(3)}}) == 409);
  SUBCASE("lifted") {
    CHECK(post("/unban", {{"peer", hex(3)}}) == 200);
    CHECK(post("/unban", {{"peer", hex(3)}}) == 404);
  }
  SUBCASE("over") {
    world.advance(1h);
  }
  world.join(where, 3);
  CHECK(state->sees(world.id(3)));
}

TEST_CASE_FIXTURE(operator_actor_fixture,
                  "addresses are learned, and those that are no news "
                  "are counted") {
  const auto known = hex(5) + "@192.0.2.1:26656";
  const json list = {known, hex(6) + "@192.0.2.2:26656", known};
  auto answer = ask("POST", "/peers", {{"peers", list}});
  CHECK(answer.status == 200);
  CHECK(json::parse(answer.body)
        == json{{"new", 2}, {"known", 1}, {"refused", 0}});
  const auto own = hex(1) + "@192.0.2.3:1";
  answer = ask("POST", "/peers", {{"peers", {own, known}}});
  CHECK(json::parse(answer.body)
        == json{{"new", 0}, {"known", 2}, {"refused", 0}});
  answer = ask("POST", "/peers", {{"peers", json::array()}});
  CHECK(json::parse(answer.body)
        == json{{"new", 0}, {"known", 0}, {"refused", 0}});
  CHECK(get("/peers").at("peers").size() == 3);
}

TEST_CASE_FIXTURE(operator_actor_fixture,
                  "a peer is forgotten, unless it is connected or "
                  "configured") {
  const json list = {hex(5) + "@192.0.2.1:26656"};
  post("/peers", {{"peers", list}});
  CHECK(get("/peers").at("peers").size() == 2);
  CHECK(post("/forget", {{"peer", hex(5)}}) == 200);
  CHECK(post("/forget", {{"peer", hex(5)}}) == 404);
  CHECK(get("/peers").at("peers").size() == 1);
  world.join(where, 3);
  CHECK(post("/forget", {{"peer", hex(3)}}) == 409);
  CHECK(state->sees(world.id(3)));
  CHECK(post("/forget", {{"peer", hex(2)}}) == 409);
}

TEST_CASE_FIXTURE(operator_actor_fixture,
                  "the list says why each peer is or is not "
                  "connected") {
  world.join(where, 3);
  post("/ban",
       {{"peer", hex(4)}, {"seconds", 3600}, {"reason", "a \"noise\""}});
  auto peers = get("/peers").at("peers");
  REQUIRE(peers.size() == 3);
  for (const auto& peer : peers) {
    CAPTURE(peer.dump());
    if (peer.at("peer") == hex(2)) {
      CHECK(peer.at("state") == "backing_off");
      CHECK(peer.at("addresses").size() == 1);
      CHECK(peer.at("wait") > 0);
    } else if (peer.at("peer") == hex(3)) {
      CHECK(peer.at("state") == "up");
      CHECK(peer.at("direction") == "inbound");
    } else {
      CHECK(peer.at("explanation").get<std::string>().find("noise")
            != std::string::npos);
    }
  }
  CHECK(get("/peers?limit=1").at("peers").size() == 1);
}

TEST_CASE_FIXTURE(operator_actor_fixture,
                  "limits can be changed while peers are there, all "
                  "of a change or nothing of it") {
  world.join(where, 3);
  world.join(where, 4);
  auto before = get("/limits");
  CHECK(before.at("max_outgoing").is_null());
  auto changed = ask("PATCH", "/limits",
                     {{"max_connected", 1},
                      {"max_connected_upgrade", 0},
                      {"max_visitors", 3},
                      {"max_per_ip", 1},
                      {"ip_rate", nullptr}});
  CHECK(changed.status == 200);
  CHECK(state->sees(world.id(3)) + state->sees(world.id(4)) == 1);
  auto after = get("/limits");
  CHECK(after == json::parse(changed.body));
  CHECK(after.at("max_connected") == 1);
  CHECK(after.at("max_visitors") == 3);
  CHECK(after.at("ip_rate").is_null());
  CHECK(after.at("total_rate") == before.at("total_rate"));
  // What strangers may have is refused after the slots were changed.
  auto refused
      = ask("PATCH", "/limits", {{"max_connected", 5}, {"max_per_subnet", 0}});
  CHECK(refused.status == 400);
  CHECK(refused.body.find("max_per_subnet") != std::string::npos);
  CHECK(get("/limits") == after);
  CHECK(ask("PATCH", "/limits", {{"max_connected", 0}}).status == 400);
  // They work again after a refusal.
  CHECK(ask("PATCH", "/limits", {{"max_connected", 2}}).status == 200);
}

TEST_CASE_FIXTURE(operator_actor_fixture,
                  "of two changes at once, the second is refused") {
  auto first = send("PATCH", "/limits", {{"max_connected", 5}});
  auto second = send("PATCH", "/limits", {{"max_outgoing", 3}});
  world.settle();
  CHECK(desk->answers[first].status + desk->answers[second].status
        == 200 + 409);
}

TEST_CASE_FIXTURE(operator_actor_fixture,
                  "a stream begins with what is, and goes on with "
                  "what happens, until the node ends") {
  world.join(where, 3);
  auto number = send("GET", "/events");
  world.settle();
  auto& seen = desk->streams.at(number);
  std::map<std::string, json> by_name;
  auto sort = [&] {
    for (const auto& event : seen)
      by_name[event.at("event")] = event;
  };
  sort();
  CHECK(by_name.at("listening").at("node_id") == hex(1));
  CHECK(by_name.at("peer_up").at("peer") == hex(3));
  CHECK(by_name.at("peer_up").at("time") == "1970-01-01T00:00:00.000Z");
  post("/ban", {{"peer", hex(3)}, {"seconds", 60}, {"reason", "a noise"}});
  world.knock(where, world.id(7))->hang_up();
  world.settle();
  sort();
  CHECK(by_name.at("peer_down").at("reason") == "banned");
  CHECK(by_name.at("peer_down").at("text") == "a noise");
  CHECK(by_name.count("refused") == 1);
  where.stop();
  world.settle();
  CHECK(desk->ended == std::vector<uint64_t>{number});
  CHECK(desk->closed);
}

TEST_CASE_FIXTURE(operator_actor_fixture,
                  "whoever no longer reads a stream is noticed, and "
                  "leaves nothing behind") {
  auto streams = [this] { return world.running("troupe.event-stream"); };
  auto number = send("GET", "/events");
  world.settle();
  CHECK(streams() == 1);
  world.advance(1min);
  CHECK(streams() == 1);
  desk->streams.erase(number);
  world.advance(10s);
  CHECK(streams() == 0);
  // HEAD asks only.
  CHECK(ask("HEAD", "/events").type == "application/x-ndjson");
  CHECK(streams() == 0);
}

TEST_CASE_FIXTURE(operator_actor_fixture,
                  "a node is healthy if it listens, can store and has a "
                  "peer, and says what is missing else") {
  const auto why = [this] {
    const auto answer = ask("GET", "/health");
    CHECK(answer.status == 503);
    return json::parse(answer.body)
        .at("reasons")
        .get<std::vector<std::string>>();
  };
  // The peer that it is told to have refuses.
  CHECK(why()
        == std::vector<std::string>{"no peer is connected, and there are some "
                                    "to dial"});
  auto remote = world.join(where, 3);
  CHECK(get("/health").at("status") == "ok");
  uut = world.guard(
      spawn_operator(world.sys(), where, desk,
                     {.surface = operator_surface::everything,
                      .store_problem = [] { return std::string{"disk full"}; },
                      .clock = std::make_shared<fixed_clock>()}));
  world.settle();
  CHECK(
      why()
      == std::vector<std::string>{"what is to be remembered cannot be stored: "
                                  "disk full"});
}

TEST_CASE_FIXTURE(public_fixture, "in public there are health and metrics, and "
                                  "nothing else") {
  CHECK(json::parse(ask("GET", "/health").body).at("status") == "failing");
  auto metrics = ask("GET", "/metrics?name=all");
  CHECK(metrics.status == 200);
  CHECK(metrics.type.starts_with("text/plain"));
  CHECK(metrics.body.starts_with("# HELP "));
  for (auto path : {"/node", "/peers", "/limits", "/events", "/"})
    CHECK(ask("GET", path).status == 404);
  CHECK(post("/ban", {{"peer", hex(3)}, {"seconds", 60}}) == 404);
  CHECK(post("/metrics", nullptr) == 405);
}

TEST_CASE_FIXTURE(operator_actor_fixture,
                  "a node that has ended answers nobody") {
  auto end = world.watch_end(caf::actor_cast<caf::actor>(uut));
  where.stop();
  world.settle();
  CHECK(end->has_value());
  CHECK(desk->closed);
}
