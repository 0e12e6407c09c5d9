// SPDX-License-Identifier: Apache-2.0
//
// What the TCP transport does beyond the conformance suite: addresses, limits,
// descriptors, and dials that nobody answers.
#include <array>
#include <deque>
#include <optional>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "troupe/tests/transport/mconn/packets.hpp"
#include "troupe/tests/transport/tcp/raw_peer.hpp"
#include "troupe/tests/transport/transport_world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

using clock_type = std::chrono::steady_clock;

/// Calls of `accept4` that failed for lack of descriptors.
std::atomic<size_t> exhausted_accepts = 0;

/// How many calls of `accept4` are to fail, from now on.
std::atomic<int> accepts_to_fail = 0;

} // namespace

// Stands in for the C library's, to count and to let it fail.
extern "C" int accept4(int fd, sockaddr* addr, socklen_t* size, int flags) {
  auto fails = accepts_to_fail.load() > 0;
  auto result = -1;
  if (fails) {
    --accepts_to_fail;
    errno = EMFILE;
  } else {
    result = static_cast<int>(syscall(SYS_accept4, fd, addr, size, flags));
  }
  if (result < 0 && errno == EMFILE)
    ++exhausted_accepts;
  return result;
}

namespace {

struct tcp_world {
  node_end node(int number, std::shared_ptr<mconn_options> options) {
    return {sys, number, spawn_mconn_transport(sys, std::move(options))};
  }

  node_end node(int number) {
    return node(number, mconn_options_of(number));
  }

  world_config config;
  caf::actor_system sys{config};
};

endpoint at(const char* ip, uint16_t port = 0) {
  return {.protocol = "mconn", .ip = ip_address::parse(ip), .port = port};
}

/// A port of loopback at which connection requests get no answer: its backlog
/// is full, and the kernel drops what comes on top.
class black_hole {
public:
  black_hole() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    auto address = raw_peer::native(0);
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(bind(listener_.get(), generic, size) == 0);
    REQUIRE(listen(listener_.get(), 0) == 0);
    REQUIRE(getsockname(listener_.get(), generic, &size) == 0);
    port_ = ntohs(address.sin_port);
    for (auto& fd : fill_) {
      fd = unique_socket{
          socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
      static_cast<void>(::connect(fd.get(), generic, size));
    }
  }

  [[nodiscard]] endpoint where() const {
    return loopback4(port_);
  }

private:
  unique_socket listener_;
  std::array<unique_socket, 8> fill_;
  uint16_t port_ = 0;
};

/// Lowers how many descriptors this process may have, for as long as it lives.
class descriptor_limit {
public:
  explicit descriptor_limit(rlim_t most) {
    REQUIRE(getrlimit(RLIMIT_NOFILE, &before_) == 0);
    auto limit = before_;
    limit.rlim_cur = most;
    REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  }

