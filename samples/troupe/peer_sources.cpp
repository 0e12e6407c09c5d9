// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/peer_sources.hpp"

#include <chrono>
#include <system_error>

#include "troupe/peerstore/store/sqlite_store.hpp"
#include "troupe/samples/troupe/node_client.hpp"

namespace troupe::command {

result<std::vector<live_peer>>
ask_for_peers(const std::filesystem::path& socket, wall_time now) {
  constexpr std::chrono::seconds patience{5};
  auto answer = node_client{socket, patience}.send("GET", "/peers");
  if (!answer && answer.code() == errc::connection_refused)
    return std::vector<live_peer>{};
  if (!answer)
    return answer.error();
  return parse_live_peers(*answer, now);
}

result<store_contents> read_store(const std::filesystem::path& file) {
  // A node that never ran knows nobody.
  if (std::error_code ignored; !std::filesystem::exists(file, ignored))
    return store_contents{};
  auto store = sqlite_store::open_read_only(file);
  if (!store)
    return store.error();
  return (*store)->load();
}

} // namespace troupe::command
