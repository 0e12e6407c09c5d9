// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "troupe/actors/channel/wire_answers.hpp"
#include "troupe/messages/channel_descriptor.hpp"

namespace troupe {

/// A channel that a reactor of another process wants to open. The node need not
/// know its messages.
struct remote_channel {
  /// Without `exchanges`, which name types.
  channel_descriptor descriptor = {};

  /// Full name of the messages' type.
  std::string type = {};

  /// What the exchanges look like on the wire.
  std::vector<wire_answer> answers = {};

  bool in_batches = false;

  friend bool operator==(const remote_channel&, const remote_channel&)
      = default;
};

template <class Inspector>
bool inspect(Inspector& f, remote_channel& x) {
  return f.object(x).fields(
      f.field("descriptor", x.descriptor), f.field("type", x.type),
      f.field("answers", x.answers), f.field("in_batches", x.in_batches));
}

} // namespace troupe
