// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <string>

#include <doctest/doctest.h>

namespace troupe::test {

/// What a command prints, without the end of its last line. It has to succeed.
inline std::string output_of(const std::string& command) {
  auto* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string result;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe))
    result += static_cast<char>(c);
  REQUIRE_MESSAGE(pclose(pipe) == 0, command);
  while (!result.empty() && result.back() == '\n')
    result.pop_back();
  return result;
}

} // namespace troupe::test
