// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/monitor/spoken_message.hpp"

#include <span>

#include "troupe/messages/wire_reader.hpp"

namespace troupe::command {

namespace {

/// A member of a reactor's `Message`, and where in it height and round are; 0
/// where there are none.
struct known_kind {
  uint32_t field;
  std::string_view name;
  uint32_t height = 0;
  uint32_t round = 0;
};

constexpr known_kind consensus_kinds[] = {
    {1, round_step, 1, 2},    {2, "valid block", 1, 2},
    {3, "proposal", 2, 3},    {4, "proposal votes", 1, 2},
    {5, "block part", 1, 2},  {6, "vote", 2, 3},
    {7, "has vote", 1, 2},    {8, "two thirds", 1, 2},
    {9, "votes known", 1, 2}, {10, "has block part", 1, 2},
};

constexpr known_kind mempool_kinds[] = {
    {1, "transactions"},
    {2, "has transaction"},
    {3, "reset route"},
};

constexpr known_kind block_sync_kinds[] = {
    {1, "block request", 1}, {2, "no block", 1}, {3, "block"},
    {4, "status request"},   {5, "status", 1},
};

constexpr known_kind state_sync_kinds[] = {
    {1, "snapshots request"},
    {2, "snapshot", 1},
    {3, "chunk request", 1},
    {4, "chunk", 1},
};

std::span<const known_kind> kinds_of(channel_id channel) {
  switch (channel) {
    case 0x20:
    case 0x21:
    case 0x22:
    case 0x23:
      return consensus_kinds;
    case 0x30:
      return mempool_kinds;
    case 0x40:
      return block_sync_kinds;
    case 0x60:
    case 0x61:
      return state_sync_kinds;
    default:
      return {};
  }
}

/// Counts a repeated field 1.
uint64_t count_items(byte_view list) {
  wire_reader in{list};
  uint64_t result = 0;
  while (in.next())
    result += in.field() == 1 ? 1 : 0;
  return result;
}

/// The votes of both rounds of voting are of one type (spec, "SignedMsgType").
std::string_view vote_name(byte_view vote) {
  wire_reader in{vote};
  while (in.next())
    if (in.field() == 1 && in.type() == wire_type::varint)
      switch (in.varint()) {
        case 1:
          return "prevote";
        case 2:
          return "precommit";
        default:
          return "vote";
      }
  return "vote";
}

/// Takes the first embedded message out of another.
byte_view inner(byte_view outer) {
  wire_reader in{outer};
  while (in.next())
    if (in.field() == 1 && in.type() == wire_type::length_delimited)
      return in.view();
  return {};
}

void read_place(const known_kind& kind, byte_view body, spoken_message& to) {
  if (kind.height == 0)
    return;
  // What is zero is not on the wire.
  to.height = 0;
  if (kind.round != 0)
    to.round = 0;
  wire_reader in{body};
  while (in.next()) {
    if (in.type() != wire_type::varint)
      continue;
    if (in.field() == kind.height)
      to.height = static_cast<int64_t>(in.varint());
    else if (kind.round != 0 && in.field() == kind.round)
      to.round = in.int32();
  }
}

spoken_message read_member(channel_id channel, uint32_t field,
                           byte_view member) {
  for (const auto& kind : kinds_of(channel)) {
    if (kind.field != field)
      continue;
    spoken_message result{.kind = kind.name};
    if (kind.name == "transactions") {
      result.items = count_items(member);
    } else if (kind.name == "proposal" || kind.name == "vote") {
      // Signed, and so in a message of its own.
      const auto what = inner(member);
      if (kind.name == "vote")
        result.kind = vote_name(what);
      read_place(kind, what, result);
    } else {
      read_place(kind, member, result);
    }
    return result;
  }
  return {.kind = "other"};
}

} // namespace

spoken_message read_spoken(channel_id channel, byte_view body) {
  if (!well_formed(body))
    return {.kind = "unreadable"};
  // The one channel whose messages are not wrapped.
  if (channel == 0x38)
    return {.kind = "evidence", .items = count_items(body)};
  wire_reader in{body};
  if (!in.next() || in.type() != wire_type::length_delimited)
    return {.kind = "other"};
  const auto field = in.field();
  return read_member(channel, field, in.view());
}

} // namespace troupe::command
