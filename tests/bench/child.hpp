// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include <sys/types.h>
#include <time.h>

namespace troupe::bench {

/// This program once more, or another one, in another process: one line of its
/// standard output at a time. It is killed in the end.
class child {
public:
  explicit child(const std::vector<std::string>& arguments,
                 const std::string& program = "/proc/self/exe");

  child(const child&) = delete;

  child& operator=(const child&) = delete;

  ~child();

  /// Blocks until the child has printed a line, or ends the program if there
  /// is none.
  std::string read_line();

  /// CPU time that all threads of the child have used.
  [[nodiscard]] std::chrono::nanoseconds cpu_time() const;

private:
  pid_t pid_ = -1;
  FILE* output_ = nullptr;
};

/// CPU time that a POSIX clock shows, such as `CLOCK_THREAD_CPUTIME_ID`.
std::chrono::nanoseconds cpu_time_of(clockid_t clock);

} // namespace troupe::bench
