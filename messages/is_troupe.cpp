// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/is_troupe.hpp"

namespace troupe {

bool is_release(std::string_view version, std::string_view release) {
  return version.starts_with(release)
         && (version.size() == release.size() || version[release.size()] == '.'
             || version[release.size()] == '-');
}

bool is_troupe(std::string_view version) {
  return is_release(version, "troupe");
}

} // namespace troupe
