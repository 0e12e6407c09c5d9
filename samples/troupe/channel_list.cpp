// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/channel_list.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "troupe/actors/node/option_info.hpp"
#include "troupe/messages/quoted.hpp"

namespace troupe::command {

namespace {

/// Consensus (4), mempool, evidence, block sync, state sync (2). Peer exchange,
/// 0x00, belongs to the node.
constexpr channel_id cometbft[]
    = {0x20, 0x21, 0x22, 0x23, 0x30, 0x38, 0x40, 0x60, 0x61};

std::optional<channel_id> parse_channel(std::string_view text) {
  auto base = 10;
  if (text.starts_with("0x")) {
    text.remove_prefix(2);
    base = 16;
  }
  channel_id result = 0;
  auto [end, code]
      = std::from_chars(text.data(), text.data() + text.size(), result, base);
  if (code != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return result;
}

failure refuse(const std::string& item, std::string_view why) {
  return {errc::invalid_option,
          fmt::format("{} {}", troupe::quoted(item), why)};
}

} // namespace

result<std::vector<channel_id>> parse_channels(const std::string& list) {
  std::vector<channel_id> result;
  for (const auto& item : split_list(list)) {
    const auto known = result.size();
    if (item == "cometbft")
      result.insert(result.end(), std::begin(cometbft), std::end(cometbft));
    else if (auto id = parse_channel(item))
      result.push_back(*id);
    else
      return refuse(item, "is not a channel, expected 0 to 255, 0x00 to 0xff, "
                          "or cometbft");
    const auto added = result.begin() + static_cast<ptrdiff_t>(known);
    if (std::find_first_of(result.begin(), added, added, result.end()) != added)
      return refuse(item, "is there twice");
  }
  if (result.empty())
    return refuse(list, "names no channel");
  return result;
}

std::string to_text(channel_id id) {
  return fmt::format("{:#04x}", id);
}

} // namespace troupe::command