  ~descriptor_limit() {
    setrlimit(RLIMIT_NOFILE, &before_);
  }

private:
  rlimit before_{};
};

/// Takes all descriptors that there are.
std::vector<unique_socket> all_descriptors() {
  std::vector<unique_socket> result;
  for (;;) {
    auto fd = unique_socket{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    if (!fd)
      break;
    result.push_back(std::move(fd));
  }
  REQUIRE(errno == EMFILE);
  return result;
}

} // namespace

TEST_CASE("an unspecified address leads to this host") {
  tcp_world world;
  auto a = world.node(1);
  auto b = world.node(2);
  SUBCASE("IPv4") {
    auto where = b.listen(loopback4());
    REQUIRE(where);
    establish(a, b, at("0.0.0.0", where->port)).round_trip();
  }
  SUBCASE("IPv6") {
    auto where = b.listen(loopback6());
    REQUIRE(where);
    establish(a, b, at("::", where->port)).round_trip();
  }
}

TEST_CASE("what is not the address of one host is not dialed") {
  tcp_world world;
  auto a = world.node(1);
  for (const auto& where : {
           endpoint{.protocol = "mconn"},
           endpoint{.protocol = "mconn", .path = "path"},
           endpoint{.protocol = "tcp",
           .ip = ip_address::v4(127, 0, 0, 1),
           .port = 1,
           .path = "path"},
           at("255.255.255.255", 1),
           at("224.0.0.1", 1),
           at("239.255.255.255", 1),
           at("ff02::1", 1),
       }) {
    CAPTURE(to_string(where));
    CHECK(a.dial(where).error() == errc::invalid_endpoint);
  }
}

TEST_CASE("dialing a port where nobody listens is refused") {
  tcp_world world;
  auto a = world.node(1);
  auto b = world.node(2);
  auto where = b.listen(loopback4());
  REQUIRE(where);
  b.close();
  CHECK(a.dial(*where).error() == errc::connection_refused);
}

TEST_CASE("accepting needs listening first") {
  tcp_world world;
  auto a = world.node(1);
  CHECK(a.accept().error() == errc::invalid_state);
}

TEST_CASE("accepting stops at the limit until a connection ends") {
  tcp_world world;
  auto options = mconn_options_of(2);
  options->max_accepted = 2;
  auto a = world.node(1);
  auto b = world.node(2, options);
  auto where = b.listen(loopback4());
  REQUIRE(where);
  auto first = connect(a, b, *where);
  auto second = establish(a, b, *where);
  auto third = b.accept();
  // The kernel takes the dial; what it gets is a place to wait in.
  auto waiting = a.dial(*where).get();
  auto handshake = waiting->ask_handshake(a.info);
  second.round_trip();
  CHECK(b.endpoints() == std::vector{*where});
  first.far->close();
  auto accepted = third.get();
  auto far = accepted->ask_handshake(b.info);
  auto fail = [](const caf::error& e) { FAIL(to_string(e)); };
  handshake.receive([](const handshake_result&) {}, fail);
  far.receive([](const handshake_result&) {}, fail);
  CHECK(first.near->ends().remote == *where);
}

TEST_CASE("one listens at any and at loopback addresses, once at each") {
  tcp_world world;
  for (const auto* protocol : {"mconn", "tcp"}) {
    for (const auto* ip : {"0.0.0.0", "127.0.0.1", "::", "::1"}) {
      CAPTURE(protocol);
      CAPTURE(ip);
      auto a = world.node(1);
      auto where = at(ip);
      where.protocol = protocol;
      auto found = a.listen(where);
      REQUIRE(found);
      CHECK(found->ip == where.ip);
      CHECK(found->port != 0);
      CHECK(validate(*found).code == errc::none);
      CHECK_FALSE(a.listen(*found));
      CHECK(a.error == errc::cannot_listen);
      REQUIRE(a.endpoints().size() == 1);
      CHECK(a.endpoints()[0].port == found->port);
    }
  }
}

TEST_CASE("IPv4 and IPv6 share a port of one transport") {
  tcp_world world;
  auto a = world.node(1);
  const char* order[] = {"0.0.0.0", "::"};
  SUBCASE("IPv4 first") {}
  SUBCASE("IPv6 first") {
    std::swap(order[0], order[1]);
  }
  // That a port is free for one says nothing of the other: somebody else may
  // have it there.
  std::deque<node_end> tries;
  std::optional<endpoint> first;
  std::optional<endpoint> second;
  while (!second && tries.size() < 10) {
    auto& next = tries.emplace_back(
        world.sys, 2, spawn_mconn_transport(world.sys, mconn_options_of(2)));
    first = next.listen(at(order[0]));
    REQUIRE(first);
    second = next.listen(at(order[1], first->port));
  }
  REQUIRE(second);
  auto& b = tries.back();
  CHECK(b.endpoints() == std::vector{*first, *second});
  auto over_v4 = establish(a, b, loopback4(first->port));
  auto over_v6 = establish(a, b, at("::1", first->port));
  over_v4.round_trip();
  over_v6.round_trip();
  CHECK(over_v4.far->ends().remote.ip == ip_address::v4(127, 0, 0, 1));
  CHECK(over_v6.far->ends().remote.ip == ip_address::parse("::1"));
}

TEST_CASE("who listens at all addresses of IPv6 takes nothing of IPv4") {
  tcp_world world;
  auto a = world.node(1);
  auto b = world.node(2);
  auto where = b.listen(at("::"));
  REQUIRE(where);
  CHECK(a.dial(loopback4(where->port)).error() == errc::connection_refused);
}

TEST_CASE("many who come to one place keep nobody out of another") {
  tcp_world world;
  auto a = world.node(1);
  auto b = world.node(2);
  auto crowded = b.listen(loopback4());
  auto quiet = b.listen(loopback6());
  REQUIRE(crowded);
  REQUIRE(quiet);
  // They wait in the kernel.
  for (int i = 0; i < 8; ++i)
    a.dial(*crowded).get();
  a.dial(*quiet).get();
  size_t found = 0;
  for (int i = 0; i < 2; ++i)
    if (b.accept().get()->ends().local.port == quiet->port)
      ++found;
  CHECK(found == 1);
  // And all of them go when it closes.
  b.close();
  CHECK(b.endpoints().empty());
  CHECK(a.dial(*crowded).error() == errc::connection_refused);
  CHECK(a.dial(*quiet).error() == errc::connection_refused);
}

TEST_CASE("what is no address of this host is not listened at") {
  tcp_world world;
  auto a = world.node(1);
  auto refuses = [&a](const endpoint& where) {
    CAPTURE(to_string(where));
    CHECK_FALSE(a.listen(where));
    return a.error;
  };
  CHECK(refuses({}) == errc::unsupported_protocol);
  CHECK(refuses({.protocol = "memory", .path = "x"})
        == errc::unsupported_protocol);
  CHECK(refuses({.protocol = "mconn", .path = "x"}) == errc::invalid_endpoint);
  auto both = loopback4();
  both.path = "x";
  CHECK(refuses(both) == errc::invalid_endpoint);
  // An address for documentation, nobody's.
  CHECK(refuses(at("192.0.2.1")) == errc::cannot_listen);
  // None of that counts as listening.
  CHECK(a.listen(loopback4()));
}

TEST_CASE("two transports cannot listen at one port") {
  tcp_world world;
  auto a = world.node(1);
  auto b = world.node(2);
  auto where = a.listen(loopback4());
  REQUIRE(where);
  CHECK_FALSE(b.listen(*where));
  CHECK(b.error == errc::cannot_listen);
  // A port that was given up can be had at once, connections or not.
  auto pair = establish(b, a, *where);
  a.close();
  REQUIRE(b.listen(*where));
  pair.round_trip();
}

TEST_CASE("addresses that swallow connection requests delay nobody") {
  tcp_world world;
  auto a = world.node(1);
  auto b = world.node(2);
  auto where = b.listen(loopback4());
  REQUIRE(where);
  auto established = establish(a, b, *where);
  black_hole hole;
  // They go on for longer than anything here may take.
  auto dials = std::deque<pending_connection>{};
  for (int i = 0; i < 20; ++i)
    dials.emplace_back(world.sys, a.transport, hole.where(),
                       caf::timespan{10 * patience});
  established.round_trip();
  establish(a, b, *where).round_trip();
  established.round_trip(1'000'000);
  // Each has its own time.
  constexpr auto limit = 300ms;
  const auto start = clock_type::now();
  CHECK(a.dial(hole.where(), limit).error() == errc::timeout);
  CHECK(clock_type::now() - start >= limit);
  established.round_trip();
}

TEST_CASE("accepting pauses without descriptors and goes on with them") {
  tcp_world world;
  auto b = world.node(2);
  auto where = b.listen(loopback4());
  REQUIRE(where);
  auto accepted = b.accept();
  exhausted_accepts = 0;
  SUBCASE("when accepting fails a few times") {
    accepts_to_fail = 8;
    const auto start = clock_type::now();
    raw_peer remote{*where};
    auto connection = accepted.get();
    CHECK(exhausted_accepts == 8);
    // 5, 10, 20, ... 640 ms.
    CHECK(clock_type::now() - start >= 1275ms);
    accepts_to_fail = 1;
    auto next = b.accept();
    raw_peer second{*where};
    CHECK(next.get());
    CHECK(exhausted_accepts == 9);
  }
  SUBCASE("when the process really has none") {
    descriptor_limit limit{256};
    raw_peer remote{*where};
    auto connection = accepted.get();
    raw_peer second{*where}; // Waits in the backlog.
    auto filler = all_descriptors();
    const auto start = clock_type::now();
    auto more = b.accept();
    REQUIRE(eventually(b.self, [] { return exhausted_accepts >= 4; }));
    CHECK(clock_type::now() - start >= 35ms);
    filler.clear();
    CHECK(more.get());
    // Pauses double up to a second, so that few attempts fit into a long time.
    using seconds = std::chrono::seconds;
    const auto spent
        = std::chrono::duration_cast<seconds>(clock_type::now() - start);
    CHECK(exhausted_accepts <= 9 + static_cast<size_t>(spent.count()));
  }
}

TEST_CASE("dialing without descriptors fails and leaves the transport alive") {
  tcp_world world;
  auto a = world.node(1);
  auto b = world.node(2);
  auto where = b.listen(loopback4());
  REQUIRE(where);
  // Stays, or else it would leave descriptors behind at any time.
  auto first = establish(a, b, *where);
  first.round_trip();
  SUBCASE("for the socket") {
    descriptor_limit limit{0};
    CHECK(a.dial(*where).error() == errc::file_error);
  }
  SUBCASE("for its second name, once it is connected") {
    descriptor_limit limit{256};
    auto filler = all_descriptors();
    filler.pop_back();
    CHECK(a.dial(*where).error() == errc::file_error);
  }
  // What the other one accepted of that is still to be told there.
  auto c = world.node(3);
  auto elsewhere = c.listen(loopback4());
  REQUIRE(elsewhere);
  establish(a, c, *elsewhere).round_trip();
}

TEST_CASE("a connection on which nothing is heard ends") {
  tcp_world world;
  auto options = mconn_options_of(2);
  options->stream.keepalive = {.ping_interval = 100ms, .pong_timeout = 200ms};
  auto b = world.node(2, options);
  auto where = b.listen(loopback4());
  REQUIRE(where);
  raw_peer remote{*where};
  auto end = greet(remote, b);
  // It asked before it gave up.
  CHECK(remote.read_sealed(3) == bytes(ping_packet.begin(), ping_packet.end()));
  CHECK(end->wait_for_end() == errc::peer_silent);
  remote.wait_for_end();
}

namespace {

/// Sends messages for longer than a pong may take, and leaves pings without an
/// answer.
/// @returns whether the connection lived; nothing if the machine stood still
///          meanwhile, which is a silence that we do not mean.
std::optional<bool> lives_without_pong(node_end& node, const endpoint& where,
                                       duration pong_timeout) {
  raw_peer remote{where};
  auto end = greet(remote, node);
  const auto begin = clock_type::now();
  for (auto last = begin; last < begin + pong_timeout * 3 / 2;) {
    const auto sent
        = remote.write_sealed(encode_packet(talk, true, patterned(10)));
    const auto arrived = sent && end->wait();
    const auto now = clock_type::now();
    if (now - last > pong_timeout / 4)
      return std::nullopt;
    if (!arrived)
      return false;
    last = now;
    while (!end->inbox.empty())
      CHECK(end->next().body == patterned(10));
  }
  end->poll();
  return !end->ended();
}

} // namespace

TEST_CASE("a busy connection lives without a pong") {
  tcp_world world;
  constexpr auto pong_timeout = 1s;
  auto options = mconn_options_of(2);
  options->stream.keepalive
      = {.ping_interval = 400ms, .pong_timeout = pong_timeout};
  auto b = world.node(2, options);
  auto where = b.listen(loopback4());
  REQUIRE(where);
  std::optional<bool> lived;
  for (int i = 0; i < 20 && !lived; ++i)
    lived = lives_without_pong(b, *where, pong_timeout);
  CHECK(lived == true);
}

TEST_CASE("what has arrived beyond the window is not lost when the remote "
          "goes") {
  tcp_world world;
  auto a = world.node(1);
  auto b = world.node(2);
  auto where = b.listen(loopback4());
  REQUIRE(where);
  auto pair = establish(a, b, *where);
  constexpr size_t size = 3;
  constexpr size_t count = connection_read_messages + 500;
  for (size_t i = 0; i < count; ++i)
    pair.near->post(talk, patterned(size, i));
  // How much more than its window a connection has read when it stops depends
  // on how the network cut it.
  size_t taken = 0;
  REQUIRE(eventually(b.self, [&] {
    taken = pair.far->report().on(talk).received_bytes / size;
    return taken > connection_read_messages;
  }));
  CHECK(pair.far->inbox.size() <= connection_read_messages);
  pair.near->close();
  CHECK(pair.far->wait_for_end() == errc::connection_closed);
  const auto& inbox = pair.far->inbox;
  REQUIRE(inbox.size() >= taken);
  for (size_t i = 0; i < inbox.size(); ++i)
    REQUIRE(inbox[i].body == patterned(size, i));
}

TEST_CASE("a peer that has to wait for us is not blamed for its silence") {
  tcp_world world;
  auto options = mconn_options_of(2);
  options->stream.keepalive = {.ping_interval = 400ms, .pong_timeout = 1s};
  auto a = world.node(1);
  auto b = world.node(2, options);
  auto where = b.listen(loopback4());
  REQUIRE(where);
  auto pair = establish(a, b, *where);
  auto other = establish(a, b, *where);
  constexpr size_t size = 20'000;
  constexpr size_t count = 1500;
  for (size_t i = 0; i < count; ++i)
    pair.near->post(bulk, patterned(size, i));
  while (pair.far->received() < connection_read_window)
    REQUIRE(pair.far->wait());
  // Longer than the pong timeout; another connection is used meanwhile.
  const auto stop = clock_type::now() + 2s;
  while (clock_type::now() < stop)
    other.round_trip();
  pair.far->poll();
  CHECK_FALSE(pair.far->ended());
  for (size_t i = 0; i < count; ++i)
    REQUIRE(pair.far->next().body == patterned(size, i));
  pair.round_trip();
}
