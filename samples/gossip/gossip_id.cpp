// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/gossip/gossip_id.hpp"

#include <algorithm>
#include <cassert>
#include <initializer_list>

#include <botan/hash.h>
#include <fmt/format.h>

namespace troupe {

namespace {

std::array<uint8_t, 32> sha256(std::initializer_list<std::string_view> parts) {
  auto hash = Botan::HashFunction::create_or_throw("SHA-256");
  for (const auto& part : parts)
    hash->update(reinterpret_cast<const uint8_t*>(part.data()), part.size());
  std::array<uint8_t, 32> result{};
  hash->final(result.data());
  return result;
}

} // namespace

gossip_id::gossip_id(std::string_view content) {
  assert(content.size() == size);
  std::copy_n(content.data(), size, bytes_.data());
}

gossip_id gossip_id::of(std::string_view topic, std::string_view content) {
  assert(topic.size() <= 255);
  const auto length = static_cast<char>(topic.size());
  const auto digest = sha256({{&length, 1}, topic, content});
  gossip_id result;
  std::transform(digest.begin(), digest.begin() + size, result.bytes_.begin(),
                 [](uint8_t x) { return static_cast<char>(x); });
  return result;
}

std::string to_string(const gossip_id& id) {
  std::string result;
  for (auto byte : id.bytes())
    result += fmt::format("{:02x}", static_cast<uint8_t>(byte));
  return result;
}

uint64_t gossip_origin(const node_id& publisher) {
  const auto raw = publisher.bytes();
  const auto digest
      = sha256({{reinterpret_cast<const char*>(raw.data()), raw.size()}});
  uint64_t result = 0;
  for (size_t i = 0; i < 8; ++i)
    result = result << 8 | digest[i];
  return result;
}

} // namespace troupe
