// SPDX-License-Identifier: Apache-2.0

// A session whose remote does what is drawn to any streams in any order: what
// it holds has a bound, and the parts of it never disagree.
#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <variant>
#include <vector>

#include "fuzz.hpp"
#include "troupe/transport/quic/lp2p/lp2p_session.hpp"

namespace troupe::fuzz {

namespace {

/// Draws the same each time.
struct no_entropy final : entropy {
  void fill(byte_span out) override {
    std::ranges::fill(out, std::byte{0x5a});
  }
};

lp2p_options options() {
  lp2p_options result;
  result.own.protocols
      = {"/ipfs/ping/1.0.0",
         to_string(lp2p_protocol{lp2p_protocol::kind::message, 0x20}),
         to_string(lp2p_protocol{lp2p_protocol::kind::message, 0x40})};
  result.inbound_streams = 16;
  result.inbound_per_channel = 4;
  result.incoming_bytes = 4096;
  result.progress_bytes = 16;
  return result;
}

const std::vector<channel_descriptor> open
    = {{.id = 0x20, .recv_message_capacity = 100},
       {.id = 0x40, .recv_message_capacity = 10'000}};

/// A proposal, so that a fuzzer need not find it.
byte_view proposal(unsigned which) {
  static const std::array all
      = {multistream_proposal("/ipfs/id/1.0.0"),
         multistream_proposal("/ipfs/ping/1.0.0"),
         multistream_proposal("/p2p/cometbft/1.0.0/channel/0x20"),
         multistream_proposal("/p2p/cometbft/1.0.0/channel/0x40")};
  return all[which % all.size()];
}

class world {
public:
  void step(draws& from) {
    const auto what = from.octet();
    const auto stream = static_cast<stream_id>(from.octet() % 64);
    switch (what % 12) {
      case 0:
        session_.received(stream, proposal(from.octet()), false, now_);
        break;
      case 1:
      case 2:
      case 3:
        session_.received(stream, from.take(from.size()), what >= 128, now_);
        break;
      case 4:
        session_.reset(stream, 0x1000 + what % 5, now_);
        break;
      case 5:
        session_.stopped(stream);
        break;
      case 6:
        session_.sent(stream, from.size(), now_);
        break;
      case 7:
        session_.closed(stream, what, now_);
        break;
      case 8:
        session_.hold(0x20, what >= 128, now_);
        break;
      case 9:
        now_ += std::chrono::milliseconds{from.size() * 20};
        session_.tick(now_);
        break;
      case 10:
        send(from);
        break;
      default:
        if (session_.wants_stream(now_))
          session_.opened(ours_ += 4, now_);
        else
          session_.ping();
    }
    take();
  }

  void accept() {
    session_.accept(open, now_);
    take();
  }

private:
  void send(draws& from) {
    const auto body = from.take(from.octet());
    if (queued_ > 20)
      return;
    ++queued_;
    session_.send({0x40, shared_bytes{body}});
  }

  void take() {
    for (const auto& action : session_.take_actions())
      if (const auto* write = std::get_if<stream_write>(&action))
        require(write->head.size() <= 20'000, "what is written has a bound");
    for (const auto& message : session_.take_inbound())
      require(message.body.size() <= (message.channel == 0x20 ? 100u : 10'000u),
              "no message exceeds its channel");
    require(session_.held_bytes() <= 16 * 10'000, "what is held has a bound");
    require(session_.drained() || session_.next_wakeup(now_) < time_point::max()
                || session_.wants_stream(now_),
            "nothing waits for ever");
    (void)session_.take_sent();
    (void)session_.take_lost();
  }

  no_entropy random_;
  lp2p_session session_{options(), direction::outbound, random_};
  time_point now_ = time_point{} + std::chrono::hours{1};
  stream_id ours_ = -4;
  size_t queued_ = 0;
};

} // namespace

void run(byte_view input) {
  draws from{input};
  world all;
  const auto late = from.octet() % 2 == 0;
  if (!late)
    all.accept();
  for (size_t turn = 0; !from.empty(); ++turn) {
    all.step(from);
    if (late && turn == 20)
      all.accept();
  }
}

} // namespace troupe::fuzz
