// SPDX-License-Identifier: Apache-2.0

// A connection from its first byte on, with real keys. The remote either sends
// whatever is drawn from the start, or proves who it is, and then draws what it
// seals: its node info and its packets, or only the latter.
#include <optional>

#include "fuzz.hpp"
#include "troupe/messages/wire_writer.hpp"
#include "troupe/transport/mconn/mconn_handshake.hpp"
#include "troupe/transport/mconn/mconn_stream.hpp"

namespace troupe::fuzz {

namespace {

constexpr auto now = time_point{std::chrono::seconds{1'000'000}};

node_info info_of(const node_key& key) {
  node_info result;
  result.node_id = to_string(key.id());
  result.listen_addr = "tcp://127.0.0.1:26656";
  result.network = "fuzz";
  result.version = "1.0.0";
  result.channels = {0x20};
  result.moniker = "fuzz";
  return result;
}

/// Our side: the handshake, and the stream behind it.
class local_end {
public:
  local_end(const node_key& key, bytes& to_remote)
    : handshake_(std::in_place, key, filled_key(3), info_of(key), node_id{}) {
    to_remote = handshake_->start();
  }

  /// @returns whether the connection lives on.
  bool receive(bytes data, bytes& to_remote) {
    if (stream_)
      return read(data);
    if (handshake_->consume(data, to_remote).code != errc::none)
      return false;
    if (!handshake_->done())
      return true;
    (void)handshake_->take_result();
    stream_.emplace(mconn_stream_options{},
                    std::array{channel_descriptor{
                        .id = 0x20, .recv_message_capacity = 5'000}},
                    handshake_->take_writer(), handshake_->take_reader(), now);
    auto early = handshake_->take_plaintext();
    const auto code = stream_->receive_plaintext(early, now);
    return code == errc::none && take();
  }

private:
  bool read(bytes& data) {
    const auto code = stream_->receive(data, now);
    return take() && code == errc::none;
  }

  bool take() {
    for (const auto& message : stream_->take_inbound()) {
      require(message.channel == 0x20, "only open channels have messages");
      require(message.body.size() <= 5'000, "no message exceeds its capacity");
    }
    return true;
  }

  std::optional<mconn_handshake> handshake_;
  std::optional<mconn_stream> stream_;
};

bytes seal(frame_writer& writer, byte_view content) {
  bytes sealed(frame_writer::sealed_size(content.size()));
  writer.begin(sealed);
  writer.append(content);
  size_t size = 0;
  require(writer.finish(size) == errc::none, "the remote can seal");
  sealed.resize(size);
  return sealed;
}

/// Seals what is drawn as one frame a draw, or several.
void send_sealed(local_end& end, frame_writer writer, draws& from,
                 bytes& answer) {
  while (!from.empty()) {
    auto content = from.take(size_t{from.octet()} * 9);
    if (!end.receive(seal(writer, content), answer))
      return;
  }
}

} // namespace

void run(byte_view input) {
  static const auto ours = node_key::from_seed(filled_key(1));
  static const auto theirs = node_key::from_seed(filled_key(2));
  draws from{input};
  const auto mode = from.octet() % 4;
  bytes to_remote;
  local_end end{ours, to_remote};
  bytes answer;
  if (mode == 0) {
    while (!from.empty()) {
      auto part = from.take(from.size());
      if (!end.receive({part.begin(), part.end()}, answer))
        return;
    }
    return;
  }
  secret_handshake remote{theirs, filled_key(4)};
  require(end.receive(remote.start(), to_remote), "a key is taken");
  bytes proof;
  require(remote.consume(to_remote, proof) == errc::none, "we prove ourselves");
  require(remote.done(), "the remote knows us");
  require(end.receive(std::move(proof), answer), "a proof is taken");
  auto writer = remote.take_writer();
  if (mode != 1) {
    bytes info;
    append_delimited(info, encode(info_of(theirs)));
    require(end.receive(seal(writer, info), answer), "a node info is taken");
  }
  send_sealed(end, std::move(writer), from, answer);
}

} // namespace troupe::fuzz
