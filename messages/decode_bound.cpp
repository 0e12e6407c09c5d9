// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/decode_bound.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "troupe/messages/uvarint.hpp"
#include "troupe/messages/wire_reader.hpp"

namespace troupe {

namespace {

using kind = decode_plan::kind;

constexpr uint64_t field_number_max = (uint64_t{1} << 29) - 1;

/// An unknown field is an element of an array that may be half empty.
constexpr size_t unknown_field_cost = 32;

/// One pass over a message. A stack instead of a recursion, since the depth is
/// the remote's choice.
class look {
public:
  /// @param beyond what it is called if it takes more than `cost_max`.
  look(const decode_plan& plan, byte_view body, size_t cost_max, errc beyond,
       size_t unknown_max)
    : rest_(body),
      cost_(plan.root_cost()),
      cost_max_(cost_max),
      beyond_(beyond),
      unknown_max_(unknown_max) {
    levels_[0] = {&plan.root(), 0, 0, false};
  }

  result<size_t> run() {
    while (leave_finished() && what_.code == errc::none)
      if (!field())
        break;
    if (what_.code != errc::none)
      return what_;
    return cost_;
  }

private:
  /// A message or group that has begun.
  struct level {
    const decode_plan::type* type;
    /// How many bytes are left of the whole when it ends.
    size_t end;
    /// Number of the group; 0: it is a message.
    uint32_t group;
    bool has_unknown;
  };

  level& top() {
    return levels_[depth_];
  }

  /// Goes up from messages that are over. @returns whether something is left.
  bool leave_finished() {
    while (rest_.size() == top().end) {
      if (top().group != 0)
        return malformed("a group without end");
      if (depth_ == 0)
        return false;
      --depth_;
    }
    return true;
  }

  bool field() {
    const auto before = rest_.size();
    uint64_t tag = 0;
    if (!read_varint(tag))
      return false;
    const auto number = tag >> 3;
    if (number == 0 || number > field_number_max)
      return malformed("a bad field number");
    const auto wire = static_cast<wire_type>(tag & 7);
    if (wire == wire_type::group_end)
      return end_group(static_cast<uint32_t>(number));
    const auto* what = top().type->find(static_cast<uint32_t>(number));
    return value(what, wire, before)
           && (cost_ <= cost_max_
               || refuse(beyond_,
                         fmt::format("takes more than {} bytes of memory",
                                     cost_max_)));
  }

  /// @param before what was left of the whole in front of the field.
  bool value(const decode_plan::field* what, wire_type wire, size_t before) {
    uint64_t number = 0;
    switch (wire) {
      case wire_type::varint:
        return read_varint(number) && scalar(what, kind::varint, before);
      case wire_type::fixed32:
        return skip(4) && scalar(what, kind::fixed32, before);
      case wire_type::fixed64:
        return skip(8) && scalar(what, kind::fixed64, before);
      case wire_type::length_delimited:
        return read_varint(number) && delimited(what, number, before);
      case wire_type::group_start:
        if (what == nullptr || what->how != kind::group)
          return malformed("an unknown group");
        cost_ += what->cost;
        return enter(*what, top().end, what->number);
      default:
        return malformed("a bad wire type");
    }
  }

  bool scalar(const decode_plan::field* what, kind how, size_t before) {
    if (what == nullptr || what->how != how)
      return unknown(before, std::nullopt);
    cost_ += what->cost;
    return true;
  }

  bool delimited(const decode_plan::field* what, uint64_t size, size_t before) {
    if (size > rest_.size() - top().end)
      return malformed("a field longer than its message");
    const auto content = rest_.first(static_cast<size_t>(size));
    if (what != nullptr && what->how == kind::message) {
      cost_ += what->cost;
      return enter(*what, rest_.size() - content.size(), 0);
    }
    rest_ = rest_.subspan(content.size());
    if (what != nullptr && what->how == kind::text)
      cost_ += what->cost + text_size(content.size());
    else if (what != nullptr && what->how != kind::group && what->repeated)
      cost_ += what->cost + what->element * elements(content, what->how);
    else
      return unknown(before, content.size());
    return true;
  }

  /// Counts the numbers in a packed field.
  static size_t elements(byte_view content, kind how) {
    if (how == kind::fixed32)
      return content.size() / 4;
    if (how == kind::fixed64)
      return content.size() / 8;
    return static_cast<size_t>(
        std::count_if(content.begin(), content.end(),
                      [](std::byte x) { return x < std::byte{0x80}; }));
  }

  /// @param text the size of a string, which is an object of its own, even
  /// without content.
  bool unknown(size_t before, std::optional<size_t> text) {
    cost_ += unknown_field_cost;
    if (text)
      cost_ += allocated(sizeof(std::string)) + text_size(*text);
    if (!top().has_unknown)
      cost_ += decode_plan::unknown_set_cost;
    top().has_unknown = true;
    unknown_ += before - rest_.size();
    return unknown_ <= unknown_max_
           || refuse(errc::oversized_message,
                     fmt::format("more than {} bytes of unknown fields",
                                 unknown_max_));
  }

  bool enter(const decode_plan::field& what, size_t end, uint32_t group) {
    if (++depth_ == levels_.size()) {
      depth_ = 0;
      return refuse(
          errc::oversized_message,
          fmt::format("nested deeper than {}", decode_bound::depth_max));
    }
    levels_[depth_] = {what.content, end, group, false};
    return true;
  }

  bool end_group(uint32_t number) {
    if (top().group != number)
      return malformed("an end without its group");
    --depth_;
    return true;
  }

  bool read_varint(uint64_t& result) {
    auto number = decode_uvarint(rest_.first(rest_.size() - top().end));
    if (number.status != uvarint_status::complete)
      return malformed("cut short");
    rest_ = rest_.subspan(number.size);
    result = number.value;
    return true;
  }

  bool skip(size_t size) {
    if (size > rest_.size() - top().end)
      return malformed("cut short");
    rest_ = rest_.subspan(size);
    return true;
  }

  bool malformed(std::string why) {
    return refuse(errc::malformed_message, std::move(why));
  }

  bool refuse(errc code, std::string why) {
    what_ = {code, std::move(why)};
    return false;
  }

  byte_view rest_;
  size_t cost_;
  size_t cost_max_;
  errc beyond_;
  size_t unknown_ = 0;
  size_t unknown_max_;
  failure what_;
  std::array<level, decode_bound::depth_max + 1> levels_;
  size_t depth_ = 0;
};

} // namespace

decode_bound::decode_bound(const google::protobuf::Message& prototype,
                           const decode_limits& limits)
  : plan_(std::make_shared<const decode_plan>(prototype)),
    limits_(limits) {}

result<size_t> decode_bound::operator()(byte_view body) const {
  // That we do not have the memory is no fault of whoever sent it.
  const auto honest = limits_.allowance + limits_.growth_max * body.size();
  const auto beyond = honest <= limits_.size_max ? errc::oversized_message
                                                 : errc::over_budget;
  return look{*plan_, body, std::min(honest, limits_.size_max), beyond,
              body.size() / 2 + limits_.unknown_allowance}
      .run();
}

} // namespace troupe
