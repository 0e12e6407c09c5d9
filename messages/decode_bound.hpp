// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <limits>
#include <memory>

#include <google/protobuf/message.h>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/decode_plan.hpp"
#include "troupe/messages/result.hpp"

namespace troupe {

/// How much memory a message may take when it is decoded.
struct decode_limits {
  /// Most bytes for each byte on the wire. Numbers are the most that is honest:
  /// an element of one byte becomes 8, in an array that may be half empty.
  size_t growth_max = 16;

  /// Bytes above that which any message may take, since small messages grow
  /// most.
  size_t allowance = size_t{1024} * 1024;

  /// Most bytes, whatever the size on the wire.
  size_t size_max = std::numeric_limits<size_t>::max();

  /// Bytes of fields that the type does not have, above half of the message.
  /// Newer versions of a protocol may add some.
  size_t unknown_allowance = size_t{64} * 1024;
};

/// Looks at an encoded message and says how much memory it can take at most
/// when it is decoded, without decoding it: a few bytes on the wire may become
/// an object of hundreds. One pass over the bytes, which are neither copied nor
/// trusted; it allocates nothing.
class decode_bound {
public:
  /// Deepest nesting of messages.
  static constexpr size_t depth_max = 32;

  /// @param prototype any message of the type.
  explicit decode_bound(const google::protobuf::Message& prototype,
                        const decode_limits& limits = {});

  /// Returns how many bytes of memory the decoded message takes at most.
  /// @returns `malformed_message` for what Protobuf would refuse, and for
  ///          groups that the type does not have, which nobody has any use for;
  ///          `oversized_message` for what grows more than an honest message;
  ///          `over_budget` for what is only too large for `size_max`. The
  ///          context says what it was.
  [[nodiscard]] result<size_t> operator()(byte_view body) const;

private:
  std::shared_ptr<const decode_plan> plan_;
  decode_limits limits_;
};

} // namespace troupe
