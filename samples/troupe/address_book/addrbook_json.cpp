// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "troupe/messages/quoted.hpp"
#include "troupe/messages/timestamp.hpp"
#include "troupe/samples/troupe/address_book/address_book.hpp"
#include "troupe/samples/troupe/address_book/rfc3339.hpp"

namespace troupe::command {

namespace {

using nlohmann::json;
using object = nlohmann::ordered_json;

/// How Go writes a time that never came.
constexpr std::string_view never = "0001-01-01T00:00:00Z";

/// `bucket_type`: of addresses that nobody has connected to yet, and of others.
constexpr int new_bucket = 1;
constexpr int old_bucket = 2;
constexpr uint64_t new_bucket_count = 256;
constexpr uint64_t old_bucket_count = 64;

/// What is wrong with an entry.
struct bad_entry {
  std::string what;
};

/// @throws bad_entry
const json& field(const json& from, const char* name) {
  const auto i = from.is_object() ? from.find(name) : from.end();
  if (i == from.end())
    throw bad_entry{fmt::format("{} is missing", name)};
  return *i;
}

/// @throws bad_entry
std::string text_field(const json& from, const char* name) {
  const auto& value = field(from, name);
  if (!value.is_string())
    throw bad_entry{fmt::format("{} is no text", name)};
  return value.get<std::string>();
}

/// @throws bad_entry
uint64_t number_field(const json& from, const char* name, uint64_t most) {
  const auto& value = field(from, name);
  if (!value.is_number_unsigned() || value.get<uint64_t>() > most)
    throw bad_entry{fmt::format("{} is no number up to {}", name, most)};
  return value.get<uint64_t>();
}

/// Other programs leave times out.
/// @throws bad_entry
std::optional<wall_time> time_field(const json& from, const char* name) {
  if (!from.contains(name))
    return std::nullopt;
  const auto text = text_field(from, name);
  const auto time = parse_timestamp(text);
  if (!time)
    throw bad_entry{fmt::format("{} is {}, expected a time like {}", name,
                                troupe::quoted(text), never)};
  // As Go has it, and whoever else means the beginning of all times.
  if (*time <= wall_time{})
    return std::nullopt;
  return time;
}

/// @throws bad_entry
node_address address_of(const json& from) {
  const auto id_text = text_field(from, "id");
  const auto id = node_id::parse_any_case(id_text);
  if (!id)
    throw bad_entry{to_string(id.error())};
  const auto ip_text = text_field(from, "ip");
  const auto ip = ip_address::parse(ip_text);
  if (!ip)
    throw bad_entry{fmt::format("ip is {}, expected an IP address",
                                troupe::quoted(ip_text))};
  return {.protocol = std::string{node_address::default_protocol},
          .id = *id,
          .hostname = to_string(*ip),
          .port = static_cast<uint16_t>(number_field(from, "port", 65'535))};
}

/// @throws bad_entry
book_entry read_entry(const json& from) {
  constexpr auto attempts_max = uint64_t{INT32_MAX};
  book_entry result{.address = address_of(field(from, "addr")),
                    .last_attempt = time_field(from, "last_attempt"),
                    .last_success = time_field(from, "last_success"),
                    .banned_until = time_field(from, "last_ban_time")};
  if (from.contains("attempts"))
    result.attempts
        = static_cast<uint32_t>(number_field(from, "attempts", attempts_max));
  return result;
}

object print_address(const node_address& address) {
  return {{"id", to_string(address.id)},
          {"ip", address.hostname},
          {"port", address.port}};
}

std::string print_time(const std::optional<wall_time>& time) {
  return time ? timestamp(*time) : std::string{never};
}

/// CometBFT takes entries in any bucket. They are spread by FNV-1a over the
/// address, so that each of them gets about as many.
uint64_t bucket_of(const node_address& address, std::string_view key,
                   uint64_t count) {
  uint64_t hash = 14'695'981'039'346'656'037U;
  auto add = [&hash](std::string_view text) {
    for (auto c : text)
      hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
  };
  add(key);
  add(to_string(address));
  // The lower bits of the hash are worse than the upper ones.
  return (hash >> 32U) % count;
}

} // namespace

result<std::vector<book_entry>> parse_addrbook_json(std::string_view text) {
  const auto book = json::parse(text, nullptr, false);
  if (book.is_discarded())
    return {errc::invalid_option, "is no JSON"};
  const auto addresses = book.find("addrs");
  if (addresses == book.end()
      || !(addresses->is_array() || addresses->is_null()))
    return {errc::invalid_option,
            "is no address book: there is no list addrs in it"};
  if (addresses->size() > address_book_entries_max)
    return {errc::invalid_option, fmt::format("has more than {} addresses",
                                              address_book_entries_max)};
  std::vector<book_entry> result;
  for (const auto& entry : *addresses)
    try {
      result.push_back(read_entry(entry));
    } catch (const bad_entry& bad) {
      return {errc::invalid_option, fmt::format("entry {} of addrs: {}",
                                                result.size() + 1, bad.what)};
    }
  return result;
}

bool fits_addrbook_json(const node_address& address) {
  return address.path.empty()
         && (address.protocol == "mconn" || address.protocol == "tcp")
         && ip_address::parse(address.hostname).has_value();
}

std::string print_addrbook_json(const std::vector<book_entry>& entries,
                                std::string_view key) {
  constexpr uint16_t default_port = 26656;
  object book{{"key", key}, {"addrs", object::array()}};
  for (const auto& entry : entries) {
    if (!fits_addrbook_json(entry.address))
      continue;
    auto address = entry.address;
    if (address.port == 0)
      address.port = default_port;
    const auto old = entry.last_success.has_value();
    const auto bucket
        = bucket_of(address, key, old ? old_bucket_count : new_bucket_count);
    book["addrs"].push_back(
        {{"addr", print_address(address)},
         // Who told us is not kept by address.
         {"src", print_address(address)},
         {"buckets", object::array({bucket})},
         {"attempts", entry.attempts},
         {"bucket_type", old ? old_bucket : new_bucket},
         {"last_attempt", print_time(entry.last_attempt)},
         {"last_success", print_time(entry.last_success)},
         {"last_ban_time", print_time(entry.banned_until)}});
  }
  return book.dump(1, '\t') + "\n";
}

} // namespace troupe::command
