// SPDX-License-Identifier: Apache-2.0
#include "many_peers.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>

#include <fmt/format.h>
#include <malloc.h>

namespace troupe::bench {

[[noreturn]] void fail(const failure& why) {
  std::fprintf(stderr, "bench: %s\n", to_string(why).c_str());
  std::exit(1);
}

node_id id_of(uint32_t number) {
  std::mt19937_64 scatter{number};
  std::array<std::byte, node_id::size> raw;
  for (auto& x : raw)
    x = static_cast<std::byte>(scatter() & 0xff);
  return node_id{raw};
}

stored_peer peer_of(uint32_t number) {
  const auto id = id_of(number);
  stored_peer peer{.id = id,
                   .score_milli = number,
                   .scored_at = some_time,
                   .last_connected = some_time,
                   .last_disconnected = some_time};
  for (uint16_t port : {26656, 26666})
    peer.addresses.push_back(
        {.address = {.protocol = "mconn",
                     .id = id,
                     .hostname = fmt::format("10.{}.{}.{}", number >> 16 & 255,
                                             number >> 8 & 255, number & 255),
                     .port = port},
         .failures = number % 7,
         .retry_at = some_time,
         .last_success = some_time,
         .last_failure = some_time});
  return peer;
}

double allocated() {
  const auto info = mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
}

} // namespace troupe::bench
