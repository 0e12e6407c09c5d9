// SPDX-License-Identifier: Apache-2.0

// What a mailbox adds to a store: nobody waits but the one who asks, and what
// comes together is stored together.

#include "troupe/actors/peer/peer_store_actor.hpp"

#include <deque>

#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include "../../peerstore/store/stores.hpp"
#include "../world.hpp"
#include "troupe/peerstore/store/memory_store.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// What a test sees of a store, and what it makes it do.
struct store_script {
  memory_store behind = {};
  std::vector<store_changes> commits = {};
  /// How many of the next commits fail.
  size_t failures = 0;
  /// How long the next commits take.
  duration delay = {};
  size_t begun = 0;
  bool load_fails = false;
};

class scripted_store final : public peer_store {
public:
  explicit scripted_store(std::shared_ptr<store_script> script)
    : script_(std::move(script)) {}

  result<store_contents> load() override {
    if (script_->load_fails)
      return {errc::store_failed, "it is gone"};
    return script_->behind.load();
  }

  duration begin(const store_changes&) override {
    ++script_->begun;
    return script_->delay;
  }

  failure commit(const store_changes& changes) override {
    if (script_->failures > 0) {
      --script_->failures;
      return {errc::store_failed, "the disk is full"};
    }
    script_->commits.push_back(changes);
    return script_->behind.commit(changes);
  }

  [[nodiscard]] bool blocks() const noexcept override {
    return false;
  }

private:
  std::shared_ptr<store_script> script_;
};

using peers = std::vector<stored_peer>;

struct peer_store_actor_fixture : world {
  std::shared_ptr<answer<caf::unit_t>> commit(store_changes changes) {
    return ask(uut, commit_atom_v, std::move(changes));
  }

  /// Sends all of them at once, without letting anybody else run.
  std::vector<std::shared_ptr<answer<caf::unit_t>>>
  post(std::vector<store_changes> all) {
    std::vector<std::shared_ptr<answer<caf::unit_t>>> answers(all.size());
    for (auto& one : answers)
      one = std::make_shared<answer<caf::unit_t>>();
    sys().spawn([=, to = uut](caf::event_based_actor* self) {
      for (size_t i = 0; i < all.size(); ++i) {
        auto one = answers[i];
        self->request(to, caf::infinite, commit_atom_v, all[i])
            .then([one] { one->value = caf::unit; },
                  [one](const caf::error& e) { one->error = e; });
      }
    });
    return answers;
  }

  peers stored() {
    return script->behind.load()->peers;
  }

  std::shared_ptr<store_script> script = std::make_shared<store_script>();
  peer_store_actor uut = guard(
      spawn_peer_store(sys(), std::make_unique<scripted_store>(script)));
};

} // namespace

TEST_CASE_FIXTURE(peer_store_actor_fixture, "what was stored can be loaded") {
  CHECK(commit({.put = {full_peer(1)}})->value);
  CHECK(commit({.put = {bare_peer(2)}})->value);
  auto found = ask<store_contents>(uut, load_atom_v);
  REQUIRE(found->value);
  CHECK(found->value->peers == peers{full_peer(1), bare_peer(2)});
  script->load_fails = true;
  CHECK(ask<store_contents>(uut, load_atom_v)->code() == errc::store_failed);
}

TEST_CASE_FIXTURE(peer_store_actor_fixture,
                  "requests that come together are all answered, "
                  "and all of them is stored") {
  auto answers = post({{.put = {bare_peer(1)}}, {.put = {bare_peer(2)}}});
  settle();
  CHECK(answers[0]->value);
  CHECK(answers[1]->value);
  CHECK(stored() == peers{bare_peer(1), bare_peer(2)});
}

TEST_CASE_FIXTURE(peer_store_actor_fixture,
                  "an answer waits for the store, and whatever comes "
                  "meanwhile joins the commit") {
  script->delay = 100ms;
  auto first = commit({.put = {bare_peer(1)}});
  advance(60ms);
  auto second = commit({.put = {full_peer(1), bare_peer(2)}});
  advance(39ms);
  CHECK_FALSE(first->value);
  CHECK_FALSE(second->value);
  CHECK(stored().empty());
  advance(1ms);
  CHECK(first->value);
  CHECK(second->value);
  CHECK(stored() == peers{full_peer(1), bare_peer(2)});
  CHECK(script->commits.size() == 1);
  // And the next one takes its time again.
  auto third = commit({.erase = {numbered_id(1)}});
  advance(99ms);
  CHECK_FALSE(third->value);
  advance(1ms);
  CHECK(third->value);
  CHECK(stored() == peers{bare_peer(2)});
}

