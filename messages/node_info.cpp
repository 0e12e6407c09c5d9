// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/node_info.hpp"

#include <algorithm>
#include <bitset>
#include <set>
#include <string_view>
#include <utility>

#include "troupe/messages/legacy_address.hpp"
#include "troupe/messages/quoted.hpp"
#include "troupe/messages/wire_reader.hpp"
#include "troupe/messages/wire_writer.hpp"

namespace troupe {

namespace {

// -- wire format --------------------------------------------------------------

bytes encode(const protocol_version& versions) {
  bytes result;
  append_varint_field(result, 1, versions.p2p);
  append_varint_field(result, 2, versions.block);
  append_varint_field(result, 3, versions.app);
  return result;
}

bytes encode_other(const node_info& info) {
  bytes result;
  append_text_field(result, 1, info.tx_index);
  append_text_field(result, 2, info.rpc_address);
  return result;
}

bool decode(byte_view input, protocol_version& out) {
  wire_reader in{input};
  while (in.next()) {
    switch (in.field()) {
      case 1:
        out.p2p = in.varint();
        break;
      case 2:
        out.block = in.varint();
        break;
      case 3:
        out.app = in.varint();
        break;
      default:
        break;
    }
  }
  return in.ok();
}

bool decode_other(byte_view input, node_info& out) {
  wire_reader in{input};
  while (in.next()) {
    switch (in.field()) {
      case 1:
        out.tx_index = in.text();
        break;
      case 2:
        out.rpc_address = in.text();
        break;
      default:
        break;
    }
  }
  return in.ok();
}

std::vector<channel_id> to_channels(byte_view input) {
  std::vector<channel_id> result;
  result.reserve(input.size());
  for (auto value : input)
    result.push_back(std::to_integer<channel_id>(value));
  return result;
}

bool decode(byte_view input, node_info& out) {
  wire_reader in{input};
  while (in.next()) {
    switch (in.field()) {
      case 1:
        if (!decode(in.view(), out.versions))
          return false;
        break;
      case 2:
        out.node_id = in.text();
        break;
      case 3:
        out.listen_addr = in.text();
        break;
      case 4:
        out.network = in.text();
        break;
      case 5:
        out.version = in.text();
        break;
      case 6:
        out.channels = to_channels(in.view());
        break;
      case 7:
        out.moniker = in.text();
        break;
      case 8:
        if (!decode_other(in.view(), out))
          return false;
        break;
      default:
        break;
    }
  }
  return in.ok();
}

// -- validation ---------------------------------------------------------------

failure invalid(std::string_view field, std::string_view value,
                std::string_view expected) {
  std::string context{field};
  context += ": expected ";
  context += expected;
  context += ", got ";
  context += troupe::quoted(value);
  return {errc::invalid_node_info, std::move(context)};
}

/// Whether `text` is printable ASCII and more than spaces.
bool is_printable(std::string_view text) {
  return text.find_first_not_of(' ') != std::string_view::npos
         && std::all_of(text.begin(), text.end(),
                        [](char c) { return c >= 0x20 && c <= 0x7e; });
}

failure check_printable(std::string_view field, std::string_view value) {
  if (is_printable(value))
    return {};
  return invalid(field, value, "printable ASCII");
}

failure check_optional(std::string_view field, std::string_view value) {
  return value.empty() ? failure{} : check_printable(field, value);
}

/// Removes what comes before a `://`, and a second one with all that follows.
std::string_view strip_scheme(std::string_view text) {
  constexpr std::string_view separator = "://";
  auto first = text.find(separator);
  if (first == std::string_view::npos)
    return text;
  text.remove_prefix(first + separator.size());
  return text.substr(0, text.find(separator));
}

failure check_address(const node_info& info) {
  auto id = node_id::parse_any_case(info.node_id);
  if (!id)
    return invalid("node_id", info.node_id, "40 hexadecimal digits");
  auto text = info.node_id;
  text += '@';
  text += strip_scheme(info.listen_addr);
  if (legacy_address::parse(text))
    return {};
  return invalid("listen_addr", info.listen_addr, "[PROTOCOL://]HOST:PORT");
}

failure check_channels(const node_info& info) {
  auto fail = [](const std::string& context) {
    return failure{errc::invalid_node_info, "channels: " + context};
  };
  if (info.channels.size() > max_node_info_channels)
    return fail("expected at most " + std::to_string(max_node_info_channels)
                + ", got " + std::to_string(info.channels.size()));
  std::bitset<256> seen;
  for (auto channel : info.channels) {
    if (seen.test(channel))
      return fail("expected no duplicate, got two of "
                  + display_name({.id = channel}));
    seen.set(channel);
  }
  return {};
}

failure check_tx_index(const node_info& info) {
  const auto& value = info.tx_index;
  if (value.empty() || value == "on" || value == "off")
    return {};
  return invalid("tx_index", value, "\"on\", \"off\" or nothing");
}

// -- compatibility ------------------------------------------------------------

std::string print_channels(const node_info& info) {
  if (info.channels.empty())
    return "none";
  std::string result;
  auto count = std::min(info.channels.size(), max_node_info_channels);
  for (size_t i = 0; i < count; ++i) {
    if (i > 0)
      result += ' ';
    result += display_name({.id = info.channels[i]});
  }
  if (count < info.channels.size())
    result += " ...";
  return result;
}

failure mismatch(errc code, std::string_view what, const std::string& ours,
                 const std::string& theirs) {
  std::string context{what};
  context += ": ours ";
  context += ours;
  context += ", theirs ";
  context += theirs;
  return {code, std::move(context)};
}

bool share_channel(const node_info& ours, const node_info& theirs) {
  std::bitset<256> open;
  for (auto channel : ours.channels)
    open.set(channel);
  return std::any_of(theirs.channels.begin(), theirs.channels.end(),
                     [&open](channel_id id) { return open.test(id); });
}

} // namespace

bool node_info::has_channel(channel_id channel) const noexcept {
  return std::find(channels.begin(), channels.end(), channel) != channels.end();
}

bytes encode(const node_info& info) {
  bytes result;
  // The two embedded messages are always there, even if they are empty.
  append_message_field(result, 1, encode(info.versions));
  append_text_field(result, 2, info.node_id);
  append_text_field(result, 3, info.listen_addr);
  append_text_field(result, 4, info.network);
  append_text_field(result, 5, info.version);
  append_bytes_field(result, 6, std::as_bytes(std::span{info.channels}));
  append_text_field(result, 7, info.moniker);
  append_message_field(result, 8, encode_other(info));
  return result;
}

result<node_info> decode_node_info(byte_view body) {
  if (body.size() > max_node_info_size)
    return {errc::invalid_node_info,
            "expected at most " + std::to_string(max_node_info_size)
                + " bytes, got " + std::to_string(body.size())};
  // What a remote leaves out is zero, not our default.
  node_info info{.versions = {0, 0, 0}};
  if (!decode(body, info))
    return {errc::invalid_node_info, "not an encoded node info"};
  return info;
}

failure validate(const node_info& info) {
  for (const auto& what :
       {check_address(info), check_optional("version", info.version),
        check_channels(info), check_printable("moniker", info.moniker),
        check_tx_index(info), check_optional("rpc_address", info.rpc_address)})
    if (what.code != errc::none)
      return what;
  return {};
}

failure compatible(const node_info& ours, const node_info& theirs) {
  if (ours.versions.block != theirs.versions.block)
    return mismatch(errc::wrong_block_version, "block version",
                    std::to_string(ours.versions.block),
                    std::to_string(theirs.versions.block));
  if (ours.network != theirs.network)
    return mismatch(errc::wrong_network, "network",
                    troupe::quoted(ours.network),
                    troupe::quoted(theirs.network));
  if (!ours.channels.empty() && !share_channel(ours, theirs))
    return mismatch(errc::no_common_channel, "channels", print_channels(ours),
                    print_channels(theirs));
  return {};
}

std::string profile_of(const node_info& info) {
  const std::set<channel_id> open{info.channels.begin(), info.channels.end()};
  auto result = std::to_string(info.versions.block);
  for (auto separator = ' '; auto channel : open) {
    result += separator;
    result += std::to_string(channel);
    separator = ',';
  }
  return result + ' ' + info.network;
}

} // namespace troupe
