// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/software_version.hpp"

namespace troupe {

std::string_view software_version() noexcept {
  return TROUPE_VERSION; // From the build, which is where it stands.
}

} // namespace troupe
