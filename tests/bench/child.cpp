// SPDX-License-Identifier: Apache-2.0
#include "child.hpp"

#include <array>
#include <csignal>
#include <cstdlib>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace troupe::bench {

namespace {

[[noreturn]] void system_failed(const char* what) {
  std::perror(what);
  std::exit(1);
}

} // namespace

child::child(const std::vector<std::string>& arguments,
             const std::string& program) {
  auto words = arguments;
  words.insert(words.begin(), program);
  std::vector<char*> argv;
  for (auto& word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  std::array<int, 2> ends = {};
  if (pipe(ends.data()) != 0)
    system_failed("pipe");
  pid_ = fork();
  if (pid_ < 0)
    system_failed("fork");
  if (pid_ == 0) {
    // Whatever ends us: it must not stay behind.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    execv(argv[0], argv.data());
    _exit(127);
  }
  close(ends[1]);
  output_ = fdopen(ends[0], "r");
}

child::~child() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  std::fclose(output_);
}

std::string child::read_line() {
  std::string result;
  for (int c = std::fgetc(output_); c != '\n'; c = std::fgetc(output_)) {
    if (c == EOF) {
      std::fputs("bench: the second process ended\n", stderr);
      std::exit(1);
    }
    result += static_cast<char>(c);
  }
  return result;
}

std::chrono::nanoseconds child::cpu_time() const {
  clockid_t clock = {};
  if (clock_getcpuclockid(pid_, &clock) != 0)
    system_failed("clock_getcpuclockid");
  return cpu_time_of(clock);
}

std::chrono::nanoseconds cpu_time_of(clockid_t clock) {
  timespec now = {};
  if (clock_gettime(clock, &now) != 0)
    system_failed("clock_gettime");
  return std::chrono::seconds{now.tv_sec}
         + std::chrono::nanoseconds{now.tv_nsec};
}

} // namespace troupe::bench
