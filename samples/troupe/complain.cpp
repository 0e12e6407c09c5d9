// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include <fmt/format.h>

#include "troupe/samples/troupe/commands.hpp"

namespace troupe::command {

int complain(int status, std::string_view what) {
  std::cout.flush();
  std::cerr << fmt::format("troupe: {}\n", what);
  return status;
}

} // namespace troupe::command
