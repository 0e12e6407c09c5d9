// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>

#include <google/protobuf/message.h>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/decode_bound.hpp"
#include "troupe/messages/message_arena.hpp"
#include "troupe/messages/payload.hpp"
#include "troupe/messages/result.hpp"
#include "troupe/messages/shared_bytes.hpp"

namespace troupe {

/// Converts between the messages of a channel and their bytes.
///
/// The channel has one Protobuf type. If that is a *wrapper*, a message with a
/// single `oneof` of different message types and nothing else, then reactors
/// see only the members: they are put into the wrapper on the way out and
/// taken out on the way in. It is found through reflection.
///
/// A channel of `RawMessage` carries bytes that are not Protobuf: the `body`
/// alone goes over the wire, and every body that arrives is a message.
///
/// `const` members may run on several threads at once.
class wrapper {
public:
  /// @param prototype any message of the channel's type.
  /// @param limits    for the memory that decoded messages take.
  explicit wrapper(const google::protobuf::Message& prototype,
                   const decode_limits& limits = {});

  /// Whether the channel's type is a wrapper.
  [[nodiscard]] bool wraps() const noexcept {
    return !members_.empty();
  }

  /// Whether the channel's type is `RawMessage`.
  [[nodiscard]] bool raw() const noexcept {
    return raw_;
  }

  /// Encodes a message of the channel's type, or one that its wrapper takes.
  /// @returns `malformed_message` for a message of any other type, or one that
  ///          is too large for Protobuf.
  [[nodiscard]] result<shared_bytes>
  marshal(const google::protobuf::Message& message) const;

  /// Looks at an encoded message, without decoding it. @returns how many bytes
  ///          of memory it takes at most when it is decoded; or as `unmarshal`,
  ///          though some of what cannot be parsed gets through.
  [[nodiscard]] result<size_t> weigh(byte_view body) const;

  /// Decodes a message that `weigh` has let through; takes it out of its
  /// wrapper.
  /// @param arena for a small message, one that is not full; null for any.
  /// @returns `malformed_message` if it cannot be parsed, or if no member of
  ///          the wrapper is set.
  [[nodiscard]] result<payload>
  decode(byte_view body,
         const std::shared_ptr<message_arena>& arena = nullptr) const;

  /// Weighs and decodes a message.
  /// @returns `malformed_message` as `decode`, and for groups that the type
  /// does
  ///          not have; `oversized_message` or `over_budget` if the message
  ///          could take more memory than the limits allow.
  [[nodiscard]] result<payload> unmarshal(byte_view body) const;

private:
  result<payload> unwrap(google::protobuf::Message& message) const;

  [[nodiscard]] const google::protobuf::Message*
  sole_member(byte_view& body) const noexcept;

  [[nodiscard]] failure not_ours(const failure& why) const;

  /// Owned by Protobuf, lives as long as the program.
  const google::protobuf::Message* prototype_;
  decode_bound bound_;
  size_t size_max_;
  bool raw_;
  bool has_text_;
  /// Field number of each type that the wrapper takes.
  std::map<const google::protobuf::Descriptor*, int> members_;
  /// What to make a member of, by field number.
  std::map<uint64_t, const google::protobuf::Message*> prototypes_;
};

} // namespace troupe
