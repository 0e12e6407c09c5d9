// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/colours.hpp"

#include <cstdlib>

#include <fmt/format.h>
#include <unistd.h>

namespace troupe::command {

namespace {

std::string_view variable(const char* name) {
  const auto* value = std::getenv(name);
  return value == nullptr ? std::string_view{} : value;
}

int code_of(colour how) {
  switch (how) {
    case colour::good:
      return 32; // Green.
    case colour::bad:
      return 31; // Red.
    default:
      return 2; // Faint.
  }
}

} // namespace

bool wants_colours(int descriptor) {
  if (!variable("NO_COLOR").empty())
    return false;
  const auto forced = variable("CLICOLOR_FORCE");
  if (!forced.empty() && forced != "0")
    return true;
  return ::isatty(descriptor) == 1 && variable("TERM") != "dumb";
}

std::string paint(colour how, std::string_view text) {
  return fmt::format("\x1b[{}m{}\x1b[0m", code_of(how), text);
}

} // namespace troupe::command
