// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/channel/wire_answers.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>

#include "troupe/messages/wire_reader.hpp"

namespace troupe {

namespace {

using type = google::protobuf::FieldDescriptor::Type;
using field_descriptor = google::protobuf::FieldDescriptor;

/// How a key of that type is encoded; nothing if there are no such keys.
std::optional<wire_type> encoding_of(uint8_t key) {
  switch (static_cast<type>(key)) {
    case field_descriptor::TYPE_INT32:
    case field_descriptor::TYPE_INT64:
    case field_descriptor::TYPE_UINT32:
    case field_descriptor::TYPE_UINT64:
    case field_descriptor::TYPE_SINT32:
    case field_descriptor::TYPE_SINT64:
    case field_descriptor::TYPE_BOOL:
      return wire_type::varint;
    case field_descriptor::TYPE_FIXED32:
    case field_descriptor::TYPE_SFIXED32:
      return wire_type::fixed32;
    case field_descriptor::TYPE_FIXED64:
    case field_descriptor::TYPE_SFIXED64:
      return wire_type::fixed64;
    case field_descriptor::TYPE_STRING:
    case field_descriptor::TYPE_BYTES:
      return wire_type::length_delimited;
    default:
      return std::nullopt;
  }
}

int64_t unzigzag(uint64_t x) {
  return static_cast<int64_t>(x >> 1) ^ -static_cast<int64_t>(x & 1);
}

/// Reads the current field, which has the encoding of its type, and writes it
/// as `exchange_rules` does.
std::string read_key(wire_reader& in, uint8_t key) {
  switch (static_cast<type>(key)) {
    case field_descriptor::TYPE_INT32:
      return fmt::to_string(in.int32());
    case field_descriptor::TYPE_INT64:
      return fmt::to_string(static_cast<int64_t>(in.varint()));
    case field_descriptor::TYPE_UINT32:
      return fmt::to_string(static_cast<uint32_t>(in.varint()));
    case field_descriptor::TYPE_UINT64:
      return fmt::to_string(in.varint());
    case field_descriptor::TYPE_SINT32:
      return fmt::to_string(
          static_cast<int32_t>(unzigzag(static_cast<uint32_t>(in.varint()))));
    case field_descriptor::TYPE_SINT64:
      return fmt::to_string(unzigzag(in.varint()));
    case field_descriptor::TYPE_BOOL:
      return in.varint() != 0 ? "1" : "0";
    case field_descriptor::TYPE_FIXED32:
      return fmt::to_string(in.fixed32());
    case field_descriptor::TYPE_SFIXED32:
      return fmt::to_string(static_cast<int32_t>(in.fixed32()));
    case field_descriptor::TYPE_FIXED64:
      return fmt::to_string(in.fixed64());
    case field_descriptor::TYPE_SFIXED64:
      return fmt::to_string(static_cast<int64_t>(in.fixed64()));
    default:
      return std::string{in.text()};
  }
}

/// Finds the key in a message, the last of several, as Protobuf does. What has
/// another encoding than it should is a field that the type does not have.
/// @returns `false` if the message is not well-formed.
// The way is short: `depth_max`.
// NOLINTNEXTLINE(misc-no-recursion)
bool find_key(byte_view message, std::span<const uint32_t> way, uint8_t key,
              std::string& value) {
  wire_reader in{message};
  while (in.next()) {
    if (in.field() != way.front())
      continue;
    if (way.size() == 1) {
      if (in.type() == encoding_of(key))
        value = read_key(in, key);
    } else if (in.type() == wire_type::length_delimited
               && !find_key(in.view(), way.subspan(1), key, value)) {
      return false;
    }
  }
  return in.ok();
}

} // namespace

failure wire_answers::check(const std::vector<wire_answer>& all) {
  for (const auto& x : all) {
    if (x.key.size() > depth_max)
      return {errc::invalid_channel,
              fmt::format("a key is {} messages deep, expected at most {}",
                          x.key.size(), depth_max)};
    if (!x.key.empty() && !encoding_of(x.type))
      return {errc::invalid_channel,
              fmt::format("a field of type {} can be no key", x.type)};
  }
  return {};
}

bool wire_answers::is_answer(byte_view message) const noexcept {
  if (all_.empty())
    return false;
  wire_reader in{message};
  if (!in.next() || in.type() != wire_type::length_delimited)
    return false;
  return std::any_of(all_.begin(), all_.end(), [&in](const wire_answer& x) {
    return x.member == in.field();
  });
}

std::vector<question_key> wire_answers::answered_by(byte_view message) const {
  std::vector<question_key> result;
  wire_reader in{message};
  if (!in.next() || in.type() != wire_type::length_delimited)
    return result;
  const auto member = in.field();
  const auto content = in.view();
  for (const auto& x : all_) {
    if (x.member != member)
      continue;
    auto value = x.absent;
    if (x.key.empty() || find_key(content, x.key, x.type, value))
      result.push_back({static_cast<size_t>(x.kind), std::move(value)});
  }
  return in.ok() ? result : std::vector<question_key>{};
}

} // namespace troupe
