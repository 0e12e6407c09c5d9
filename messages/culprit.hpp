// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/peer_behaviour.hpp"

namespace troupe {

/// Whose doing it is that a connection ended for some reason.
enum class culprit : uint8_t {
  /// The remote did what no correct node does.
  remote,
  /// The remote went, fell silent or does not fit; or the network broke. That
  /// is nobody's fault, but did not come from us.
  nobody,
  /// We ended it: a decision, a limit, or an error of our own.
  us,
};

/// Says it for every code: a new one has to be sorted in here. What a remote
/// did not do is never held against it.
culprit culprit_of(errc reason);

/// What a peer did if its connection ended for that reason, or a reactor blames
/// it for that. Nothing, unless the remote is the culprit.
std::optional<peer_behaviour> behaviour_behind(errc reason);

} // namespace troupe
