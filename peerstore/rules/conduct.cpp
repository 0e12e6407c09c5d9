// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/conduct.hpp"

#include "troupe/messages/blame.hpp"

namespace troupe {

bool is_ours(errc reason) {
  switch (reason) {
    case errc::none:
    case errc::invalid_address:
    case errc::invalid_endpoint:
    case errc::unsupported_protocol:
    case errc::filtered:
    case errc::incompatible:
      return false;
    default:
      return blame_for(reason) == blame::us;
  }
}

} // namespace troupe
