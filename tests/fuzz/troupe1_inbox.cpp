// SPDX-License-Identifier: Apache-2.0

// What arrives on the stream of a channel: the same messages, or the same
// error, wherever the network cuts it and whenever the reader has room.
#include "troupe/transport/quic/troupe1_inbox.hpp"

#include <vector>

#include "fuzz.hpp"
#include "troupe/transport/quic/troupe1_protocol.hpp"
#include "troupe/transport/read_window.hpp"

namespace troupe::fuzz {

namespace {

constexpr channel_id channel = 0x40;

struct outcome {
  inbound_batch messages = {};
  errc code = errc::none;
  uint32_t skipped = 0;
};

/// @param cut length of the pieces.
outcome read(byte_view data, const channel_descriptor* open, size_t cut) {
  troupe1_inbox inbox{channel, open};
  outcome result;
  size_t consumed = 0;
  const auto size = data.size();
  while (!data.empty() && result.code == errc::none) {
    const auto piece = data.first(std::min(cut, data.size()));
    data = data.subspan(piece.size());
    auto done = result.messages.size();
    result.code = inbox.receive(piece, result.messages);
    // The reader is done with them a moment later, as often as it takes.
    while (done < result.messages.size()) {
      for (; done < result.messages.size(); ++done) {
        require(result.messages[done].channel == channel, "a channel is kept");
        inbox.give_back(read_cost(result.messages[done].body.size()));
      }
      if (result.code == errc::none)
        result.code = inbox.advance(result.messages);
    }
    consumed += inbox.take_consumed();
    result.skipped += inbox.take_skipped();
    require(inbox.held_bytes() <= size + 2 * troupe1_inbox::max_headroom,
            "what is held has a bound");
  }
  require(consumed <= size, "no more is done with than came");
  return result;
}

} // namespace

void run(byte_view input) {
  draws from{input};
  const auto how = from.octet();
  const channel_descriptor open{.id = channel,
                                .recv_message_capacity = 1 + how % 64U * 50};
  const auto* which = how >= 224 ? nullptr : &open;
  const auto data = from.rest();
  const auto whole = read(data, which, data.size() + 1);
  for (size_t cut : {1, 7, 100}) {
    const auto other = read(data, which, cut);
    require(other.code == whole.code, "a cut changes no error");
    require(other.messages.size() == whole.messages.size()
                && other.skipped == whole.skipped,
            "a cut changes no number of messages");
    for (size_t i = 0; i < whole.messages.size(); ++i)
      require(other.messages[i].body == whole.messages[i].body,
              "a cut changes no message");
  }
  for (const auto& message : whole.messages)
    require(message.body.size() <= open.recv_message_capacity,
            "no message exceeds its channel");
  if (auto goodbye = decode_goodbye(data)) {
    const auto again = decode_goodbye(encode_goodbye(*goodbye));
    require(again.has_value() && again->code == goodbye->code
                && again->retry_after == goodbye->retry_after
                && again->streams == goodbye->streams,
            "what is a goodbye can be said again");
  }
}

} // namespace troupe::fuzz
