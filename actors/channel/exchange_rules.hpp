// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "troupe/actors/channel/question_key.hpp"
#include "troupe/actors/channel/wire_answers.hpp"
#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/result.hpp"

namespace troupe {

/// Tells which messages of a channel ask and which answer, and finds their keys
/// through reflection.
///
/// `const` members may run on several threads at once.
class exchange_rules {
public:
  /// No message asks.
  exchange_rules() = default;

  /// For a channel of `RawMessage` that carries the messages of another type:
  /// what asks is not known, and answers are what these say.
  explicit exchange_rules(wire_answers encoded)
    : encoded_(std::move(encoded)) {}

  /// @param prototype any message of the channel's type.
  /// @returns `invalid_channel` if the channel has no such message, a message
  ///          no such field, the keys are of different types, or a message both
  ///          asks and answers; the context says which.
  static result<exchange_rules>
  make(const channel_descriptor& channel,
       const google::protobuf::Message& prototype);

  /// Number of types of questions.
  [[nodiscard]] size_t kinds() const noexcept {
    return requests_.size();
  }

  /// What a question asks for; nothing if the message is none.
  [[nodiscard]] std::optional<question_key>
  question_of(const google::protobuf::Message& message) const;

  /// Whether any message is an answer.
  [[nodiscard]] bool has_answers() const noexcept {
    return !answers_.empty() || !encoded_.empty();
  }

  /// Whether messages of that type are answers.
  [[nodiscard]] bool
  is_answer(const google::protobuf::Descriptor* type) const noexcept;

  /// Whether a message is an answer.
  [[nodiscard]] bool
  is_answer(const google::protobuf::Message& message) const noexcept;

  /// Which questions a message may answer, at most one of each type; nothing if
  /// it is no answer.
  [[nodiscard]] std::vector<question_key>
  answered_by(const google::protobuf::Message& message) const;

  /// Returns what the answers look like on the wire, for those who do not have
  /// the types.
  /// @param channel the channel's type, a wrapper.
  [[nodiscard]] std::vector<wire_answer>
  on_wire(const google::protobuf::Descriptor& channel) const;

private:
  using path = std::vector<const google::protobuf::FieldDescriptor*>;

  struct request {
    const google::protobuf::Descriptor* type;
    path key;
  };

  struct answer {
    const google::protobuf::Descriptor* type;
    path key;
    size_t kind;
  };

  failure add(const exchange& what,
              const std::vector<const google::protobuf::Descriptor*>& types);

  std::vector<request> requests_;
  std::vector<answer> answers_;
  wire_answers encoded_;
};

} // namespace troupe
