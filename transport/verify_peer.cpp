// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/verify_peer.hpp"

#include <fmt/format.h>

namespace troupe {

failure verify_identity(const node_id& own, const node_id& proven,
                        const node_id& expected) {
  if (proven == own)
    return {errc::self_connection, "the remote is this very node"};
  if (expected && proven != expected)
    return {errc::unexpected_peer,
            fmt::format("the remote is {}, expected {}", proven, expected)};
  return {};
}

failure verify_node_info(const node_info& ours, const node_info& theirs,
                         const node_id& proven, acceptance accepted) {
  if (auto bad = validate(theirs); bad.code != errc::none)
    return bad;
  // Compared as text: other nodes do not take upper case for the same ID.
  if (theirs.node_id != to_string(proven))
    return {errc::identity_mismatch,
            fmt::format("the remote claims to be {}, its key says {}",
                        theirs.node_id, proven)};
  return accepted == acceptance::any ? failure{} : compatible(ours, theirs);
}

} // namespace troupe
