// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <caf/error.hpp>

#include "troupe/messages/as_result.hpp"

namespace troupe {

/// Returns the same error as one that every process with Troupe can read: a
/// program's own codes and contexts become text. A message with a type that
/// the other side does not know would never arrive.
inline caf::error portable(const caf::error& what) {
  if (!what)
    return {};
  if (auto found = blame_in(what))
    return caf::make_error(*found, text_of(what));
  if (auto code = code_of(what, errc::none); code != errc::none)
    return caf::make_error(code, text_of(what));
  // CAF's own say more than we could.
  if (what.category() < caf::first_custom_type_id && what.context().empty())
    return what;
  return caf::make_error(errc::invalid_state, text_of(what));
}

} // namespace troupe