TEST_CASE_FIXTURE(peer_store_actor_fixture,
                  "a refusal reaches all who wait, and the next commit "
                  "stores what was refused") {
  script->failures = 1;
  auto bad = commit({.put = {bare_peer(1), bare_peer(2)}});
  CHECK(bad->code() == errc::store_failed);
  CHECK(text_of(*bad->error) == "the disk is full");
  CHECK(stored().empty());
  CHECK(commit({.put = {full_peer(2)}, .erase = {numbered_id(3)}})->value);
  CHECK(stored() == peers{bare_peer(1), full_peer(2)});
}

TEST_CASE_FIXTURE(peer_store_actor_fixture,
                  "a ban that could not be stored is tried "
                  "again, without anybody asking") {
  auto banned = bare_peer(1);
  banned.ban = stored_ban{.until = test::at(2'000'000'000), .reason = "spam"};
  script->failures = 3;
  CHECK(commit({.put = {banned}})->code() == errc::store_failed);
  advance(store_retry_interval * 3 - 1ms);
  CHECK(stored().empty());
  advance(1ms);
  CHECK(stored() == peers{banned});
  const auto commits = script->commits.size();
  advance(1h);
  CHECK(script->commits.size() == commits);
}

TEST_CASE_FIXTURE(peer_store_actor_fixture,
                  "changes that make no sense are refused and do not "
                  "come back") {
  CHECK(commit({.put = {bare_peer(1), bare_peer(1)}})->code()
        == errc::store_failed);
  CHECK(commit({.put = {bare_peer(2)}})->value);
  CHECK(stored() == peers{bare_peer(2)});
}

TEST_CASE_FIXTURE(peer_store_actor_fixture,
                  "a queue that is full refuses, and takes requests "
                  "again once the store is done") {
  script->delay = 1s;
  auto answers = post(std::vector<store_changes>(
      store_requests_max + 1, store_changes{.put = {bare_peer(1)}}));
  settle();
  size_t refused = 0;
  for (const auto& x : answers)
    refused += x->code() == errc::queue_full ? 1 : 0;
  CHECK(refused == 1);
  advance(1s);
  CHECK(commit({.put = {bare_peer(2)}})->code() == errc::none);
  advance(1s);
  CHECK(stored() == peers{bare_peer(1), bare_peer(2)});
}

TEST_CASE_FIXTURE(peer_store_actor_fixture,
                  "whoever loads sees what was sent before") {
  script->delay = 1s;
  auto pending = commit({.put = {bare_peer(1)}});
  auto found = ask<store_contents>(uut, load_atom_v);
  REQUIRE(found->value);
  CHECK(found->value->peers == peers{bare_peer(1)});
  CHECK(pending->value);
}

TEST_CASE_FIXTURE(peer_store_actor_fixture,
                  "what was sent before the end is stored") {
  script->delay = 1s;
  auto pending = commit({.put = {bare_peer(1)}});
  auto end = watch_end(caf::actor_cast<caf::actor>(uut));
  CHECK(ask(uut, caf::close_atom_v)->value);
  CHECK(end->has_value());
  CHECK(pending->value);
  CHECK(stored() == peers{bare_peer(1)});
}

TEST_CASE_FIXTURE(peer_store_actor_fixture,
                  "who is killed stores nothing more and says so") {
  script->delay = 1s;
  auto pending = commit({.put = {bare_peer(1)}});
  caf::anon_send_exit(uut, caf::exit_reason::kill);
  settle();
  advance(1h);
  CHECK(pending->error);
  CHECK(stored().empty());
}

TEST_CASE("a store that blocks does so in a thread of its own") {
  scratch_folder folder;
  caf::actor_system_config config;
  config.set("caf.scheduler.max-threads", 1);
  caf::actor_system sys{config};
  const auto idle = sys.detached_actors();
  auto opened = sqlite_store::open({.path = folder / "peers.db"});
  REQUIRE(opened);
  auto uut = spawn_peer_store(sys, std::move(*opened));
  CHECK(sys.detached_actors() == idle + 1);
  caf::scoped_actor self{sys};
  for (uint32_t i = 0; i < 20; ++i)
    self->request(uut, 20s, commit_atom_v, store_changes{.put = {full_peer(i)}})
        .receive([] {}, [](const caf::error& e) { FAIL(to_string(e)); });
  self->request(uut, 20s, load_atom_v)
      .receive([](const store_contents& x) { CHECK(x.peers.size() == 20); },
               [](const caf::error& e) { FAIL(to_string(e)); });
  self->send(uut, caf::close_atom_v);
  self->wait_for(uut);
}
