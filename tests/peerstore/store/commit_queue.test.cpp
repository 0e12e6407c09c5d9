// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/store/commit_queue.hpp"

#include "stores.hpp"

using namespace troupe;
using namespace troupe::test;

TEST_CASE("of each peer only the last change waits") {
  commit_queue queue{10};
  CHECK(queue.empty());
  CHECK(queue
            .push({.put = {full_peer(1), full_peer(2)},
                   .erase = {numbered_id(3)}})
            .code
        == errc::none);
  CHECK(queue.push({.put = {full_peer(3)}, .erase = {numbered_id(1)}}).code
        == errc::none);
  CHECK(queue.push({.put = {bare_peer(2)}}).code == errc::none);
  CHECK(queue.size() == 3);
  auto changes = queue.take();
  CHECK(changes.put == std::vector{bare_peer(2), full_peer(3)});
  CHECK(changes.erase == std::vector{numbered_id(1)});
  CHECK(queue.empty());
  CHECK(queue.take().empty());
}

TEST_CASE(
    "a full queue takes all of a request or nothing, and still replaces") {
  commit_queue queue{2};
  CHECK(queue.push({.put = {bare_peer(1)}}).code == errc::none);
  CHECK(queue.push({.put = {bare_peer(2)}, .erase = {numbered_id(3)}}).code
        == errc::queue_full);
  CHECK(queue.size() == 1);
  CHECK(queue.push({.put = {bare_peer(2)}}).code == errc::none);
  CHECK(queue.push({.put = {bare_peer(3)}}).code == errc::queue_full);
  CHECK(queue.push({.put = {full_peer(1)}, .erase = {numbered_id(2)}}).code
        == errc::none);
  CHECK(queue.take().put == std::vector{full_peer(1)});
}

TEST_CASE("what comes back is older than what waits") {
  commit_queue queue{3};
  queue.push({.put = {bare_peer(1), bare_peer(2)}, .erase = {numbered_id(3)}});
  auto failed = queue.take();
  queue.push({.put = {full_peer(3)}, .erase = {numbered_id(1)}});
  queue.restore(std::move(failed));
  auto changes = queue.take();
  CHECK(changes.put == std::vector{bare_peer(2), full_peer(3)});
  CHECK(changes.erase == std::vector{numbered_id(1)});
}

TEST_CASE("changes that no store takes do not wait") {
  commit_queue queue{3};
  CHECK(queue.push({.put = {bare_peer(1), bare_peer(1)}}).code
        == errc::store_failed);
  CHECK(queue.push({.put = {stored_peer{}}}).code == errc::store_failed);
  CHECK(queue.empty());
}
