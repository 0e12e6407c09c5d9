// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/blame.hpp"

namespace troupe {

namespace {

constexpr blame every_blame[] = {
    blame::unexpected_message,
    blame::malformed_message,
    blame::rate_limited,
    blame::misbehaved,
};

} // namespace

errc to_errc(blame what) {
  switch (what) {
    case blame::unexpected_message:
      return errc::unexpected_message;
    case blame::malformed_message:
      return errc::malformed_message;
    case blame::rate_limited:
      return errc::rate_limited;
    case blame::misbehaved:
      return errc::misbehaved;
  }
  return errc::none;
}

std::string to_string(blame what) {
  auto code = to_errc(what);
  return code == errc::none ? "unknown" : to_string(code);
}

bool from_string(std::string_view text, blame& what) {
  for (auto each : every_blame)
    if (to_string(each) == text) {
      what = each;
      return true;
    }
  return false;
}

bool from_integer(uint8_t value, blame& what) {
  for (auto each : every_blame)
    if (static_cast<uint8_t>(each) == value) {
      what = each;
      return true;
    }
  return false;
}

} // namespace troupe
