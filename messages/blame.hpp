// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "troupe/messages/errc.hpp"

namespace troupe {

/// What a reactor says a peer has done, and the only kind of error that counts
/// against it: the peer loses its connection, and points. Whatever else a
/// reactor answers with is an error of the reactor.
///
/// Made to be returned from a handler, with words for the log if there is more
/// to say:
///
///     return troupe::blame::rate_limited;
///     return caf::make_error(troupe::blame::malformed_message, "no such
///     block");
///
/// Values are stable: append only. None is 0, which is no error to CAF.
enum class blame : uint8_t {
  /// It sent what nobody had asked for, or what there is no use for.
  unexpected_message = 1,
  /// It sent a message that breaks a rule.
  malformed_message,
  /// It sends or asks for more than is allowed.
  rate_limited,
  /// It did what no correct node does, which costs it most.
  misbehaved,
};

/// Returns the code of the same name: what events and updates carry.
errc to_errc(blame what);

/// Returns the name as it stands in the source, or `"unknown"`.
std::string to_string(blame what);

/// Parses what `to_string` prints. @returns `false` for any other text.
bool from_string(std::string_view text, blame& what);

/// Converts the underlying integer. @returns `false` if it names no blame.
bool from_integer(uint8_t value, blame& what);

template <class Inspector>
bool inspect(Inspector& f, blame& x) {
  auto get = [&x] { return static_cast<uint8_t>(x); };
  auto set = [&x](uint8_t value) { return from_integer(value, x); };
  return f.apply(get, set);
}

} // namespace troupe
