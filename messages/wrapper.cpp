// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/wrapper.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <set>
#include <span>

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/stubs/logging.h>

#include "troupe/messages/uvarint.hpp"
#include "troupe/messages/wire_reader.hpp"
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

/// Most bytes of a tag or a size that Protobuf writes, and reads.
constexpr size_t head_number_max = 5;

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

/// Whether messages of a type hold text somewhere: of that alone Protobuf
/// complains.
bool has_text(const Descriptor& type, std::set<const Descriptor*>& seen) {
  if (!seen.insert(&type).second)
    return false;
  if (type.extension_range_count() > 0)
    return true;
  for (int i = 0; i < type.field_count(); ++i) {
    const auto* field = type.field(i);
    if (field->type() == FieldDescriptor::TYPE_STRING
        || (field->message_type() != nullptr
            && has_text(*field->message_type(), seen)))
      return true;
  }
  return false;
}

bool has_text(const Descriptor& type) {
  std::set<const Descriptor*> seen;
  return has_text(type, seen);
}

/// @param out as many bytes as the message was just found to take.
void write_body(const Message& message, byte_span out) {
  message.SerializeWithCachedSizesToArray(
      reinterpret_cast<uint8_t*>(out.data()));
}

} // namespace

wrapper::wrapper(const Message& prototype, const decode_limits& limits)
  : prototype_(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(
          prototype.GetDescriptor())),
    bound_(*prototype_, limits),
    size_max_(limits.size_max),
    raw_(prototype.GetDescriptor() == RawMessage::descriptor()),
    has_text_(has_text(*prototype.GetDescriptor())),
    members_(members_of(*prototype.GetDescriptor())) {
  auto* factory = google::protobuf::MessageFactory::generated_factory();
  for (const auto& [type, number] : members_)
    prototypes_.emplace(number, factory->GetPrototype(type));
}

result<shared_bytes> wrapper::marshal(const Message& message) const {
  const auto size = message.ByteSizeLong();
  if (size > protobuf_size_max)
    return {errc::malformed_message, "the message is too large for Protobuf"};
  if (message.GetDescriptor() == prototype_->GetDescriptor()) {
    if (raw_)
      return shared_bytes{std::as_bytes(
          std::span{static_cast<const RawMessage&>(message).body()})};
    return shared_bytes{size, [&](byte_span out) { write_body(message, out); }};
  }
  auto member = members_.find(message.GetDescriptor());
  if (member == members_.end())
    return {errc::malformed_message,
            fmt::format("{} is not a message of a channel for {}",
                        message.GetTypeName(), prototype_->GetTypeName())};
  // A wrapper with one member set is that member as a length-delimited field.
  std::array<std::byte, 2 * max_uvarint_size> head;
  auto length = encode_uvarint(tag_of(static_cast<uint32_t>(member->second),
                                      wire_type::length_delimited),
                               head.data());
  length += encode_uvarint(size, head.data() + length);
  return shared_bytes{length + size, [&](byte_span out) {
                        std::copy_n(head.begin(), length, out.begin());
                        write_body(message, out.subspan(length));
                      }};
}

result<size_t> wrapper::weigh(byte_view body) const {
  if (body.size() > protobuf_size_max)
    return {errc::malformed_message, "the message is too large for Protobuf"};
  if (!raw_) {
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

result<payload>
wrapper::decode(byte_view body,
                const std::shared_ptr<message_arena>& arena) const {
  if (raw_) {
    auto message = std::make_shared<RawMessage>();
    message->set_body(body.data(), body.size());
    return payload{std::move(message)};
  }
  // Or else a remote could write to standard error: Protobuf complains there
  // about strings that are not UTF-8. All threads share one lock for that.
  std::optional<quiet_protobuf> quiet;
  if (has_text_)
    quiet.emplace();
  const auto* type = sole_member(body);
  // Of a wrapper, only the member goes on.
  const auto whole = type != nullptr || !wraps();
  const auto* kind = type != nullptr ? type : prototype_;
  auto message
      = arena && whole
            ? std::shared_ptr<Message>{arena, kind->New(&arena->next())}
            : std::shared_ptr<Message>{kind->New()};
  if (!message->ParseFromArray(body.data(), static_cast<int>(body.size())))
    return {errc::malformed_message,
            fmt::format("not a {}", prototype_->GetTypeName())};
  return whole ? payload{std::move(message)} : unwrap(*message);
}

/// Looks whether a wrapper is one member and nothing else, as encoders write
/// it. That is decoded without the wrapper, which nobody wants to see.
/// @param body becomes the content of that member.
/// @returns what to make the member of, or null, and `body` is as it was.
const Message* wrapper::sole_member(byte_view& body) const noexcept {
  const auto tag = decode_uvarint(body);
  if (!wraps() || tag.status != uvarint_status::complete
      || tag.size > head_number_max
      || static_cast<wire_type>(tag.value & 7) != wire_type::length_delimited)
    return nullptr;
  const auto rest = body.subspan(tag.size);
  const auto size = decode_uvarint(rest);
  if (size.status != uvarint_status::complete || size.size > head_number_max
      || size.value != rest.size() - size.size)
    return nullptr;
  auto member = prototypes_.find(tag.value >> 3);
  if (member == prototypes_.end())
    return nullptr;
  body = rest.subspan(size.size);
  return member->second;
}

failure wrapper::not_ours(const failure& why) const {
  return {why.code,
          fmt::format("not a {}: {}", prototype_->GetTypeName(), why.context)};
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
