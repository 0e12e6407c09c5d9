// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/log.hpp"

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <spdlog/sinks/ostream_sink.h>

#include <caf/send.hpp>

#include "../world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Writes that many warnings, and a line that nobody wants to read.
caf::behavior talker(caf::event_based_actor* self) {
  auto lines = std::make_shared<event_log>(self);
  return {
      [lines](caf::tick_atom, int count) {
        for (int i = 1; i <= count; ++i)
          lines->warn("refused", "number={}", i);
        lines->info("unheard", "number={}", count);
      },
      [lines](caf::ok_atom) { lines->error("recovered", ""); },
  };
}

/// What is logged at `level` or above while this is there.
class listener {
public:
  explicit listener(spdlog::level::level_enum level)
    : sink_(std::make_shared<spdlog::sinks::ostream_sink_mt>(text_)),
      sinks_{sink_} {
    sink_->set_pattern("%l %v");
    log().sinks().swap(sinks_);
    log().set_level(level);
  }

  listener(const listener&) = delete;

  listener& operator=(const listener&) = delete;

  ~listener() {
    log().set_level(spdlog::level::off);
    log().sinks().swap(sinks_);
  }

  /// The lines since the last call.
  std::string take() {
    auto result = text_.str();
    text_.str({});
    return result;
  }

private:
  std::ostringstream text_;
  std::shared_ptr<spdlog::sinks::sink> sink_;
  std::vector<std::shared_ptr<spdlog::sinks::sink>> sinks_;
};

size_t count_of(const std::string& what, const std::string& text) {
  size_t result = 0;
  for (auto i = text.find(what); i != std::string::npos;
       i = text.find(what, i + 1))
    ++result;
  return result;
}

} // namespace

TEST_CASE("a line begins with its kind") {
  world world;
  listener log{spdlog::level::warn};
  auto who = world.spawn_guest(talker);
  caf::anon_send(who, caf::tick_atom_v, 1);
  caf::anon_send(who, caf::ok_atom_v);
  world.settle();
  CHECK(log.take()
        == "warning event=refused number=1\n"
           "error event=recovered\n");
}

TEST_CASE("a flood of lines is cut off, and how much was left out is told") {
  world world;
  listener log{spdlog::level::warn};
  auto who = world.spawn_guest(talker);
  caf::anon_send(who, caf::tick_atom_v, 100'000);
  world.settle();
  CHECK(count_of("event=refused", log.take()) == 100);
  // Other kinds are not concerned.
  caf::anon_send(who, caf::ok_atom_v);
  world.settle();
  CHECK(log.take() == "error event=recovered\n");
  world.advance(10s - 1ns);
  CHECK(log.take().empty());
  world.advance(1ns);
  CHECK(log.take()
        == "warning event=lines_left_out kind=refused lines=99900\n");
  // Later there is room again, and nothing to tell.
  caf::anon_send(who, caf::tick_atom_v, 10);
  world.settle();
  CHECK(count_of("event=refused", log.take()) == 10);
  world.advance(1min);
  CHECK(log.take().empty());
}

TEST_CASE("free text ends where its quotes do, and has a bound") {
  CHECK(log_text("network \"a\" is not \"b\"")
        == R"("network \"a\" is not \"b\"")");
  CHECK(log_text("a\nevent=forged") == R"("a\x0aevent=forged")");
  CHECK(log_text(std::string(9'900, 'x')).size() < 600);
}
