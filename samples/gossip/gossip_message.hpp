// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "troupe/messages/node_id.hpp"
#include "troupe/samples/gossip/gossip_id.hpp"

namespace troupe {

/// A message that a gossip delivers, once, before it passes it on.
struct gossip_message {
  std::string topic = {};
  std::string content = {};
  gossip_id id = {};

  /// Stands for the node that published it: see `gossip_origin`. Not proven.
  uint64_t origin = 0;

  /// The peer that sent it, authenticated.
  node_id from = {};
};

/// What its user says about a message.
enum class gossip_verdict : uint8_t {
  /// It is passed on.
  accept,
  /// It is not passed on, and nobody is to blame.
  ignore,
  /// It is not passed on, and everybody who sends it is to blame: no correct
  /// node does. Only for what all nodes reject, whatever they know.
  reject,
};

/// Returns the name as it stands in the source.
inline std::string to_string(gossip_verdict x) {
  constexpr std::array names = {"accept", "ignore", "reject"};
  auto index = static_cast<size_t>(x);
  return index < names.size() ? names[index] : "unknown";
}

/// What a gossip has done so far.
struct gossip_counts {
  uint64_t published = 0;
  uint64_t delivered = 0;

  /// Messages that came again.
  uint64_t duplicates = 0;

  /// Verdicts.
  uint64_t accepted = 0;
  uint64_t ignored = 0;
  uint64_t rejected = 0;

  /// Messages that came when too many waited for a verdict.
  uint64_t refused = 0;

  /// Messages of peers that were thrown away, because they sent too much.
  uint64_t shed = 0;

  /// Announced messages that were asked for, and did not come in time.
  uint64_t broken_promises = 0;

  /// Peers that were blamed.
  uint64_t blamed = 0;
};

template <class Inspector>
bool inspect(Inspector& f, gossip_message& x) {
  return f.object(x).fields(f.field("topic", x.topic),
                            f.field("content", x.content), f.field("id", x.id),
                            f.field("origin", x.origin),
                            f.field("from", x.from));
}

template <class Inspector>
bool inspect(Inspector& f, gossip_verdict& x) {
  auto get = [&x] { return static_cast<uint8_t>(x); };
  auto set = [&x](uint8_t value) {
    x = static_cast<gossip_verdict>(value);
    return value <= static_cast<uint8_t>(gossip_verdict::reject);
  };
  return f.apply(get, set);
}

template <class Inspector>
bool inspect(Inspector& f, gossip_counts& x) {
  return f.object(x).fields(
      f.field("published", x.published), f.field("delivered", x.delivered),
      f.field("duplicates", x.duplicates), f.field("accepted", x.accepted),
      f.field("ignored", x.ignored), f.field("rejected", x.rejected),
      f.field("refused", x.refused), f.field("shed", x.shed),
      f.field("broken_promises", x.broken_promises),
      f.field("blamed", x.blamed));
}

} // namespace troupe
