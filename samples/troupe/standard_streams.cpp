// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/standard_streams.hpp"

#include <cerrno>
#include <iostream>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace troupe::command {

namespace {

int copy_of(int descriptor) {
  const auto result = ::fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (result < 0)
    throw std::system_error{errno, std::generic_category(),
                            "cannot copy a descriptor"};
  return result;
}

} // namespace

bool open_standard_streams() {
  for (auto descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) >= 0)
      continue;
    // The wrong way round, so that using it fails as it would have. The lowest
    // number that is free is this one.
    const auto way = descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    if (::open("/dev/null", way) != descriptor)
      return false;
  }
  return true;
}

int take_output() {
  std::cout.flush();
  const auto result = copy_of(STDOUT_FILENO);
  if (::dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
    throw std::system_error{errno, std::generic_category(),
                            "cannot replace standard output"};
  return result;
}

int take_errors() {
  return copy_of(STDERR_FILENO);
}

} // namespace troupe::command
