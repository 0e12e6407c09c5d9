// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/retry_token.hpp"

#include <chrono>

#include <doctest/doctest.h>

#include "troupe/tests/harness/sim_random.hpp"
#include "troupe/transport/quic/quic_packet.hpp"

using namespace troupe;
using namespace std::chrono_literals;

namespace {

constexpr auto start = time_point{1h};
constexpr auto limit = 10s;

connection_id id_of(size_t size, int value) {
  return connection_id{bytes(size, static_cast<std::byte>(value))};
}

const auto before = id_of(18, 7);
const auto about = retry_claim{.version = 1,
                               .where = {ip_address::v4(192, 0, 2, 1), 4000},
                               .own = id_of(12, 3)};

bytes token() {
  return write_retry_token(about, before, reset_secret{}, start);
}

std::optional<connection_id> read(const bytes& what,
                                  const retry_claim& claim = about,
                                  time_point now = start + limit) {
  return read_retry_token(what, claim, reset_secret{}, limit, now);
}

} // namespace

TEST_CASE("a token says whom the client had sent to") {
  CHECK(read(token()) == before);
  CHECK(read(token(), about, start) == before);
  for (size_t size : {0, 8, 20}) {
    const auto id = id_of(size, 9);
    CHECK(read(write_retry_token(about, id, reset_secret{}, start)) == id);
  }
}

TEST_CASE("a token is good for what it was made for, and not for long") {
  CHECK_FALSE(read(token(), about, start + limit + 1ns));
  CHECK_FALSE(read(token(), about, start - 1ns));
  auto claim = about;
  SUBCASE("version") {
    claim.version = 2;
  }
  SUBCASE("address") {
    claim.where.ip = ip_address::v4(192, 0, 2, 2);
  }
  SUBCASE("port") {
    claim.where.port = 4001;
  }
  SUBCASE("our ID") {
    claim.own = id_of(11, 3);
  }
  CHECK_FALSE(read(token(), claim));
}

TEST_CASE("nobody else makes or changes a token") {
  auto secret = reset_secret{};
  secret[5] = std::byte{1};
  CHECK_FALSE(read_retry_token(token(), about, secret, limit, start));
  for (size_t i = 0; i < token().size(); ++i) {
    auto changed = token();
    changed[i] ^= std::byte{1};
    REQUIRE_FALSE(read(changed));
  }
  auto other = token();
  other.pop_back();
  CHECK_FALSE(read(other));
  CHECK_FALSE(read({}));
  CHECK_FALSE(read(bytes(200)));
}

TEST_CASE("a Retry is a function of what is drawn") {
  auto write = [](uint64_t seed) {
    testing::sim_random random{seed};
    return write_retry({.version = 1, .to = before, .from = id_of(12, 4)},
                       about.where, reset_secret{}, random, start);
  };
  REQUIRE_FALSE(write(1).empty());
  CHECK(write(1) == write(1));
  CHECK(write(1) != write(2));
}
