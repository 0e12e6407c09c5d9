// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <caf/error.hpp>
#include <caf/result.hpp>
#include <caf/unit.hpp>

#include "troupe/messages/type_ids.hpp"

namespace troupe {

/// Turns the code of a core into the answer of an actor. A bare `errc::none`
/// would reach the caller's error branch, with an empty error.
inline caf::result<void> as_result(errc code) {
  if (code == errc::none)
    return caf::unit;
  return caf::make_error(code);
}

/// Returns the code in `reason`: one of ours, or `otherwise` if it comes from
/// CAF or from the user, or says that an actor came to its end as it wanted.
inline errc code_of(const caf::error& reason, errc otherwise) {
  // CAF reads the category of no error from nowhere.
  if (!reason || reason.category() != caf::type_id_v<errc>)
    return otherwise;
  auto code = errc::none;
  return from_integer(reason.code(), code) ? code : otherwise;
}

/// Returns what a human should read of `reason`: the context of one of our
/// errors, or whatever CAF prints.
inline std::string text_of(const caf::error& reason) {
  if (!reason || reason.category() != caf::type_id_v<errc>)
    return to_string(reason);
  auto code = code_of(reason, errc::none);
  if (const auto& context = reason.context();
      context.size() > 0 && context.match_element<std::string>(0))
    return to_string(failure{code, context.get_as<std::string>(0)});
  return std::string{to_string(code)};
}

} // namespace troupe
