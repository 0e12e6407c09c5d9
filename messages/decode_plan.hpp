// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include <google/protobuf/message.h>

namespace troupe {

/// What decoding costs in memory, for each field of a message type and of those
/// within it: made once from the descriptors, so that a look at encoded bytes
/// need not ask them.
///
/// The figures are for Protobuf's own classes, glibc's allocator and messages
/// outside of arenas, rounded up where they depend on circumstances.
class decode_plan {
public:
  /// How the value of a field is encoded.
  enum class kind : uint8_t { varint, fixed32, fixed64, text, message, group };

  struct type;

  /// Bytes of the set of unknown fields of a message, made for its first one.
  static constexpr size_t unknown_set_cost = 96;

  /// A field, and what its values cost.
  struct field {
    uint32_t number = 0;
    kind how = kind::varint;
    bool repeated = false;
    /// Bytes that each occurrence takes beside its content.
    uint32_t cost = 0;
    /// Bytes that each element of a packed field takes.
    uint32_t element = 0;
    /// What is in a message or group, otherwise null.
    const type* content = nullptr;
  };

  /// A message type.
  struct type {
    /// By number.
    std::vector<field> fields;

    /// Returns the field with that number, or null.
    [[nodiscard]] const field* find(uint32_t number) const noexcept;
  };

  /// @param prototype any message of the type.
  explicit decode_plan(const google::protobuf::Message& prototype);

  decode_plan(const decode_plan&) = delete;

  decode_plan& operator=(const decode_plan&) = delete;

  /// The fields of the message itself.
  [[nodiscard]] const type& root() const noexcept {
    return *root_;
  }

  /// Bytes that the message itself takes, when it is empty.
  [[nodiscard]] size_t root_cost() const noexcept {
    return root_cost_;
  }

private:
  const type* add(const google::protobuf::Descriptor& what);
  field make_field(const google::protobuf::FieldDescriptor& what);
  [[nodiscard]] size_t
  object_size(const google::protobuf::Descriptor& what) const;
  [[nodiscard]] size_t
  entry_size(const google::protobuf::Descriptor& map_entry) const;

  google::protobuf::MessageFactory* factory_;
  /// Types within types may be the same, or themselves.
  std::map<const google::protobuf::Descriptor*, type> types_;
  const type* root_ = nullptr;
  size_t root_cost_ = 0;
};

/// Returns what the allocator takes for `size` bytes.
constexpr size_t allocated(size_t size) noexcept {
  constexpr size_t smallest = 32;
  constexpr size_t step = 16;
  const auto whole = (size + 8 + step - 1) / step * step;
  return whole < smallest ? smallest : whole;
}

/// Returns what a string takes in memory outside of its object.
constexpr size_t text_size(size_t length) noexcept {
  // Up to 15 bytes fit into the object; the first block has room for 30.
  if (length <= 15)
    return 0;
  return allocated((length < 30 ? 30 : length) + 1);
}

} // namespace troupe
