// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "troupe/actors/channel/question_key.hpp"
#include "troupe/messages/bytes.hpp"
#include "troupe/messages/errc.hpp"

namespace troupe {

/// Where an answer stands among the encoded messages of a channel, and where
/// its key: enough to know answers without having their types.
struct wire_answer {
  /// As in `question_key`.
  uint64_t kind = 0;

  /// Number of the wrapper's field that is the answer.
  uint32_t member = 0;

  /// Numbers of the fields that lead to the key; empty if there is none.
  std::vector<uint32_t> key = {};

  /// Type of the key, a `google::protobuf::FieldDescriptor::Type`; 0 if there
  /// is none.
  uint8_t type = 0;

  /// The key of an answer that lacks the field.
  std::string absent = {};

  friend bool operator==(const wire_answer&, const wire_answer&) = default;
};

template <class Inspector>
bool inspect(Inspector& f, wire_answer& x) {
  return f.object(x).fields(f.field("kind", x.kind),
                            f.field("member", x.member), f.field("key", x.key),
                            f.field("type", x.type),
                            f.field("absent", x.absent));
}

/// Tells answers among encoded messages, and finds their keys. Reads no more of
/// a message than it takes, copies no more than a key, and believes nothing:
/// who decodes the message has to look once more, for it may be malformed
/// behind what was read here.
///
/// An answer is what an encoder makes of it: its member comes first in the
/// message.
class wire_answers {
public:
  /// Longest way to a key.
  static constexpr size_t depth_max = 32;

  /// Nothing is an answer.
  wire_answers() = default;

  /// @returns `invalid_channel` for a key of a type that keys cannot have, or
  ///          that is too deep.
  static failure check(const std::vector<wire_answer>& all);

  /// @pre `check` has nothing against them.
  explicit wire_answers(std::vector<wire_answer> all) : all_(std::move(all)) {}

  /// Whether nothing is.
  [[nodiscard]] bool empty() const noexcept {
    return all_.empty();
  }

  [[nodiscard]] bool is_answer(byte_view message) const noexcept;

  /// Which questions a message may answer; nothing if it is no answer or not
  /// well-formed as far as the key.
  [[nodiscard]] std::vector<question_key> answered_by(byte_view message) const;

private:
  std::vector<wire_answer> all_;
};

} // namespace troupe
