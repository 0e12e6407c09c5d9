// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace troupe {

/// The content of a message as a field for CAF: in one piece, for it takes
/// `std::vector` byte by byte. As numbers where people read it, whose terminals
/// would take it for more than text.
struct content_field {
  std::string& content;
};

template <class Inspector>
bool inspect(Inspector& f, content_field& x) {
  if (!f.has_human_readable_format())
    return f.apply(x.content);
  std::vector<uint8_t> numbers(x.content.begin(), x.content.end());
  if (!f.apply(numbers))
    return false;
  if constexpr (Inspector::is_loading)
    x.content.assign(numbers.begin(), numbers.end());
  return true;
}

} // namespace troupe
