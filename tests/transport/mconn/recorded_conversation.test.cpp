// SPDX-License-Identifier: Apache-2.0
//
// The wire keeps its word: what a side of an earlier release said, byte for
// byte, is understood today. With the same keys and ephemeral secrets, a side
// of today takes the place of the one that was spoken to.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "troupe/tests/transport/mconn/frames.hpp"
#include "troupe/tests/transport/mconn/packets.hpp"
#include "troupe/transport/mconn/mconn_handshake.hpp"
#include "troupe/transport/mconn/mconn_stream.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

constexpr auto now = time_point{std::chrono::seconds{1'000'000}};

std::array<std::byte, 32> secret(int value) {
  std::array<std::byte, 32> result;
  result.fill(static_cast<std::byte>(value));
  return result;
}

struct said {
  channel_id channel;
  bytes body;

  friend bool operator==(const said&, const said&) = default;
};

/// Small and large ones, and one that is empty, on two channels.
std::vector<said> sayings(unsigned seed) {
  return {{0x20, patterned(11, seed)},
          {0x21, patterned(5'000, seed + 1)},
          {0x20, {}},
          {0x20, patterned(1'300, seed + 2)}};
}

/// Channels overtake each other, messages of one do not.
std::vector<said> by_channel(std::vector<said> all) {
  std::ranges::stable_sort(all, {}, &said::channel);
  return all;
}

/// One end of a conversation: the handshake, and the stream behind it.
class end {
public:
  /// @param number 1 dials, 2 listens.
  explicit end(int number)
    : key_(node_key::from_seed(secret(number))),
      handshake_(std::in_place, key_, secret(number + 10), info(), node_id{}) {
    transcript = handshake_->start();
  }

  end(const end&) = delete;

  end& operator=(const end&) = delete;

  errc receive(bytes data) {
    if (stream_)
      return take(stream_->receive(data, now));
    if (auto bad = handshake_->consume(data, transcript);
        bad.code != errc::none)
      return bad.code;
    if (!handshake_->done())
      return errc::none;
    peer = handshake_->take_result();
    stream_.emplace(mconn_stream_options{.send_rate = {}, .recv_rate = {}},
                    std::array{channel_descriptor{.id = 0x20},
                               channel_descriptor{.id = 0x21}},
                    handshake_->take_writer(), handshake_->take_reader(), now);
    auto early = handshake_->take_plaintext();
    return take(stream_->receive_plaintext(early, now));
  }

  void say(const std::vector<said>& all) {
    REQUIRE(stream_);
    stream_->ping();
    for (const auto& x : all)
      REQUIRE(stream_->send({x.channel, shared_bytes{x.body}}) == errc::none);
    while (auto size = stream_->burst_size(now)) {
      const auto offset = transcript.size();
      transcript.resize(offset + size);
      size_t sealed = 0;
      REQUIRE(stream_->write_burst(byte_span{transcript}.subspan(offset), now,
                                   sealed)
              == errc::none);
      transcript.resize(offset + sealed);
    }
  }

  [[nodiscard]] node_id id() const {
    return key_.id();
  }

  /// All that it has said, on the wire.
  bytes transcript;
  std::vector<said> heard;
  std::optional<handshake_result> peer;

private:
  [[nodiscard]] node_info info() const {
    node_info result;
    result.node_id = to_string(key_.id());
    result.listen_addr = "tcp://127.0.0.1:26656";
    result.network = "recorded";
    result.version = "0.1.0";
    result.channels = {0x20, 0x21};
    result.moniker = "end";
    return result;
  }

  errc take(errc code) {
    for (const auto& message : stream_->take_inbound())
      heard.push_back(
          {message.channel,
           {message.body.data(), message.body.data() + message.body.size()}});
    return code;
  }

  node_key key_;
  std::optional<mconn_handshake> handshake_;
  std::optional<mconn_stream> stream_;
};

/// Lets one hear what the other has said since.
void pass(end& from, end& to, size_t& passed) {
  REQUIRE(to.receive({from.transcript.begin() + static_cast<ptrdiff_t>(passed),
                      from.transcript.end()})
          == errc::none);
  passed = from.transcript.size();
}

/// A conversation of today, the dialer's words first.
std::array<bytes, 2> converse() {
  end dialer{1};
  end listener{2};
  size_t from_dialer = 0;
  size_t from_listener = 0;
  while (!dialer.peer || !listener.peer) {
    pass(dialer, listener, from_dialer);
    pass(listener, dialer, from_listener);
  }
  dialer.say(sayings(100));
  listener.say(sayings(200));
  pass(dialer, listener, from_dialer);
  pass(listener, dialer, from_listener);
  REQUIRE(by_channel(listener.heard) == by_channel(sayings(100)));
  REQUIRE(by_channel(dialer.heard) == by_channel(sayings(200)));
  return {dialer.transcript, listener.transcript};
}

/// Lets an end hear all that its remote once said, in pieces of that size.
void replay(end& to, const bytes& words, size_t piece) {
  for (size_t offset = 0; offset < words.size(); offset += piece) {
    const auto size = std::min(piece, words.size() - offset);
    const auto part = byte_view{words}.subspan(offset, size);
    REQUIRE(to.receive({part.begin(), part.end()}) == errc::none);
  }
}

} // namespace

TEST_CASE("what a dialer and a listener of each release said is understood") {
  for (auto release : {"conversation_0_1"}) {
    const auto& recorded = load_vectors(release);
    const auto by_dialer = from_hex(recorded["dialer"]);
    const auto by_listener = from_hex(recorded["listener"]);
    for (auto piece :
         {by_dialer.size() + by_listener.size(), size_t{1000}, size_t{1}}) {
      CAPTURE(release);
      CAPTURE(piece);
      end listener{2};
      replay(listener, by_dialer, piece);
      REQUIRE(listener.peer);
      CHECK(listener.peer->id == end{1}.id());
      CHECK(listener.peer->info.network == "recorded");
      CHECK(by_channel(listener.heard) == by_channel(sayings(100)));
      end dialer{1};
      replay(dialer, by_listener, piece);
      REQUIRE(dialer.peer);
      CHECK(dialer.peer->id == end{2}.id());
      CHECK(by_channel(dialer.heard) == by_channel(sayings(200)));
      // And goes on from there.
      dialer.say(sayings(300));
    }
  }
}

TEST_CASE("two ends of today understand each other") {
  converse();
}

// For the next release: --test-case=*writes* --no-skip, into tests/data.
TEST_CASE("writes a conversation of this release" * doctest::skip()) {
  const auto [dialer, listener] = converse();
  std::printf("{\n  \"dialer\": \"%s\",\n  \"listener\": \"%s\"\n}\n",
              to_hex(dialer).c_str(), to_hex(listener).c_str());
}
