// SPDX-License-Identifier: Apache-2.0

// Two connections of QUIC with the real handshake, and a network that does as
// drawn: it loses, doubles, reorders, cuts and changes datagrams and makes up
// others. Whatever it does, an address that was not shown gets three times what
// it sent at most, nobody is taken for somebody else, and in the end nothing
// waits for ever.
#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "quic_parts.hpp"
#include "troupe/transport/quic/quic_connection.hpp"
#include "troupe/transport/quic/quic_packet.hpp"

namespace troupe::fuzz {

namespace {

/// Gives windows back, and keeps nothing.
struct forgetful_sink final : quic_sink {
  void on_established() override {
    require(!established, "a handshake is over once");
    established = true;
  }

  void on_data(stream_id stream, byte_view data, bool) override {
    require(established, "data comes behind the handshake");
    if (connection != nullptr)
      connection->consume(stream, data.size());
  }

  void on_reset(stream_id, uint64_t) override {}

  void on_stopped(stream_id) override {}

  void on_sent(stream_id, uint64_t) override {}

  void on_closed(stream_id, std::optional<uint64_t>) override {}

  quic_connection* connection = nullptr;
  bool established = false;
};

quic_options options() {
  quic_options result;
  result.stream_window = size_t{16} * 1024;
  result.connection_window = size_t{64} * 1024;
  result.streams_bidi = 4;
  result.streams_uni = 4;
  result.in_flight_max = size_t{64} * 1024;
  return result;
}

class world {
public:
  world() {
    static const auto identity = make_identity(1, {"troupe/1"});
    auto made = quic_connection::dial(options(),
                                      open_tls(identity, direction::outbound),
                                      near_.sink, random_, now_);
    require(made.has_value(), "a connection begins");
    near_.is(std::move(*made));
    near_.connection->proceed(
        [](const certified_node& who) {
          require(who.id == fuzz_key(2).id(), "the server is who it is");
          return failure{};
        },
        now_);
    collect();
  }

  void step(draws& from) {
    const auto what = from.octet();
    switch (what % 16) {
      default:
        if (!flights_.empty())
          deliver(take(0));
        break;
      case 8:
        if (!flights_.empty())
          deliver(take(from.octet()));
        break;
      case 9:
        if (!flights_.empty())
          static_cast<void>(take(from.octet()));
        break;
      case 10:
        if (!flights_.empty() && flights_.size() < 64)
          flights_.push_back(flights_[from.octet() % flights_.size()]);
        break;
      case 11:
        if (!flights_.empty())
          deliver(spoilt(from));
        break;
      case 12:
        make_up(from);
        break;
      case 13:
        pass(std::chrono::milliseconds{from.size() * 10});
        break;
      case 14:
        act(from);
        break;
      case 15:
        if (what >= 240)
          end(what >= 248).close(from.octet(), "drawn");
    }
    collect();
  }

  /// The network gets well.
  void finish() {
    for (int turn = 0; turn < 500 && !is_over(); ++turn) {
      while (!flights_.empty()) {
        deliver(take(0));
        collect();
      }
      if (is_over())
        break;
      auto next = near_.connection->next_wakeup();
      if (far_.connection)
        next = std::min(next, far_.connection->next_wakeup());
      require(next < time_point::max(), "nothing waits for ever");
      pass(std::max(next - now_, duration{1}));
      collect();
    }
    require(is_over(), "a handshake comes to its end, or the connection");
  }

private:
  struct end_point {
    void is(std::unique_ptr<quic_connection> what) {
      connection = std::move(what);
      sink.connection = connection.get();
    }

    [[nodiscard]] bool settled() const {
      return connection->ended() || connection->established();
    }

    forgetful_sink sink;
    std::unique_ptr<quic_connection> connection;
  };

  struct flight {
    bool to_server;
    bytes data;
  };

  /// Whether there is nothing left to wait for. A server that could read
  /// nothing of what came waits for its owner, who has a limit for that.
  [[nodiscard]] bool is_over() const {
    return near_.settled() && flights_.empty()
           && (!far_.connection || !far_.connection->heard() || far_.settled());
  }

  flight take(size_t which) {
    const auto at
        = flights_.begin() + static_cast<ptrdiff_t>(which % flights_.size());
    auto result = std::move(*at);
    flights_.erase(at);
    return result;
  }

  flight spoilt(draws& from) {
    auto result = take(from.octet());
    // Nobody says any more what has arrived.
    changed_ = true;
    auto& data = result.data;
    const auto how = from.octet();
    if (how % 4 == 0)
      data.resize(1 + from.size() * data.size() / 300);
    else if (how % 4 == 1)
      data.insert(data.end(), data.begin(),
                  data.begin() + static_cast<ptrdiff_t>(data.size() / 2));
    else {
      const auto at = (how / 4 * 256U + from.octet()) % data.size();
      data[at] ^= static_cast<std::byte>(from.octet() | 1);
    }
    return result;
  }

