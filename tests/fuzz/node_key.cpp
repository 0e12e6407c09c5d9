// SPDX-License-Identifier: Apache-2.0

// The file of a node's key: what parses prints as what parses to the same.
#include "troupe/messages/node_key.hpp"

#include "fuzz.hpp"

namespace troupe::fuzz {

void run(byte_view input) {
  auto key = parse_node_key(text_of(input));
  if (!key)
    return;
  auto again = parse_node_key(to_json(*key));
  require(again.has_value() && again->id() == key->id(), "a key survives");
}

} // namespace troupe::fuzz
