// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "troupe/messages/errc.hpp"

namespace troupe {

/// Whether we did what ended a connection or a dial: we stop, we changed our
/// mind, something of ours failed. The remote has nothing to do with it, and
/// nothing of it is held against its peer.
///
/// An address that cannot be dialed, or that our filters refuse, is not among
/// it: the next dial would end like this one.
bool is_ours(errc reason);

} // namespace troupe
