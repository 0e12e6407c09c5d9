// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/store/store_limits.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace troupe {

namespace {

void cut(std::optional<wall_time>& x) {
  if (x)
    x = std::clamp(*x, stored_time_min, stored_time_max);
}

/// Cuts between characters if the text is UTF-8.
void cut(std::string& text) {
  if (text.size() <= stored_text_size_max)
    return;
  auto is_continuation = [&text](size_t pos) {
    return (static_cast<unsigned char>(text[pos]) & 0xc0) == 0x80;
  };
  auto size = stored_text_size_max;
  for (int i = 0; i < 3 && is_continuation(size); ++i)
    --size;
  text.resize(is_continuation(size) ? stored_text_size_max : size);
}

failure refuse(const node_id& id, std::string_view why) {
  return {errc::store_failed, fmt::format("peer '{}' {}", id, why)};
}

} // namespace

std::string to_stored_text(const node_address& x) {
  auto text = to_string(x);
  if (text.size() > node_address::max_text_size)
    return {};
  auto parsed = node_address::parse(text);
  return parsed && *parsed == x ? text : std::string{};
}

bool is_stored_secret(std::string_view text) {
  return text.size() == stored_secret_size
         && text.find_first_not_of("0123456789abcdef")
                == std::string_view::npos;
}

void cut_to_limits(stored_peer& x) {
  std::erase_if(x.addresses, [](const stored_address& address) {
    return to_stored_text(address.address).empty();
  });
  if (x.addresses.size() > stored_addresses_max)
    x.addresses.resize(stored_addresses_max);
  for (auto& address : x.addresses) {
    cut(address.retry_at);
    cut(address.last_success);
    cut(address.last_failure);
  }
  cut(x.source_group);
  cut(x.scored_at);
  cut(x.dialable_at);
  cut(x.last_connected);
  cut(x.last_disconnected);
  cut(x.stored_at);
  if (x.ban) {
    x.ban->until = std::clamp(x.ban->until, stored_time_min, stored_time_max);
    cut(x.ban->reason);
  }
  if (x.incompatible) {
    auto& since = x.incompatible->since;
    since = std::clamp(since, stored_time_min, stored_time_max);
    cut(x.incompatible->detail);
    cut(x.incompatible->with);
  }
}

failure validate(const store_changes& changes) {
  std::set<node_id> seen;
  auto check = [&seen](const node_id& id) -> failure {
    if (!id)
      return refuse(id, "has no ID");
    return seen.insert(id).second ? failure{} : refuse(id, "is named twice");
  };
  for (const auto& peer : changes.put) {
    if (auto bad = check(peer.id); bad.code != errc::none)
      return bad;
    for (const auto& x : peer.addresses)
      if (x.address.id != peer.id)
        return refuse(
            peer.id, fmt::format("has the address '{}' of another", x.address));
  }
  for (const auto& id : changes.erase)
    if (auto bad = check(id); bad.code != errc::none)
      return bad;
  if (!changes.secret.empty() && !is_stored_secret(changes.secret))
    return {errc::store_failed, "the secret of the book is none"};
  return {};
}

void problem_list::add(std::string line) {
  if (lines_.size() + 1 < store_problems_max)
    lines_.push_back(std::move(line));
  else
    ++omitted_;
}

std::vector<std::string> problem_list::take() {
  auto result = std::exchange(lines_, {});
  if (auto count = std::exchange(omitted_, 0); count > 0)
    result.push_back(fmt::format("{} more problems", count));
  return result;
}

} // namespace troupe
