// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <caf/error.hpp>

#include "troupe/messages/type_ids.hpp"

namespace troupe {

/// Says why a handshake failed, and with whom: something can only be held
/// against a remote that has proven who it is.
/// @param proven null if the handshake did not get so far.
inline caf::error handshake_error(const failure& why, const node_id& proven) {
  return proven ? caf::make_error(why.code, why.context, proven)
                : to_error(why);
}

/// Returns who a remote had proven to be when its handshake failed; null if it
/// had not.
inline node_id proven_id(const caf::error& why) {
  const auto& context = why.context();
  return context.match_elements<std::string, node_id>()
             ? context.get_as<node_id>(1)
             : node_id{};
}

} // namespace troupe
