// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/wrapper.hpp"

#include <limits>
#include <span>

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/stubs/logging.h>

#include "troupe/messages/wire_writer.hpp"
#include "troupe/proto/raw.pb.h"

namespace troupe {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

#if GOOGLE_PROTOBUF_VERSION < 4022000
using quiet_protobuf = google::protobuf::LogSilencer;
#else
// Its log goes through Abseil, where the program decides.
struct quiet_protobuf {
  quiet_protobuf() {}
};
#endif

constexpr size_t protobuf_size_max = std::numeric_limits<int>::max();

/// Returns the members of a wrapper, or nothing if `type` is none.
std::map<const Descriptor*, int> members_of(const Descriptor& type) {
  std::map<const Descriptor*, int> result;
  if (type.real_oneof_decl_count() != 1)
    return result;
  auto oneof = type.oneof_decl(0);
  if (oneof->field_count() != type.field_count())
    return result;
  for (int i = 0; i < oneof->field_count(); ++i) {
    auto field = oneof->field(i);
    auto is_new
        = field->type() == FieldDescriptor::TYPE_MESSAGE
          && result.emplace(field->message_type(), field->number()).second;
    // With two members of one type, nobody could tell which was meant.
    if (!is_new)
      return {};
  }
  return result;
}

void append_body(const Message& message, size_t size, bytes& out) {
  const auto offset = out.size();
  out.resize(offset + size);
  message.SerializeWithCachedSizesToArray(
      reinterpret_cast<uint8_t*>(out.data() + offset));
}

} // namespace

wrapper::wrapper(const Message& prototype, const decode_limits& limits)
  : prototype_(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(
          prototype.GetDescriptor())),
    bound_(*prototype_, limits),
    size_max_(limits.size_max),
    members_(members_of(*prototype.GetDescriptor())) {}

result<shared_bytes> wrapper::marshal(const Message& message) const {
  const auto size = message.ByteSizeLong();
  if (size > protobuf_size_max)
    return {errc::malformed_message, "the message is too large for Protobuf"};
  auto body = std::make_shared<bytes>();
  if (message.GetDescriptor() == prototype_->GetDescriptor()) {
    if (raw()) {
      auto content = std::as_bytes(
          std::span{static_cast<const RawMessage&>(message).body()});
      body->assign(content.begin(), content.end());
      return shared_bytes{std::move(body)};
    }
    append_body(message, size, *body);
    return shared_bytes{std::move(body)};
  }
  auto member = members_.find(message.GetDescriptor());
  if (member == members_.end())
    return {errc::malformed_message,
            fmt::format("{} is not a message of a channel for {}",
                        message.GetTypeName(), prototype_->GetTypeName())};
  // A wrapper with one member set is that member as a length-delimited field.
  append_tag(*body, static_cast<uint32_t>(member->second),
             wire_type::length_delimited);
  append_uvarint(*body, size);
  append_body(message, size, *body);
  return shared_bytes{std::move(body)};
}

result<size_t> wrapper::weigh(byte_view body) const {
  if (body.size() > protobuf_size_max)
    return {errc::malformed_message, "the message is too large for Protobuf"};
  if (!raw()) {
    auto size = bound_(body);
    return size ? size : not_ours(size.error());
  }
  const auto size = allocated(sizeof(RawMessage))
                    + allocated(sizeof(std::string)) + text_size(body.size());
  if (size > size_max_)
    return not_ours(
        {errc::over_budget, fmt::format("takes {} bytes of memory", size)});
  return size;
}

result<payload> wrapper::unmarshal(byte_view body) const {
  auto size = weigh(body);
  return size ? decode(body) : size.error();
}

result<payload> wrapper::decode(byte_view body) const {
  if (raw()) {
    auto message = std::make_shared<RawMessage>();
    message->set_body(body.data(), body.size());
    return payload{std::move(message)};
  }
  // Or else a remote could write to standard error: Protobuf complains there
  // about strings that are not UTF-8.
  const quiet_protobuf quiet;
  auto message = std::shared_ptr<Message>{prototype_->New()};
  if (!message->ParseFromArray(body.data(), static_cast<int>(body.size())))
    return {errc::malformed_message,
            fmt::format("not a {}", prototype_->GetTypeName())};
  return wraps() ? unwrap(*message) : payload{std::move(message)};
}

failure wrapper::not_ours(const failure& why) const {
  return {why.code,
          fmt::format("not a {}: {}", prototype_->GetTypeName(), why.context)};
}

bool wrapper::raw() const noexcept {
  return prototype_->GetDescriptor() == RawMessage::descriptor();
}

result<payload> wrapper::unwrap(Message& message) const {
  auto reflection = message.GetReflection();
  auto field = reflection->GetOneofFieldDescriptor(
      message, message.GetDescriptor()->oneof_decl(0));
  if (field == nullptr)
    return {errc::malformed_message,
            fmt::format("a {} without content", prototype_->GetTypeName())};
  return payload{std::shared_ptr<const Message>{
      reflection->ReleaseMessage(&message, field)}};
}

} // namespace troupe
