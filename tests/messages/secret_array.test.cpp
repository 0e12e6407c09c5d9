// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/secret_array.hpp"

#include <algorithm>
#include <memory>
#include <new>

#include <doctest/doctest.h>

using namespace troupe;

TEST_CASE("scrubbed bytes are zero") {
  bytes data(100, std::byte{0x5a});
  scrub(byte_span{data}.subspan(1, 98));
  CHECK(data.front() == std::byte{0x5a});
  CHECK(data.back() == std::byte{0x5a});
  CHECK(std::all_of(data.begin() + 1, data.end() - 1,
                    [](std::byte value) { return value == std::byte{0}; }));
  scrub({});
}

TEST_CASE("a secret is overwritten when it goes away") {
  using secret = secret_array<32>;
  alignas(secret) std::byte place[sizeof(secret)];
  auto* uut = new (place) secret;
  std::ranges::fill(uut->span(), std::byte{0x5a});
  secret copy = *uut;
  std::destroy_at(uut);
  CHECK(std::ranges::count(place, std::byte{0x5a}) == 0);
  CHECK(std::ranges::count(copy.span(), std::byte{0x5a}) == 32);
}
