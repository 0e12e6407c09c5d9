// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/quic_line.hpp"

#include <map>
#include <vector>

#include <doctest/doctest.h>

#include "troupe/transport/quic/read_share.hpp"

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

inbound_message message_of(channel_id channel, size_t size) {
  inbound_message result{channel};
  result.body.append(bytes(size));
  return result;
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

// -- messages for the reader --------------------------------------------------

TEST_CASE("a reader gets no more than its window, and one message") {
  read_share share;
  for (int i = 0; i < 20; ++i)
    share.add(message_of(1, 100'000));
  CHECK(share.take().size() == 6);
  CHECK(share.take().empty());
  CHECK(share.waiting() == 14 * read_cost(100'000));
  auto given = size_t{0};
  share.give_back(read_cost(100'000), [&](channel_id channel, size_t cost) {
    CHECK(channel == 1);
    given += cost;
  });
  CHECK(given == read_cost(100'000));
  CHECK(share.take().size() == 1);
  share.charge(read_cost(100'000));
  share.give_back(read_cost(100'000), [](channel_id, size_t) {});
  CHECK(share.take().empty());
  share.open();
  CHECK(share.take().size() == 13);
  CHECK(share.waiting() == 0);
}

TEST_CASE("what a reader gives back is of channels in their order") {
  read_share share;
  share.add(message_of(1, 1000));
  share.add(message_of(2, 1000));
  CHECK(share.take().size() == 2);
  share.charge(500);
  const auto cost = read_cost(1000);
  std::map<channel_id, size_t> given;
  auto note = [&](channel_id channel, size_t part) { given[channel] += part; };
  share.give_back(cost + 100, note);
  CHECK(given == std::map<channel_id, size_t>{{1, cost}, {2, 100}});
  // More than there is changes nothing.
  share.give_back(SIZE_MAX, note);
  CHECK(given == std::map<channel_id, size_t>{{1, cost}, {2, cost}});
  share.give_back(1, note);
  CHECK(given[1] == cost);
}
