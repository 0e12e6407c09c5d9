// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mapping/mapping_protocol.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "troupe/messages/quoted.hpp"

namespace troupe {

namespace {

constexpr mapping_protocol all[]
    = {mapping_protocol::natpmp, mapping_protocol::upnp};

std::string_view without_blanks(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

} // namespace

std::string to_string(mapping_protocol x) {
  return x == mapping_protocol::natpmp ? "natpmp" : "upnp";
}

result<std::vector<mapping_protocol>>
parse_mapping_protocols(std::string_view text) {
  std::vector<mapping_protocol> result;
  if (text == "none")
    return result;
  std::set<std::string, std::less<>> names;
  for (auto rest = text;;) {
    const auto end = std::min(rest.find(','), rest.size());
    names.emplace(without_blanks(rest.substr(0, end)));
    if (end == rest.size())
      break;
    rest.remove_prefix(end + 1);
  }
  const auto any = text == "any";
  for (auto which : all)
    if (any || names.erase(to_string(which)) > 0)
      result.push_back(which);
  if (!any && !names.empty())
    return {errc::invalid_option,
            fmt::format("is {}, expected natpmp, upnp, both with a comma "
                        "between, any or none",
                        troupe::quoted(text))};
  return result;
}

} // namespace troupe
