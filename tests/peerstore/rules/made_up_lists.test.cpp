// SPDX-License-Identifier: Apache-2.0

// Peers that tell of addresses without end, where nobody is.

#include <set>

#include "stored_state.hpp"
#include "told_world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

constexpr uint32_t list_size = 250;

/// Dials whatever it is that should be dialed; only those below `alive` answer.
void dial_all(told_world& w, const std::set<node_id>& alive) {
  while (auto next = w.core.dial_next(w.now)) {
    if (alive.count(next->id) == 0)
      CHECK(w.core.dial_failed(*next, w.now, {errc::timeout, ""})
            == errc::none);
    else
      static_cast<void>(w.core.dialed(*next, w.now));
  }
}

} // namespace

TEST_CASE("ten minutes of full lists of made-up addresses leave a node that "
          "knows no more than it may, and whom it knew before") {
  auto options = told_world::roomy();
  options.max_peers = 2'560;
  options.max_outgoing = 8;
  told_world w{options};
  stored_state disk;
  const std::string liars = "abcdefgh";
  for (auto first : liars)
    w.come(first, fmt::format("9.{}.1.1", int{first}).c_str());
  // Those that were there before the lies began.
  std::vector<node_address> honest;
  std::set<node_id> alive;
  for (uint32_t i = 0; i < 16; ++i) {
    honest.push_back(numbered_at(i));
    alive.insert(honest.back().id);
  }
  w.tell('a', honest);
  for (int i = 0; i < 60; ++i, w.now += 2min)
    dial_all(w, alive);
  CHECK(w.book().size(book_shelf::tried) == 16);
  size_t told = 0;
  std::set<size_t> sizes;
  for (uint32_t round = 0; round < 60; ++round, w.now += 10s) {
    for (auto first : liars) {
      std::vector<node_address> list;
      for (uint32_t i = 0; i < list_size; ++i)
        list.push_back(numbered_at(1'000 + static_cast<uint32_t>(told++)));
      w.tell(first, list);
      CHECK(w.book().told_by(peer(first)) <= w.book().most_told());
    }
    dial_all(w, alive);
    disk.take(w, noon + round * 10s);
    CHECK(w.size() <= options.max_peers);
    CHECK(disk.content.size() <= options.max_peers);
    if (round >= 30)
      sizes.insert(w.size());
  }
  CHECK(told == 60 * 8 * list_size);
  // It does not grow: eight liars have their thirty-second each, at most.
  CHECK(*sizes.rbegin()
        <= 8 * w.book().most_told() + liars.size() + honest.size());
  for (const auto& x : honest) {
    REQUIRE(w.book().find(x.id) != nullptr);
    CHECK(w.book().find(x.id)->shelf == book_shelf::tried);
  }
  CHECK(w.outgoing() == 8);
  CHECK_FALSE(check_invariants(w.view()).has_value());
}
