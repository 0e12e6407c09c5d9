// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/channel/exchange_rules.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "troupe/proto/raw.pb.h"

namespace troupe {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

using path = std::vector<const FieldDescriptor*>;

/// The types that travel on a channel: the channel's own and, if that is a
/// wrapper, those of its members.
std::vector<const Descriptor*> types_on(const Descriptor* channel) {
  std::vector<const Descriptor*> result{channel};
  for (int i = 0; i < channel->field_count(); ++i)
    if (const auto* type = channel->field(i)->message_type())
      result.push_back(type);
  return result;
}

const Descriptor* find(const std::vector<const Descriptor*>& types,
                       std::string_view name) {
  auto is_it = [name](const Descriptor* type) {
    return type->name() == name || type->full_name() == name;
  };
  auto i = std::find_if(types.begin(), types.end(), is_it);
  return i == types.end() ? nullptr : *i;
}

bool can_be_key(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
    case FieldDescriptor::CPPTYPE_BOOL:
    case FieldDescriptor::CPPTYPE_STRING:
      return !field.is_repeated();
    default:
      return false;
  }
}

/// Finds the field `a.b.c` of a message. @returns nothing for an empty text.
result<path> find_path(const Descriptor* type, std::string_view text) {
  path result;
  while (!text.empty()) {
    const auto name = text.substr(0, text.find('.'));
    text.remove_prefix(std::min(text.size(), name.size() + 1));
    const auto* field = type->FindFieldByName(std::string{name});
    if (field == nullptr)
      return {errc::invalid_channel,
              fmt::format("{} has no field '{}'", type->full_name(), name)};
    const auto leads_on
        = field->message_type() != nullptr && !field->is_repeated();
    if (text.empty() ? !can_be_key(*field) : !leads_on)
      return {errc::invalid_channel,
              fmt::format("field '{}' of {} can be no key, expected one "
                          "integer, text, bytes or truth value",
                          name, type->full_name())};
    result.push_back(field);
    type = field->message_type();
  }
  return result;
}

std::string value_at(const Message& message, const path& key) {
  const auto* in = &message;
  for (const auto* field : key) {
    const auto* reflection = in->GetReflection();
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        in = &reflection->GetMessage(*in, field);
        break;
      case FieldDescriptor::CPPTYPE_INT32:
        return fmt::to_string(reflection->GetInt32(*in, field));
      case FieldDescriptor::CPPTYPE_INT64:
        return fmt::to_string(reflection->GetInt64(*in, field));
      case FieldDescriptor::CPPTYPE_UINT32:
        return fmt::to_string(reflection->GetUInt32(*in, field));
      case FieldDescriptor::CPPTYPE_UINT64:
        return fmt::to_string(reflection->GetUInt64(*in, field));
      case FieldDescriptor::CPPTYPE_BOOL:
        return reflection->GetBool(*in, field) ? "1" : "0";
      default:
        return reflection->GetString(*in, field);
    }
  }
  return {};
}

/// The encoded message of another type, if this is one.
std::optional<byte_view> bytes_of(const Message& message) {
  if (message.GetDescriptor() != RawMessage::descriptor())
    return std::nullopt;
  return std::as_bytes(
      std::span{static_cast<const RawMessage&>(message).body()});
}

bool is_text(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_STRING;
}

/// Integers of different width have the same values.
bool comparable(const path& x, const path& y) {
  if (x.empty() || y.empty())
    return x.empty() == y.empty();
  const auto is_truth = [](const FieldDescriptor& field) {
    return field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL;
  };
  return is_text(*x.back()) == is_text(*y.back())
         && is_truth(*x.back()) == is_truth(*y.back());
}

} // namespace

result<exchange_rules> exchange_rules::make(const channel_descriptor& channel,
                                            const Message& prototype) {
  const auto types = types_on(prototype.GetDescriptor());
  exchange_rules made;
  for (const auto& what : channel.exchanges)
    if (auto bad = made.add(what, types); bad.code != errc::none)
      return {bad.code, fmt::format("channel {}: exchanges: {}",
                                    display_name(channel), bad.context)};
  return made;
}

failure exchange_rules::add(const exchange& what,
                            const std::vector<const Descriptor*>& types) {
  const auto* asking = find(types, what.request);
  const auto* answering = find(types, what.answer);
  if (asking == nullptr || answering == nullptr)
    return {errc::invalid_channel,
            fmt::format("no message '{}' travels here",
                        asking == nullptr ? what.request : what.answer)};
  auto key = find_path(asking, what.request_key);
  if (!key)
    return key.error();
  auto answer_key = find_path(answering, what.answer_key);
  if (!answer_key)
    return answer_key.error();
  if (!comparable(*key, *answer_key))
    return {errc::invalid_channel,
            fmt::format("'{}' of {} and '{}' of {} are no keys of one kind",
                        what.request_key, what.request, what.answer_key,
                        what.answer)};
  auto i = std::find_if(requests_.begin(), requests_.end(),
                        [&](const request& x) { return x.type == asking; });
  if (i == requests_.end())
    i = requests_.insert(i, {asking, *key});
  else if (i->key != *key)
    return {errc::invalid_channel,
            fmt::format("{} has two keys", what.request)};
  const auto kind = static_cast<size_t>(i - requests_.begin());
  answers_.push_back({answering, *std::move(answer_key), kind});
  for (const auto& x : requests_)
    if (is_answer(x.type))
      return {errc::invalid_channel,
              fmt::format("{} asks and answers", x.type->name())};
  return {};
}

std::optional<question_key>
exchange_rules::question_of(const Message& message) const {
  for (size_t i = 0; i < requests_.size(); ++i)
    if (requests_[i].type == message.GetDescriptor())
      return question_key{i, value_at(message, requests_[i].key)};
  return std::nullopt;
}

bool exchange_rules::is_answer(const Descriptor* type) const noexcept {
  return std::any_of(answers_.begin(), answers_.end(),
                     [type](const answer& x) { return x.type == type; });
}

bool exchange_rules::is_answer(const Message& message) const noexcept {
  if (auto encoded = bytes_of(message))
    return encoded_.is_answer(*encoded);
  return is_answer(message.GetDescriptor());
}

std::vector<wire_answer>
exchange_rules::on_wire(const Descriptor& channel) const {
  std::vector<wire_answer> result;
  for (const auto& x : answers_)
    for (int i = 0; i < channel.field_count(); ++i) {
      const auto* member = channel.field(i);
      if (member->message_type() != x.type)
        continue;
      wire_answer made{.kind = x.kind,
                       .member = static_cast<uint32_t>(member->number())};
      for (const auto* field : x.key)
        made.key.push_back(static_cast<uint32_t>(field->number()));
      if (!x.key.empty()) {
        using google::protobuf::MessageFactory;
        made.type = static_cast<uint8_t>(x.key.back()->type());
        made.absent = value_at(
            *MessageFactory::generated_factory()->GetPrototype(x.type), x.key);
      }
      result.push_back(std::move(made));
    }
  return result;
}

std::vector<question_key>
exchange_rules::answered_by(const Message& message) const {
  if (auto encoded = bytes_of(message))
    return encoded_.answered_by(*encoded);
  std::vector<question_key> result;
  for (const auto& x : answers_)
    if (x.type == message.GetDescriptor())
      result.push_back({x.kind, value_at(message, x.key)});
  return result;
}

} // namespace troupe
