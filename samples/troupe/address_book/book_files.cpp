// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/address_book/book_files.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "troupe/messages/entropy.hpp"
#include "troupe/messages/quoted.hpp"
#include "troupe/messages/wall_clock.hpp"
#include "troupe/messages/whole_file.hpp"
#include "troupe/peerstore/store/sqlite_store.hpp"
#include "troupe/samples/troupe/address_book/book_merge.hpp"
#include "troupe/samples/troupe/node_client.hpp"
#include "troupe/samples/troupe/replaced_file.hpp"

namespace troupe::command {

namespace {

using nlohmann::json;
using namespace std::chrono_literals;

/// A request's body has at most 64 KiB.
constexpr size_t batch_size_max = 60'000;
constexpr auto answer_time = 10s;

/// A key as CometBFT makes them.
std::string draw_key() {
  system_entropy random;
  std::array<std::byte, 12> octets{};
  random.fill(octets);
  std::string result;
  for (auto octet : octets)
    result += fmt::format("{:02x}", static_cast<unsigned>(octet));
  return result;
}

/// Gives a list to a node, when it takes one.
result<import_counts> post_peers(const node_client& node,
                                 const std::string& body) {
  for (;;) {
    auto answer = node.send("POST", "/peers", body);
    if (!answer && answer.code() == errc::rate_limited) {
      std::this_thread::sleep_for(1s);
      continue;
    }
    if (!answer)
      return answer.error();
    try {
      const auto counts = json::parse(*answer);
      return import_counts{counts.at("new").get<size_t>(),
                           counts.at("known").get<size_t>(),
                           counts.at("refused").get<size_t>()};
    } catch (const json::exception&) {
      return failure{errc::malformed_message, "the answer is none of a node"};
    }
  }
}

} // namespace

result<std::vector<book_entry>> read_book(const std::filesystem::path& file) {
  auto text = read_whole_file(file, address_book_size_max);
  if (!text)
    return failure{errc::invalid_option,
                   fmt::format("file {}", to_string(text.error()))};
  auto entries = parse_address_book(*text);
  if (!entries)
    return failure{errc::invalid_option,
                   fmt::format("file {}: {}",
                               troupe::quoted(file.native(), 256),
                               to_string(entries.error()))};
  return entries;
}

result<import_counts> import_to_node(const std::filesystem::path& socket,
                                     const std::vector<book_entry>& entries) {
  const node_client node{socket, answer_time};
  import_counts result;
  auto next = entries.begin();
  // An empty list asks, too, whether somebody is there.
  do {
    json batch = {{"peers", json::array()}};
    for (size_t size = 0; next != entries.end() && size < batch_size_max;
         ++next) {
      auto text = to_string(next->address);
      size += text.size() + 3;
      batch["peers"].push_back(std::move(text));
    }
    auto counts = post_peers(node, batch.dump());
    if (!counts)
      return counts.error();
    result.fresh += counts->fresh;
    result.known += counts->known;
    result.refused += counts->refused;
  } while (next != entries.end());
  return result;
}

result<import_counts> import_to_store(const home& where, const node_id& own,
                                      const std::vector<book_entry>& entries) {
  const auto now = system_wall_clock{}.now();
  auto store = sqlite_store::open({.path = where.store_file(), .now = now});
  if (!store)
    return store.error();
  auto stored = (*store)->load();
  if (!stored)
    return stored.error();
  const auto merged = merge_book(stored->peers, entries, own, now);
  if (!merged.changes.empty())
    if (auto bad = (*store)->commit(merged.changes); bad.code != errc::none)
      return bad;
  return import_counts{merged.fresh, merged.known, merged.refused};
}

result<size_t> write_book(const std::filesystem::path& file,
                          const std::vector<book_entry>& entries) {
  const auto as_json = file.extension() == ".json";
  const auto content = as_json ? print_addrbook_json(entries, draw_key())
                               : print_peer_list(entries);
  if (auto bad = replace_file(file, content); bad.code != errc::none)
    return bad;
  if (!as_json)
    return entries.size();
  return static_cast<size_t>(
      std::count_if(entries.begin(), entries.end(), [](const auto& entry) {
        return fits_addrbook_json(entry.address);
      }));
}

} // namespace troupe::command
