// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/health.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "troupe/peerstore/store/watched_store.hpp"

using namespace troupe;
using nlohmann::json;

namespace {

peer_report peer(peer_state state) {
  peer_report result;
  result.state = state;
  return result;
}

/// A store that takes nothing while `full`.
class full_store final : public peer_store {
public:
  result<store_contents> load() override {
    return store_contents{};
  }

  failure commit(const store_changes&) override {
    return full ? failure{errc::store_failed, "disk full"} : failure{};
  }

  [[nodiscard]] bool blocks() const noexcept override {
    return true;
  }

  bool full = false;
};

} // namespace

TEST_CASE("a node that listens, can store and has a peer is healthy") {
  const auto response
      = health_response({.listens = true, .best_peer = {peer(peer_state::up)}});
  CHECK(response.status == 200);
  CHECK(json::parse(response.body)
        == json{{"status", "ok"}, {"listening", true}});
}

TEST_CASE("a node that knows nobody is alone and healthy") {
  CHECK(problems_of({.listens = true}).empty());
}

TEST_CASE("whatever is missing is said, all of it") {
  const auto response
      = health_response({.listens = false,
                         .store_problem = "disk \"full\"\x1b",
                         .best_peer = {peer(peer_state::backing_off)}});
  CHECK(response.status == 503);
  const auto body = json::parse(response.body);
  CHECK(body.at("status") == "failing");
  CHECK(body.at("listening") == false);
  CHECK(body.at("reasons").size() == 3);
  CHECK(response.body.find('\x1b') == std::string::npos);
  CHECK(problems_of({.silence = "no answer in time"})
        == std::vector<std::string>{"the node does not answer: no answer in "
                                    "time"});
}

TEST_CASE("a store that is watched says why it takes nothing, until it does "
          "again") {
  auto behind = std::make_shared<full_store>();
  watched_store store{behind};
  CHECK(store.problem().empty());
  behind->full = true;
  CHECK(store.commit({}).code == errc::store_failed);
  CHECK(store.problem() == "disk full");
  behind->full = false;
  CHECK(store.commit({}).code == errc::none);
  CHECK(store.problem().empty());
}
