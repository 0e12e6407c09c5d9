// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/delivery_token.hpp"

#include <thread>
#include <vector>

#include <doctest/doctest.h>

using namespace troupe;

namespace {

struct counted_group final : delivery_group {
  int ends = 0;

  void finished() override {
    ++ends;
  }
};

/// A sealed group, and the tokens of its messages.
struct fixture {
  explicit fixture(size_t messages) : tokens(messages) {
    for (size_t i = 0; i < messages; ++i) {
      group->add(i);
      tokens[i].bind(group, i);
    }
    CHECK_FALSE(group->seal());
  }

  std::shared_ptr<counted_group> group = std::make_shared<counted_group>();
  std::vector<delivery_token> tokens;
};

} // namespace

TEST_CASE("a group is finished once, with its last message") {
  fixture uut{3};
  CHECK(uut.tokens[1].settle(true));
  CHECK(uut.tokens[0].settle(true));
  CHECK(uut.group->ends == 0);
  CHECK(uut.tokens[2].settle(true));
  CHECK(uut.group->ends == 1);
}

TEST_CASE("a group whose messages are gone before it is sealed says so then") {
  auto group = std::make_shared<counted_group>();
  delivery_token token;
  group->add(0);
  token.bind(group, 0);
  CHECK(token.settle(true));
  CHECK(group->ends == 0);
  CHECK(group->seal());
  CHECK(group->ends == 0);
}

TEST_CASE("a message that is answered later keeps nobody waiting") {
  fixture uut{2};
  CHECK_FALSE(uut.tokens[0].settle(false));
  CHECK(uut.tokens[1].settle(true));
  CHECK(uut.group->ends == 1);
  CHECK(uut.group->awaits_answer(0));
  CHECK_FALSE(uut.group->awaits_answer(1));
}

TEST_CASE("an answer takes a message out of its group") {
  fixture uut{2};
  CHECK_FALSE(uut.group->answered(0));
  CHECK_FALSE(uut.group->answered(0));
  CHECK(uut.group->answered(1));
  CHECK(uut.group->ends == 0);
}

TEST_CASE("a token counts once, and its copies do not count") {
  fixture uut{2};
  const auto copy = uut.tokens[0];
  CHECK_FALSE(copy.settle(true));
  CHECK(uut.tokens[0].settle(true));
  CHECK_FALSE(uut.tokens[0].settle(true));
  CHECK(uut.group->ends == 0);
  uut.tokens[1] = uut.tokens[0];
  CHECK_FALSE(uut.tokens[1].settle(true));
}

TEST_CASE("a group begins anew when nothing of it is pending") {
  fixture uut{1};
  CHECK_FALSE(uut.tokens[0].settle(false));
  uut.group->reset();
  CHECK_FALSE(uut.group->awaits_answer(0));
  uut.group->add(0);
  CHECK_FALSE(uut.group->seal());
  CHECK(uut.group->answered(0));
}

TEST_CASE("messages of one group may be done with on several threads") {
  for (int round = 0; round < 100; ++round) {
    fixture uut{delivery_group::messages_max};
    std::vector<std::thread> threads;
    for (size_t t = 0; t < 4; ++t)
      threads.emplace_back([&uut, t] {
        for (size_t i = t; i < uut.tokens.size(); i += 4)
          static_cast<void>(uut.tokens[i].settle(i % 3 != 0));
      });
    for (auto& each : threads)
      each.join();
    REQUIRE(uut.group->ends == 1);
  }
}
