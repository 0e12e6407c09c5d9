// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/quic/sim_cipher.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "troupe/tests/harness/fnv_hash.hpp"

using namespace troupe;
using namespace troupe::testing;

namespace {

bytes numbered(size_t size) {
  bytes result(size);
  for (size_t i = 0; i < size; ++i)
    result[i] = static_cast<std::byte>(i * 13 + i / 256);
  return result;
}

const auto secret = derive_sim_secret(numbered(5), "secret");
const auto nonce = numbered(12);
const auto beside = numbered(20);

bytes sealed(const bytes& plain) {
  bytes result(plain.size() + sim_cipher::overhead);
  sim_cipher{secret}.seal(result, plain, nonce, beside);
  return result;
}

bool opens(const bytes& what, const sim_secret& with = secret,
           const bytes& once = nonce, const bytes& head = beside) {
  bytes out(what.size());
  return sim_cipher{with}.open(out, what, once, head);
}

} // namespace

TEST_CASE("what was sealed opens, at its place as well") {
  for (size_t size : {0, 1, 7, 8, 9, 16, 1200}) {
    CAPTURE(size);
    const auto plain = numbered(size);
    auto data = plain;
    data.resize(size + sim_cipher::overhead);
    const auto cipher = sim_cipher{secret};
    cipher.seal(data, byte_view{data}.first(size), nonce, beside);
    CHECK(data == sealed(plain));
    if (size > 7)
      CHECK_FALSE(std::equal(plain.begin(), plain.end(), data.begin()));
    REQUIRE(cipher.open(data, data, nonce, beside));
    data.resize(size);
    CHECK(data == plain);
  }
}

TEST_CASE("what was changed does not open, nor with another key") {
  const auto what = sealed(numbered(100));
  REQUIRE(opens(what));
  for (size_t i = 0; i < what.size(); ++i)
    for (auto bit : {0, 3, 7}) {
      auto changed = what;
      changed[i] ^= static_cast<std::byte>(1 << bit);
      REQUIRE_FALSE(opens(changed));
    }
  CHECK_FALSE(opens(bytes{what.begin(), what.end() - 1}));
  CHECK_FALSE(opens(bytes(3)));
  CHECK_FALSE(opens(what, derive_sim_secret(numbered(5), "another")));
  CHECK_FALSE(opens(what, secret, numbered(11)));
  CHECK_FALSE(opens(what, secret, nonce, numbered(21)));
}

TEST_CASE("the cipher is the same on every machine") {
  auto hash = fnv_hash{};
  hash.add(sealed(numbered(100)));
  hash.add(sim_cipher{secret}.mask(numbered(16)));
  CHECK(hash.value() == 12559567327310407984U);
}
