// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <string_view>
#include <vector>

#include "troupe/tests/harness/run_record.hpp"

namespace troupe::testing {

/// What the files in `page/` are put together to, with a place for runs.
extern const std::string_view run_page_text;

std::string run_page(const std::vector<std::string>& runs) {
  constexpr auto place = std::string_view{"@runs@"};
  const auto at = run_page_text.find(place);
  auto result = std::string{run_page_text.substr(0, at)};
  for (const auto& run : runs)
    result += "<script type=\"application/json\">" + run + "</script>\n";
  return result += run_page_text.substr(at + place.size());
}

} // namespace troupe::testing
