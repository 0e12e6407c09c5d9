// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/configured_peers.hpp"

#include <string>

#include "troupe/actors/node/option_info.hpp"
#include "troupe/messages/node_address.hpp"
#include "troupe/messages/whole_file.hpp"
#include "troupe/samples/troupe/config_file.hpp"
#include "troupe/samples/troupe/start_options.hpp"

namespace troupe::command {

std::set<node_id> configured_peers(const std::filesystem::path& file) {
  constexpr size_t size_max = size_t{1} << 20;
  std::set<node_id> result;
  const auto text = read_whole_file(file, size_max);
  if (!text)
    return result;
  const auto entries = parse_config_file(*text);
  if (!entries)
    return result;
  for (const auto& entry : *entries) {
    const auto* option = option_of_key(entry.name);
    if (option == nullptr
        || (option->name != "persistent-peers"
            && option->name != "preferred-peers"
            && option->name != "unconditional-peers"))
      continue;
    for (const auto& word : split_list(entry.value))
      if (auto id = node_id::parse_any_case(word))
        result.insert(*id);
      else if (auto address = node_address::parse(word))
        result.insert(address->id);
  }
  return result;
}

} // namespace troupe::command
