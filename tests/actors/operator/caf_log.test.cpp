// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/caf_log.hpp"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <sys/stat.h>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/init_global_meta_objects.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/actors/operator/log.hpp"
#include "troupe/tests/peerstore/store/stores.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// What `CAF_MAIN` does before anything else.
struct caf_log_types {
  caf_log_types() {
    caf::init_global_meta_objects<caf::id_block::troupe>();
    caf::core::init_global_meta_objects();
  }
};

/// A program that writes what CAF's logger has to a file, of our lines and
/// nobody else's.
struct caf_program : caf_log_types {
  explicit caf_program(const std::filesystem::path& file,
                       const std::string& verbosity = "warning") {
    config.set("caf.scheduler.max-threads", 2);
    config.set("caf.logger.file.path", file.string());
    config.set("caf.logger.file.verbosity", verbosity);
    config.set("caf.logger.file.format", "%p %c %m%n");
    config.set("caf.logger.file.excluded-components",
               std::vector<std::string>{"caf", "caf_flow"});
  }

  /// Runs an actor that logs, and ends in good order.
  void run(const std::function<void(event_log&)>& say) {
    caf::actor_system sys{config};
    sys.spawn([&say](caf::event_based_actor* self) {
      event_log lines{self};
      say(lines);
    });
  }

  caf::actor_system_config config;
};

/// What the logger of spdlog gets while this is there.
class spdlog_ear {
public:
  spdlog_ear() : sink_(std::make_shared<spdlog::sinks::ostream_sink_mt>(text)) {
    sink_->set_pattern("%l %v");
    before_ = std::exchange(log().sinks(), {sink_});
    log().set_level(spdlog::level::warn);
  }

  spdlog_ear(const spdlog_ear&) = delete;

  spdlog_ear& operator=(const spdlog_ear&) = delete;

  ~spdlog_ear() {
    log().set_level(spdlog::level::off);
    log().sinks() = before_;
  }

  std::ostringstream text;

private:
  std::shared_ptr<spdlog::sinks::sink> sink_;
  std::vector<std::shared_ptr<spdlog::sinks::sink>> before_;
};

/// The lines that name our component: CAF has a first and a last one itself.
std::string our_lines(const std::filesystem::path& file) {
  std::ifstream from{file};
  std::string result;
  for (std::string line; std::getline(from, line);)
    if (line.find(" troupe ") != std::string::npos)
      result += line + '\n';
  return result;
}

void say_one_of_each(event_log& lines) {
  lines.debug("noticed", "number={}", 1);
  lines.info("began", "");
  lines.warn("refused", "reason={}", log_text("a \"b\""));
  lines.error("store_failed", "number={}", 2);
}

} // namespace

TEST_CASE("lines go to CAF's logger where that writes something") {
  scratch_folder folder;
  const auto file = folder / "log";
  spdlog_ear ear;
  SUBCASE("of the level that CAF's configuration names, and above") {
    caf_program{file}.run(say_one_of_each);
    CHECK(our_lines(file)
          == "WARN troupe event=refused reason=\"a \\\"b\\\"\"\n"
             "ERROR troupe event=store_failed number=2\n");
  }
  SUBCASE("down to the finest") {
    caf_program{file, "trace"}.run(say_one_of_each);
    CHECK(our_lines(file)
          == "DEBUG troupe event=noticed number=1\n"
             "INFO troupe event=began\n"
             "WARN troupe event=refused reason=\"a \\\"b\\\"\"\n"
             "ERROR troupe event=store_failed number=2\n");
  }
  // Nobody has asked for them to be anywhere else.
  CHECK(ear.text.str().empty());
}

TEST_CASE("lines stay where they are without CAF's logger") {
  scratch_folder folder;
  auto file = folder / "log";
  spdlog_ear ear;
  auto say = [](event_log& lines) { lines.warn("refused", "number=1"); };
  SUBCASE("as it is quiet") {
    caf_program{file, "quiet"}.run(say);
  }
  SUBCASE("as it is to leave them out") {
    caf_program program{file};
    program.config.set("caf.logger.file.excluded-components",
                       std::vector<std::string>{"caf", "troupe"});
    program.run(say);
  }
  SUBCASE("as it cannot write to its file") {
    caf_program program{folder / "missing/log"};
    program.run([](event_log& lines) {
      // CAF would let the 128th wait for ever.
      for (int i = 1; i < 200; ++i)
        lines.warn(std::to_string(i), "");
      lines.warn("refused", "number=1");
    });
  }
  CHECK(ear.text.str().ends_with("warning event=refused number=1\n"));
  CHECK(our_lines(file).empty());
}

TEST_CASE("nobody waits for a file that takes nothing") {
  constexpr size_t count = 20'000;
  scratch_folder folder;
  const auto pipe = folder / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  caf_program program{pipe};
  size_t told = 0;
  size_t lost = 0;
  std::thread reader;
  {
    caf::actor_system sys{program.config};
    auto lines = caf_log::of(sys);
    REQUIRE(lines);
    // As long as nobody reads, CAF cannot even open it.
    for (size_t i = 0; i < count; ++i)
      lines->write(spdlog::level::warn, 1, "event=refused");
    reader = std::thread{[&] {
      std::istringstream from{our_lines(pipe)};
      constexpr std::string_view loss = "event=log_lost lines=";
      for (std::string line; std::getline(from, line);) {
        const auto at = line.find(loss);
        if (at == std::string::npos) {
          ++told;
          continue;
        }
        size_t more = 0;
        std::from_chars(line.data() + at + loss.size(),
                        line.data() + line.size(), more);
        lost += more;
      }
    }};
  }
  reader.join();
  CHECK(lost > 0);
  CHECK(told + lost == count);
}
