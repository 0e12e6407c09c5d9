// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/descriptor_limit.hpp"

#include <algorithm>

#include <doctest/doctest.h>
#include <sys/resource.h>

using namespace troupe::command;

namespace {

/// Puts back what was there.
class limit_guard {
public:
  limit_guard() {
    REQUIRE(getrlimit(RLIMIT_NOFILE, &before_) == 0);
  }

  limit_guard(const limit_guard&) = delete;

  limit_guard& operator=(const limit_guard&) = delete;

  ~limit_guard() {
    setrlimit(RLIMIT_NOFILE, &before_);
  }

  /// How many descriptors we may raise the limit to.
  [[nodiscard]] rlim_t most() const {
    return before_.rlim_max;
  }

private:
  rlimit before_{};
};

rlimit limit_now() {
  rlimit result{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &result) == 0);
  return result;
}

} // namespace

TEST_CASE("the limit of descriptors is raised as far as it may be") {
  const limit_guard guard;
  auto low = limit_now();
  low.rlim_cur = 64;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &low) == 0);
  const auto found = raise_descriptor_limit();
  CHECK(found == limit_now().rlim_cur);
  CHECK(found > 64);
  CHECK(found >= std::min<rlim_t>(guard.most(), 1'048'576));
  // The hard one is the operator's.
  CHECK(limit_now().rlim_max == guard.most());
  CHECK(raise_descriptor_limit() == found);
}
