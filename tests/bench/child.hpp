// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include <sys/types.h>

namespace troupe::bench {

/// This program once more, in another process: one line of its standard output
/// at a time. It is killed in the end.
class child {
public:
  explicit child(const std::vector<std::string>& arguments);

  child(const child&) = delete;

  child& operator=(const child&) = delete;

  ~child();

  /// Blocks until the child has printed a line, or ends the program if there
  /// is none.
  std::string read_line();

private:
  pid_t pid_ = -1;
  FILE* output_ = nullptr;
};

} // namespace troupe::bench