  /// What comes from nobody: the beginning of a real one, and then as drawn.
  void make_up(draws& from) {
    const auto how = from.octet();
    flight made{how % 2 == 0, {}};
    if (how % 4 < 2 && last_[made.to_server ? 1 : 0].size() > 40) {
      const auto& real = last_[made.to_server ? 1 : 0];
      made.data.assign(real.begin(), real.begin() + 30);
      if (how >= 128)
        made.data[0] = static_cast<std::byte>(from.octet());
      if (how >= 192)
        std::fill_n(made.data.begin() + 1, 4, std::byte{0});
    }
    const auto rest = from.take(from.size());
    made.data.insert(made.data.end(), rest.begin(), rest.end());
    if (how % 8 >= 4)
      made.data.resize(std::max<size_t>(made.data.size(), 1200));
    if (made.data.empty())
      return;
    changed_ = true;
    deliver(made);
  }

  void deliver(const flight& what) {
    if (what.data.size() > quic_datagram_limit)
      return;
    if (!what.to_server) {
      client_heard_ = true;
      near_.connection->receive(what.data, now_);
      return;
    }
    received_ += what.data.size();
    if (!far_.connection) {
      const auto first = read_initial(what.data);
      if (!first)
        return;
      accept(*first);
      if (!far_.connection)
        return;
    }
    far_.connection->receive(what.data, now_);
  }

  void accept(const quic_initial& first) {
    static const auto identity = make_identity(2, {"troupe/1"});
    auto made = quic_connection::accept(
        options(), open_tls(identity, direction::inbound), far_.sink, random_,
        first, reset_secret{}, now_);
    if (!made)
      return;
    far_.is(std::move(*made));
    far_.connection->proceed(
        [](const certified_node& who) {
          require(who.id == fuzz_key(1).id(), "the client is who it is");
          return failure{};
        },
        now_);
  }

  quic_connection& end(bool of_server) {
    return of_server && far_.connection ? *far_.connection : *near_.connection;
  }

  void act(draws& from) {
    const auto how = from.octet();
    auto& who = end(how % 2 == 0);
    const auto stream = static_cast<stream_id>(from.octet() % 20);
    switch (how / 2 % 6) {
      case 0:
        if (who.established())
          static_cast<void>(who.open_uni(how));
        break;
      case 1:
        if (who.established())
          static_cast<void>(who.open_bidi(how));
        break;
      case 2:
        who.keep_alive(std::chrono::milliseconds{from.octet() * 100});
        break;
      case 3:
        who.hold_window(how >= 128);
        break;
      case 4:
        if (auto opened = who.established() ? who.open_uni() : std::nullopt) {
          who.write({.stream = *opened, .head = bytes(from.size() * 20)});
          if (how >= 128)
            who.reset(*opened, how);
        }
        break;
      default:
        if (who.established())
          who.stop(stream, how);
    }
  }

  void pass(duration time) {
    now_ += time;
    near_.connection->tick(now_);
    if (far_.connection)
      far_.connection->tick(now_);
  }

  void collect(end_point& from, bool to_server) {
    while (auto batch = from.connection->produce(now_))
      batch->each([&](byte_view data) {
        require(data.size() <= options().datagram_max,
                "a datagram has a bound");
        if (!to_server)
          sent_ += data.size();
        last_[to_server ? 1 : 0].assign(data.begin(), data.end());
        if (flights_.size() < 64)
          flights_.push_back({to_server, {data.begin(), data.end()}});
      });
  }

  void collect() {
    collect(near_, true);
    if (!far_.connection)
      return;
    collect(far_, false);
    // Who has read nothing of the server's has shown nothing.
    if (!client_heard_)
      require(sent_ <= 3 * received_,
              "an address that was not shown gets three times at most");
    if (far_.connection->established())
      require(near_.sink.established || changed_ || near_.connection->ended(),
              "a server is done after its client");
    static_cast<void>(near_.connection->take_ids());
    static_cast<void>(far_.connection->take_ids());
  }

  plain_entropy random_;
  time_point now_ = time_point{} + std::chrono::hours{1};
  end_point near_;
  end_point far_;
  std::vector<flight> flights_;
  bytes last_[2]; // To the client, and to the server.
  size_t sent_ = 0;
  size_t received_ = 0;
  bool client_heard_ = false;
  bool changed_ = false;
};

} // namespace

void run(byte_view input) {
  draws from{input};
  world all;
  // Each costs a handshake, and much more of it finds nothing new.
  for (int i = 0; i < 400 && !from.empty(); ++i)
    all.step(from);
  all.finish();
}

} // namespace troupe::fuzz
