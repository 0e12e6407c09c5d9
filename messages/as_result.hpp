// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

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

/// Returns what `reason` blames a peer for, if it does.
inline std::optional<blame> blame_in(const caf::error& reason) {
  auto what = blame::unexpected_message;
  if (reason
      && reason.category()
             == caf::type_id_v<blame> && from_integer(reason.code(), what))
    return what;
  return std::nullopt;
}

/// Returns what a human should read of `reason`: the context of an error of
/// ours or of a blame, or whatever CAF prints.
inline std::string text_of(const caf::error& reason) {
  const auto is_ours
      = reason
        && (reason.category()
                == caf::type_id_v<
                    errc> || reason.category() == caf::type_id_v<blame>);
  if (is_ours && reason.context().size() > 0
      && reason.context().match_element<std::string>(0))
    if (const auto& text = reason.context().get_as<std::string>(0);
        !text.empty())
      return text;
  if (is_ours && reason.category() == caf::type_id_v<errc>)
    return to_string(code_of(reason, errc::none));
  if (auto what = blame_in(reason))
    return to_string(*what);
  return to_string(reason);
}

} // namespace troupe
