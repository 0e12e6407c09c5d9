// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "troupe/messages/errc.hpp"

namespace troupe::testing::conformance {

/// A transport does not do what every transport does. `what()` says what it did
/// instead.
class conformance_failure : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Goes on only if `holds`.
/// @throws conformance_failure that says `what` was expected.
inline void claim(bool holds, std::string_view what) {
  if (!holds)
    throw conformance_failure{fmt::format("expected {}", what)};
}

/// Goes on only if `found` is `expected`.
/// @throws conformance_failure that names both, and of `what`.
inline void claim_code(errc found, errc expected, std::string_view what) {
  if (found != expected)
    throw conformance_failure{fmt::format(
        "{}: is {}, expected {}", what, to_string(found), to_string(expected))};
}

} // namespace troupe::testing::conformance
