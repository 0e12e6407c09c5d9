// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/quic_line.hpp"

#include <vector>

#include <doctest/doctest.h>

using namespace troupe;

namespace {

std::vector<size_t> sizes_of(const quic_line::received& what) {
  std::vector<size_t> result;
  what.each([&](byte_view data) { result.push_back(data.size()); });
  return result;
}

connection_id id_of(int number) {
  return connection_id{
      bytes(connection_id::own_size, static_cast<std::byte>(number))};
}

datagram_batch batch_of(size_t size) {
  return {raw_bytes(size), size};
}

} // namespace

// -- datagrams that come ------------------------------------------------------

TEST_CASE("a connection is woken up by the first datagram that waits for it") {
  quic_line line;
  CHECK(line.deliver(bytes(100)));
  CHECK_FALSE(line.deliver(bytes(1400)));
  CHECK(line.unread() == 1500 + 2 * quic_line::datagram_cost);
  CHECK(sizes_of(line.take_received()) == std::vector<size_t>{100, 1400});
  CHECK(line.unread() == 0);
  CHECK(line.take_received().empty());
  CHECK(line.deliver(bytes(1)));
}

TEST_CASE("what a connection does not read is bounded, however small it is") {
  for (size_t size : {size_t{1}, size_t{1400}}) {
    CAPTURE(size);
    quic_line line;
    for (int i = 0; i < 10'000; ++i)
      static_cast<void>(line.deliver(bytes(size)));
    CHECK(line.unread() <= quic_line::unread_max);
    const auto count = sizes_of(line.take_received()).size();
    CHECK(count == quic_line::unread_max / (size + quic_line::datagram_cost));
    CHECK(line.deliver(bytes(size)));
  }
}

// -- datagrams that go --------------------------------------------------------

TEST_CASE("the port is woken up once for all that it has to take") {
  quic_line line;
  CHECK(line.tell({.added = {id_of(1), id_of(2)}}, false));
  CHECK_FALSE(line.send(batch_of(10)));
  CHECK_FALSE(line.tell({.added = {id_of(3)}, .retired = {id_of(1)}}, true));
  line.set_farewell(bytes(5));
  auto found = line.take();
  CHECK(found.ids.added == std::vector{id_of(2), id_of(3)});
  CHECK(found.ids.retired == std::vector{id_of(1)});
  CHECK(found.validated);
  CHECK(found.batches.size() == 1);
  CHECK(found.farewell.size() == 5);
  CHECK(line.take().batches.empty());
  CHECK(line.send(batch_of(10)));
}

TEST_CASE("a connection waits while the port has much to send") {
  quic_line line;
  size_t given = 0;
  while (line.has_room()) {
    static_cast<void>(line.send(batch_of(50'000)));
    given += 50'000;
  }
  CHECK(given < quic_line::unsent_max + 50'000);
  // That the port has taken it does not mean that the network has.
  static_cast<void>(line.take());
  CHECK_FALSE(line.has_room());
  CHECK(line.written(50'000));
  CHECK_FALSE(line.written(50'000));
  CHECK(line.has_room());
}

TEST_CASE("what is said in the end is there for a port that comes too early") {
  quic_line uut;
  CHECK(uut.send({raw_bytes(10), 10}));
  // It is on its way, and the connection ends.
  uut.set_farewell(bytes(5));
  CHECK(uut.take().batches.size() == 1);
  CHECK(uut.take().farewell == bytes(5));
}

TEST_CASE("what a port takes once a connection has finished is all of it") {
  quic_line uut;
  CHECK(uut.send({raw_bytes(10), 10}));
  CHECK_FALSE(uut.finished());
  uut.set_farewell(bytes(5));
  uut.finish();
  CHECK(uut.finished());
  const auto last = uut.take();
  CHECK(last.batches.size() == 1);
  CHECK(last.farewell == bytes(5));
}
