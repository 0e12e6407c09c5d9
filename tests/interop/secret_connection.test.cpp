// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "../vectors.hpp"
#include "payload_pattern.hpp"
#include "peer_process.hpp"
#include "plain_socket.hpp"
#include "troupe/transport/mconn/secret_handshake.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Sizes around the content of a frame, and some that take many frames.
const std::vector<size_t> sizes = {1, 7, 1023, 1024, 1025, 65536, 1048576};

std::string comma_separated(const std::vector<size_t>& values) {
  std::string result;
  for (auto value : values)
    result += (result.empty() ? "" : ",") + std::to_string(value);
  return result;
}

/// Our side of an encrypted stream over a blocking socket.
class secret_stream {
public:
  explicit secret_stream(plain_socket socket) : socket_(std::move(socket)) {
    secret_array<32> ephemeral;
    random_.fill(ephemeral.span());
    secret_handshake handshake{key_, ephemeral.span()};
    socket_.write(handshake.start());
    while (!handshake.done()) {
      auto input = socket_.read();
      REQUIRE_FALSE(input.empty());
      bytes output;
      REQUIRE(handshake.consume(input, output) == errc::none);
      socket_.write(output);
    }
    remote_key_ = handshake.remote_key();
    writer_ = handshake.take_writer();
    reader_ = handshake.take_reader();
    unread_ = handshake.take_plaintext();
  }

  const node_key& key() const {
    return key_;
  }

  const ed25519_public_key& remote_key() const {
    return remote_key_;
  }

  void write(const std::string& content) {
    bytes out(frame_writer::sealed_size(content.size()));
    writer_->begin(out);
    writer_->append(std::as_bytes(std::span{content}));
    size_t sealed = 0;
    REQUIRE(writer_->finish(sealed) == errc::none);
    socket_.write(byte_view{out}.first(sealed));
  }

  std::string read(size_t size) {
    while (unread_.size() < size) {
      auto input = socket_.read();
      REQUIRE_FALSE(input.empty());
      REQUIRE(reader_->read(input, [this](byte_view chunk) {
        unread_.insert(unread_.end(), chunk.begin(), chunk.end());
        return errc::none;
      }) == errc::none);
    }
    std::string result(size, '\0');
    std::memcpy(result.data(), unread_.data(), size);
    unread_.erase(unread_.begin(),
                  unread_.begin() + static_cast<std::ptrdiff_t>(size));
    return result;
  }

private:
  system_entropy random_;
  node_key key_ = node_key::generate(random_);
  plain_socket socket_;
  ed25519_public_key remote_key_ = {};
  std::optional<frame_writer> writer_;
  std::optional<frame_reader> reader_;
  bytes unread_;
};

/// The Rust program and our stream, connected one way or the other.
struct world {
  explicit world(const std::vector<std::string>& arguments = {}) {
    SUBCASE("it connects to us") {
      plain_listener listener;
      start({"--connect", listener.endpoint()}, arguments);
      stream.emplace(listener.accept());
    }
    SUBCASE("we connect to it") {
      start({"--listen", "127.0.0.1:0"}, arguments);
      auto where = peer->wait_for("listening").at("address");
      stream.emplace(plain_socket::connect_to(where));
    }
  }

  void start(std::vector<std::string> role,
             const std::vector<std::string>& arguments) {
    role.insert(role.end(), arguments.begin(), arguments.end());
    peer.emplace(interop_program("tendermint-p2p"), role);
  }

  std::optional<peer_process> peer;
  std::optional<secret_stream> stream;
};

} // namespace

TEST_CASE("the Rust implementation and we prove to each other who we are") {
  const std::string seed(64, '7');
  world w{{"--seed", seed}};
  const auto secret = from_hex(std::string_view{seed});
  const auto expected = node_key::from_seed(byte_view{secret}.first<32>());
  const auto shook = w.peer->wait_for("handshake");
  CHECK(w.stream->remote_key() == expected.public_key());
  CHECK(shook.at("local_pubkey") == to_hex(expected.public_key()));
  CHECK(shook.at("local_id") == to_string(expected.id()));
  CHECK(shook.at("remote_pubkey") == to_hex(w.stream->key().public_key()));
  CHECK(shook.at("remote_id") == to_string(w.stream->key().id()));
}

TEST_CASE("the Rust implementation returns what we send") {
  world w;
  size_t total = 0;
  for (auto size : sizes) {
    CAPTURE(size);
    const auto content = pattern(size, size);
    w.stream->write(content);
    const auto unchanged = w.stream->read(size) == content;
    CHECK(unchanged);
    total += size;
  }
  w.stream.reset();
  CHECK(w.peer->wait_for("closed").at("bytes_echoed") == total);
  CHECK(w.peer->wait_for_exit() == 0);
}

TEST_CASE("we return what the Rust implementation sends") {
  world w{{"--send", comma_separated(sizes)}};
  for (size_t i = 0; i < sizes.size(); ++i) {
    CAPTURE(sizes[i]);
    const auto content = w.stream->read(sizes[i]);
    const auto as_agreed = content == pattern(i, sizes[i]);
    CHECK(as_agreed);
    w.stream->write(content);
    CHECK(w.peer->wait_for("echoed").at("size") == sizes[i]);
  }
  w.stream.reset();
  CHECK(w.peer->wait_for("closed").at("bytes_echoed") == 0);
  CHECK(w.peer->wait_for_exit() == 0);
}
