// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/peer/resolver_actor.hpp"

#include <caf/send.hpp>

#include "../world.hpp"
#include "troupe/actors/peer/lookup_queue.hpp"
#include "troupe/transport/dns/name_service.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

using addresses = std::vector<ip_address>;

const auto one_place = addresses{ip_address::v4(10, 0, 0, 1)};

/// What a test sees of a name service.
struct service_script {
  struct lookup {
    std::string host;
    std::function<void(name_service::answer)> done;
  };

  std::map<uint64_t, lookup> running = {};
  std::vector<std::string> begun = {};
  std::vector<std::string> cancelled = {};
  bool ended = false;

  void answer(const std::string& host, const name_service::answer& what) {
    for (auto i = running.begin(); i != running.end(); ++i)
      if (i->second.host == host) {
        i->second.done(what);
        running.erase(i);
        return;
      }
    FAIL("nobody looks up " << host);
  }
};

class scripted_names final : public name_service {
public:
  explicit scripted_names(std::shared_ptr<service_script> script)
    : script_(std::move(script)) {}

  scripted_names(const scripted_names&) = delete;

  scripted_names& operator=(const scripted_names&) = delete;

  ~scripted_names() override {
    script_->ended = true;
  }

  void start(uint64_t number, const std::string& host,
             std::function<void(answer)> done) override {
    script_->begun.push_back(host);
    script_->running[number] = {host, std::move(done)};
  }

  void cancel(uint64_t number) override {
    script_->cancelled.push_back(script_->running.at(number).host);
    script_->running.erase(number);
  }

private:
  std::shared_ptr<service_script> script_;
};

struct resolver_actor_fixture : world {
  resolver_actor_fixture()
    : script(std::make_shared<service_script>()),
      uut(guard(
          spawn_resolver(sys(), std::make_unique<scripted_names>(script)))) {}

  ~resolver_actor_fixture() {
    stop_all();
  }

  /// Somebody who asks, and what he hears.
  struct asker {
    caf::actor handle;
    std::vector<caf::expected<addresses>> heard;
  };

  std::shared_ptr<asker> ask(std::vector<std::string> hosts) {
    auto result = std::make_shared<asker>();
    result->handle = spawn_guest(
        [this, raw = result.get(), hosts](caf::event_based_actor* self) {
          for (const auto& host : hosts)
            self->request(uut, caf::infinite, caf::resolve_atom_v, host)
                .then([raw](const addresses& xs) { raw->heard.push_back(xs); },
                      [raw](const caf::error& e) { raw->heard.push_back(e); });
          return caf::behavior{[](caf::unit_t) {}};
        });
    settle();
    return result;
  }

  void leave(asker& who) {
    caf::anon_send_exit(who.handle, caf::exit_reason::user_shutdown);
    settle();
  }

  std::shared_ptr<service_script> script;
  resolver_actor uut;
};

} // namespace

TEST_CASE_FIXTURE(resolver_actor_fixture, "an address needs no lookup") {
  auto one = ask({"10.0.0.1"});
  REQUIRE(one->heard.size() == 1);
  CHECK(one->heard[0] == one_place);
  CHECK(script->begun.empty());
}

TEST_CASE_FIXTURE(resolver_actor_fixture,
                  "everybody who asks for a name hears the one answer") {
  auto one = ask({"host", "other"});
  auto two = ask({"host"});
  CHECK(script->begun == std::vector<std::string>{"host", "other"});
  script->answer("host", one_place);
  script->answer("other", failure{errc::unknown_host, "not known"});
  settle();
  REQUIRE(one->heard.size() == 2);
  CHECK(one->heard[0] == one_place);
  CHECK(one->heard[1] == caf::make_error(errc::unknown_host, "not known"));
  REQUIRE(two->heard.size() == 1);
  CHECK(two->heard[0] == one_place);
}

TEST_CASE_FIXTURE(resolver_actor_fixture,
                  "a lookup ends with the last one who waits for it") {
  auto one = ask({"host"});
  auto two = ask({"host"});
  leave(*one);
  CHECK(script->cancelled.empty());
  leave(*two);
  CHECK(script->cancelled == std::vector<std::string>{"host"});
}

TEST_CASE_FIXTURE(resolver_actor_fixture,
                  "names that nobody waits for any more keep no good "
                  "one out") {
  std::vector<std::shared_ptr<asker>> dead;
  for (int i = 0; i < 60; ++i)
    dead.push_back(ask({"dead-" + std::to_string(i)}));
  auto last = ask({"good"});
  CHECK(script->running.size() == lookup_limits{}.running_max);
  for (auto& who : dead)
    leave(*who);
  REQUIRE(script->running.size() == 1);
  script->answer("good", one_place);
  settle();
  REQUIRE(last->heard.size() == 1);
  CHECK(last->heard[0] == one_place);
}

TEST_CASE_FIXTURE(resolver_actor_fixture,
                  "an answer that comes too late disturbs nobody") {
  auto one = ask({"host"});
  auto late = script->running.begin()->second.done;
  leave(*one);
  late(one_place);
  settle();
  auto two = ask({"host"});
  CHECK(two->heard.empty());
  script->answer("host", one_place);
  settle();
  CHECK(two->heard.size() == 1);
}

TEST_CASE_FIXTURE(resolver_actor_fixture, "too many questions are refused") {
  const auto most = lookup_limits{}.questions_per_asker;
  std::vector<std::string> hosts;
  for (size_t i = 0; i <= most; ++i)
    hosts.push_back("host-" + std::to_string(i));
  auto one = ask(hosts);
  REQUIRE(one->heard.size() == 1);
  CHECK(code_of(one->heard[0].error(), errc::none) == errc::queue_full);
}

TEST_CASE_FIXTURE(resolver_actor_fixture,
                  "the end of a resolver is the end of its lookups") {
  auto one = ask({"host", "other"});
  script->answer("host", one_place);
  settle();
  caf::anon_send_exit(uut, caf::exit_reason::user_shutdown);
  settle();
  CHECK(script->ended);
  CHECK(one->heard.size() == 2);
}
