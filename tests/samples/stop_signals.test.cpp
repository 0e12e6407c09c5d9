// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/stop_signals.hpp"

#include <csignal>
#include <cstdlib>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "troupe/samples/troupe/late_call.hpp"

using namespace troupe::command;
using namespace std::chrono_literals;

namespace {

/// Runs in a process of its own, which ends for sure.
/// @returns how that ended.
template <class F>
int status_of(F run) {
  const auto pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    ::alarm(60);
    stop_signals::block();
    run();
    // What ends it comes from the other thread.
    for (;;)
      ::pause();
  }
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace

TEST_CASE("who cannot stop in time ends at once, and says so before") {
  int pipe[2];
  REQUIRE(::pipe(pipe) == 0);
  const auto status = status_of([&] {
    static std::optional<stop_signals> signals;
    signals.emplace(stop_signals::handlers{
        .stop = [] {},
        .say =
            [&](std::string_view line) {
              (void)!::write(pipe[1], line.data(), line.size());
            },
        .before_end = [] {},
        .patience = 10ms});
    ::kill(::getpid(), SIGTERM);
  });
  CHECK(status == 1);
  char said[256] = {};
  CHECK(::read(pipe[0], said, sizeof(said) - 1) > 0);
  CHECK(std::string_view{said}.starts_with("has not ended in time"));
  ::close(pipe[0]);
  ::close(pipe[1]);
}

TEST_CASE("SIGHUP reloads as often as it comes, and never stops") {
  const auto status = status_of([] {
    static std::optional<stop_signals> signals;
    static int reloads = 0;
    signals.emplace(stop_signals::handlers{
        .stop = [] { std::_Exit(reloads == 2 ? 7 : 8); },
        .say = [](std::string_view) { std::_Exit(9); },
        .before_end = [] {},
        .reload
        = [] { ::kill(::getpid(), ++reloads < 2 ? SIGHUP : SIGTERM); }});
    ::kill(::getpid(), SIGHUP);
  });
  CHECK(status == 7);
}

TEST_CASE("a call that comes too early is made once there is somebody, and one "
          "that comes too late is not") {
  late_call call;
  int count = 0;
  call();
  call();
  call.set([&count] { ++count; });
  CHECK(count == 1);
  call();
  CHECK(count == 2);
  call.end();
  call();
  CHECK(count == 2);
}
