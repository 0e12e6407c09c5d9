// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/decode_plan.hpp"

#include <algorithm>
#include <string>

#include <google/protobuf/descriptor.h>

namespace troupe {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

/// Arrays grow by doubling, and may be half empty.
constexpr size_t array_slack = 2;

constexpr size_t pointer_cost = array_slack * sizeof(void*);

/// A node of a map, beside key and value, and what holds them while they are
/// being parsed. Protobuf cannot tell.
constexpr size_t map_node_cost = 128;

/// The smallest array of numbers.
constexpr size_t array_cost = 32;

/// A value that is unknown to its enumeration becomes an unknown field.
constexpr size_t unknown_value_cost = 32;

/// An extension is an entry of a table beside the message.
constexpr size_t extension_cost = 64;

size_t element_size(const FieldDescriptor& what) {
  switch (what.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return sizeof(bool);
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_ENUM:
      return sizeof(int32_t);
    default:
      return sizeof(int64_t);
  }
}

/// Whether values that its enumeration does not have become unknown fields.
bool is_closed_enum(const FieldDescriptor& what) {
  using google::protobuf::FileDescriptor;
  return what.cpp_type() == FieldDescriptor::CPPTYPE_ENUM
         && what.file()->syntax() != FileDescriptor::SYNTAX_PROTO3;
}

decode_plan::kind kind_of(const FieldDescriptor& what) {
  switch (what.type()) {
    case FieldDescriptor::TYPE_DOUBLE:
    case FieldDescriptor::TYPE_FIXED64:
    case FieldDescriptor::TYPE_SFIXED64:
      return decode_plan::kind::fixed64;
    case FieldDescriptor::TYPE_FLOAT:
    case FieldDescriptor::TYPE_FIXED32:
    case FieldDescriptor::TYPE_SFIXED32:
      return decode_plan::kind::fixed32;
    case FieldDescriptor::TYPE_STRING:
    case FieldDescriptor::TYPE_BYTES:
      return decode_plan::kind::text;
    case FieldDescriptor::TYPE_MESSAGE:
      return decode_plan::kind::message;
    case FieldDescriptor::TYPE_GROUP:
      return decode_plan::kind::group;
    default:
      return decode_plan::kind::varint;
  }
}

} // namespace

const decode_plan::field*
decode_plan::type::find(uint32_t number) const noexcept {
  // Most types number their fields from 1 on without a gap.
  if (number - 1 < fields.size() && fields[number - 1].number == number)
    return &fields[number - 1];
  auto i = std::lower_bound(
      fields.begin(), fields.end(), number,
      [](const field& x, uint32_t wanted) { return x.number < wanted; });
  return i != fields.end() && i->number == number ? &*i : nullptr;
}

decode_plan::decode_plan(const google::protobuf::Message& prototype)
  : factory_(prototype.GetReflection()->GetMessageFactory()) {
  root_ = add(*prototype.GetDescriptor());
  root_cost_ = allocated(object_size(*prototype.GetDescriptor()));
}

const decode_plan::type* decode_plan::add(const Descriptor& what) {
  auto [i, is_new] = types_.try_emplace(&what);
  if (!is_new)
    return &i->second;
  std::vector<field> fields;
  fields.reserve(static_cast<size_t>(what.field_count()));
  for (int k = 0; k < what.field_count(); ++k)
    fields.push_back(make_field(*what.field(k)));
  if (what.extension_range_count() > 0) {
    std::vector<const FieldDescriptor*> extensions;
    what.file()->pool()->FindAllExtensions(&what, &extensions);
    for (const auto* each : extensions) {
      fields.push_back(make_field(*each));
      fields.back().cost += extension_cost;
    }
  }
  std::sort(fields.begin(), fields.end(),
            [](const field& x, const field& y) { return x.number < y.number; });
  auto& result = types_.at(&what);
  result.fields = std::move(fields);
  return &result;
}

decode_plan::field decode_plan::make_field(const FieldDescriptor& what) {
  field result{.number = static_cast<uint32_t>(what.number()),
               .how = kind_of(what),
               .repeated = what.is_repeated()};
  size_t cost = 0;
  if (result.how == kind::text) {
    cost = allocated(sizeof(std::string));
  } else if (result.how == kind::message || result.how == kind::group) {
    result.content = add(*what.message_type());
    cost = allocated(what.is_map() ? entry_size(*what.message_type())
                                   : object_size(*what.message_type()));
  } else {
    size_t element = result.repeated ? array_slack * element_size(what) : 0;
    cost = result.repeated ? array_cost : 0;
    if (is_closed_enum(what)) {
      element += unknown_value_cost;
      cost += unknown_value_cost + unknown_set_cost;
    }
    result.element = static_cast<uint32_t>(element);
  }
  if (result.repeated
      && (result.how == kind::text || result.content != nullptr))
    cost += pointer_cost;
  result.cost = static_cast<uint32_t>(cost);
  return result;
}

size_t decode_plan::object_size(const Descriptor& what) const {
  auto prototype = factory_->GetPrototype(&what);
  return prototype != nullptr ? prototype->SpaceUsedLong() : 0;
}

/// A map keeps its keys and values within its nodes, which lie in a table that
/// grows like an array.
size_t decode_plan::entry_size(const Descriptor& map_entry) const {
  auto result = map_node_cost + 2 * pointer_cost;
  for (int i = 0; i < map_entry.field_count(); ++i) {
    const auto& part = *map_entry.field(i);
    if (part.message_type() != nullptr)
      result += object_size(*part.message_type());
    else
      result += sizeof(std::string);
  }
  return result;
}

} // namespace troupe
