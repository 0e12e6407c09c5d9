// SPDX-License-Identifier: Apache-2.0

// A remote that has shaken hands, and then does to any streams what is drawn:
// to a node that takes it for one of ours, or for one of CometBFT's libp2p.
// What the node holds has a bound, no message exceeds its channel, and an error
// ends the connection.
#include "troupe/transport/quic/quic_talk.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "quic_parts.hpp"
#include "troupe/messages/uvarint.hpp"
#include "troupe/transport/quic/lp2p/multistream.hpp"
#include "troupe/transport/quic/quic_packet.hpp"
#include "troupe/transport/quic/quic_protocols.hpp"
#include "troupe/transport/quic/troupe1_protocol.hpp"
#include "troupe/transport/read_window.hpp"

namespace troupe::fuzz {

namespace {

constexpr channel_id narrow = 0x20;
constexpr channel_id wide = 0x40;

const std::vector<channel_descriptor> channels
    = {{.id = narrow, .recv_message_capacity = 100},
       {.id = wide, .recv_message_capacity = 10'000}};

size_t capacity_of(channel_id channel) {
  return channel == narrow ? 100 : 10'000;
}

node_info info_of(int number) {
  node_info result;
  result.node_id = to_string(fuzz_key(number).id());
  result.listen_addr = "127.0.0.1:26656";
  result.network = "testnet";
  result.version = "1";
  result.channels = {narrow, wide};
  result.moniker = "test";
  return result;
}

/// Keeps the numbers of streams.
struct noting_sink final : quic_sink {
  void on_established() override {}

  void on_data(stream_id stream, byte_view data, bool) override {
    streams.insert(stream);
    if (connection != nullptr)
      connection->consume(stream, data.size());
  }

  void on_reset(stream_id, uint64_t) override {}

  void on_stopped(stream_id) override {}

  void on_sent(stream_id, uint64_t) override {}

  void on_closed(stream_id stream, std::optional<uint64_t>) override {
    streams.erase(stream);
  }

  quic_connection* connection = nullptr;
  std::set<stream_id> streams;
};

class world {
public:
  /// @param dials whether the remote does.
  world(const std::string& protocol, bool dials)
    : protocol_(protocol),
      remote_dials_(dials) {
    if (dials)
      open_remote(std::nullopt);
    else
      open_own(std::nullopt);
    for (int i = 0; i < 40 && !talk_.session(); ++i) {
      turn();
      now_ += std::chrono::milliseconds{20};
    }
    require(talk_.session() != nullptr, "an honest handshake succeeds");
  }

  void step(draws& from) {
    const auto what = from.octet();
    switch (what % 16) {
      case 0:
        open(remote_->open_uni(1 + what % 5));
        break;
      case 1:
        open(remote_->open_bidi(1 + what % 5));
        break;
      case 2:
      case 3:
      case 4:
        write(from, bytes_of(from.take(from.size())), what >= 240);
        break;
      case 5:
      case 6:
      case 7: {
        const auto which = from.octet();
        write(from, known_words(which, from.octet()), what >= 240);
        break;
      }
      case 8: {
        const auto which = stream(from);
        finished_.insert(which);
        remote_->reset(which, what);
        break;
      }
      case 9:
        remote_->stop(stream(from), what);
        break;
      case 10:
        now_ += std::chrono::milliseconds{from.size() * 20};
        break;
      case 11:
        start();
        break;
      case 12:
        give_back();
        break;
      case 13:
        send(from);
        break;
      case 14:
        if (what >= 224)
          talk_.session()->hang_up();
        else
          talk_.session()->ping();
        break;
      default:
        if (what == 255)
          remote_->close(from.octet(), "drawn");
    }
    turn();
  }

  /// The node goes, and the remote hears of it.
  void finish() {
    part(errc::connection_closed);
    for (int i = 0; i < 200 && !remote_->ended(); ++i) {
      turn();
      now_ += std::chrono::milliseconds{500};
    }
    require(remote_->ended().has_value(), "a remote hears of the end");
  }

private:
  static bytes bytes_of(byte_view data) {
    return {data.begin(), data.end()};
  }

  // -- both ends --------------------------------------------------------------

  std::unique_ptr<quic_tls> tls_of(int number, direction way) const {
    static const std::vector<std::string> both{std::string{troupe1_protocol},
                                               std::string{lp2p_alpn}};
    static const auto own = make_identity(1, both);
    static const auto troupes
        = make_identity(2, {std::string{troupe1_protocol}});
    static const auto libp2ps = make_identity(2, {std::string{lp2p_alpn}});
    return open_tls(number == 1              ? own
                    : protocol_ == lp2p_alpn ? libp2ps
                                             : troupes,
                    way);
  }

  static quic_options limits() {
    return quic_protocols{{fuzz_key(2).id()}}.limits({});
  }

  void open_own(const std::optional<quic_arrival>& arrival) {
    const auto way = arrival ? direction::inbound : direction::outbound;
    require(talk_.open(limits(), tls_of(1, way), arrival, random_, now_).code
                == errc::none,
            "a connection begins");
    lp2p_terms terms{.ours = info_of(1), .key = fuzz_key(1).public_key()};
    talk_.begin(
        [this, terms, way](const std::string& name) {
          return quic_protocols::make_session(
              name, terms, acceptance::compatible, way, random_);
        },
        [](const certified_node& who) {
          require(who.id == fuzz_key(2).id(), "the remote is who it is");
          return failure{};
        },
        now_);
  }

  void open_remote(const std::optional<quic_arrival>& arrival) {
    auto options = limits();
    options.streams_bidi = 64;
    auto made
        = arrival
              ? quic_connection::accept(options, tls_of(2, direction::inbound),
                                        sink_, random_, arrival->first,
                                        arrival->resets, now_)
              : quic_connection::dial(options, tls_of(2, direction::outbound),
                                      sink_, random_, now_);
    require(made.has_value(), "a connection begins");
    remote_ = std::move(*made);
    sink_.connection = remote_.get();
    remote_->proceed([](const certified_node&) { return failure{}; }, now_);
  }

  /// Datagrams get there at once.
  void turn() {
    for (int i = 0; i < 20; ++i) {
      auto moved = false;
      if (talk_.is_open())
        moved = look() || moved;
      moved = carry() || moved;
      if (!moved)
        break;
      now_ += std::chrono::milliseconds{1};
    }
  }

  /// What the owner of a connection does, whatever happens.
  bool look() {
    const auto came = talk_.receive(now_);
    if (auto* session = talk_.session();
        session != nullptr && !talk_.parted()) {
      session->set_time(now_);
      if (auto code = session->tick(now_); code != errc::none)
        part(code);
      else if (session->error().code != errc::none)
        part(session->error().code);
      else if (session->over())
        part(errc::none);
      else if (started_)
        read();
      require(talk_.held_bytes() <= size_t{16} * 1024 * 1024,
              "what is held has a bound");
    }
    static_cast<void>(talk_.pump(now_));
    return came;
  }

  bool carry() {
    auto moved = false;
    for (auto& batch : line_->take().batches) {
      batch.each([&](byte_view data) {
        moved = true;
        if (!remote_)
          open_remote(quic_arrival{*read_initial(data), reset_secret{}});
        remote_->receive(data, now_);
      });
      static_cast<void>(line_->written(batch.data.size()));
    }
    if (!remote_)
      return moved;
    remote_->tick(now_);
    while (auto batch = remote_->produce(now_))
      batch->each([&](byte_view data) {
        moved = true;
        if (!talk_.is_open())
          open_own(quic_arrival{*read_initial(data), reset_secret{}});
        static_cast<void>(line_->deliver(data));
      });
    return moved;
  }

  // -- ours -------------------------------------------------------------------

  void start() {
    if (!started_ && !talk_.parted() && talk_.session()->greeted()
        && talk_.session()->error().code == errc::none) {
      talk_.start(channels);
      started_ = true;
    }
  }

  void read() {
    for (const auto& message : talk_.take_messages()) {
      require(message.channel == narrow || message.channel == wide,
              "a message is of a channel that is open");
      require(message.body.size() <= capacity_of(message.channel),
              "no message exceeds its channel");
      held_.push_back({message.channel, read_cost(message.body.size())});
    }
    (void)talk_.session()->take_sent();
    (void)talk_.session()->take_lost();
    (void)talk_.session()->take_skipped();
  }

  void give_back() {
    if (!started_ || talk_.parted())
      return;
    size_t memory = 0;
    for (const auto& each : held_)
      memory += each.cost;
    talk_.give_back(held_, memory);
    held_.clear();
  }

  void send(draws& from) {
    const auto body = from.take(from.octet());
    if (!started_ || talk_.parted() || ++sent_ > 20)
      return;
    (void)talk_.session()->send({wide, shared_bytes{body}});
  }

  void part(errc code) {
    talk_.part(code, now_);
    static_cast<void>(talk_.pump(now_));
  }

  // -- the remote's -----------------------------------------------------------

  void open(std::optional<stream_id> made) {
    if (made)
      opened_.push_back(*made);
  }

  /// One of its own, or of ours that it may send on.
  stream_id stream(draws& from) const {
    const auto drawn = from.octet();
    if (drawn % 4 == 0 && !sink_.streams.empty())
      return *std::next(sink_.streams.begin(),
                        drawn / 4
                            % static_cast<ptrdiff_t>(sink_.streams.size()));
    return opened_.empty() ? 0 : opened_[drawn % opened_.size()];
  }

  void write(draws& from, bytes what, bool fin) {
    const auto where = stream(from);
    // Where only we send, it cannot.
    const auto own = (where & 1) == (remote_dials_ ? 0 : 1);
    if (((where & 2) != 0 && !own) || finished_.contains(where)
        || remote_->unsent() > size_t{1} << 20)
      return;
    if (fin)
      finished_.insert(where);
    remote_->write({.stream = where, .head = std::move(what), .fin = fin});
  }

  /// What makes sense at some place.
  bytes known_words(uint8_t which, uint8_t number) const {
    bytes result;
    auto append = [&result](byte_view data) {
      result.insert(result.end(), data.begin(), data.end());
    };
    switch (which % 8) {
      case 0: {
        const auto info = encode(info_of(2));
        append_uvarint(result, info.size());
        append(info);
        break;
      }
      case 1: {
        const auto frame
            = encode_goodbye({.retry_after = std::chrono::seconds{number},
                              .reason = "drawn",
                              .streams = static_cast<uint64_t>(number % 4)});
        append_uvarint(result, frame.size());
        append(frame);
        break;
      }
      case 2:
        result.push_back(static_cast<std::byte>(number % 2 ? narrow : wide));
        break;
      case 3:
        append_uvarint(result, number);
        result.resize(result.size() + number);
        break;
      case 4:
        append(multistream_proposal("/p2p/cometbft/1.0.0/channel/0x40"));
        break;
      case 5:
        append(multistream_proposal("/ipfs/id/1.0.0"));
        break;
      case 6:
        append_uvarint(result, uint64_t{number} << (number % 50));
        break;
      default:
        result.resize(size_t{number} * 40);
    }
    return result;
  }

  std::string protocol_;
  bool remote_dials_;
  plain_entropy random_;
  time_point now_ = time_point{} + std::chrono::hours{1};
  std::shared_ptr<quic_line> line_ = std::make_shared<quic_line>();
  quic_talk talk_{line_};
  bool started_ = false;
  size_t sent_ = 0;
  std::vector<channel_credit> held_;
  noting_sink sink_;
  std::unique_ptr<quic_connection> remote_;
  std::vector<stream_id> opened_;
  std::set<stream_id> finished_; // On which it may send no more.
};

} // namespace

void run(byte_view input) {
  draws from{input};
  const auto how = from.octet();
  world all{std::string{how % 2 == 0 ? troupe1_protocol : lp2p_alpn},
            how % 4 < 2};
  // Each costs a handshake, and much more of it finds nothing new.
  for (int i = 0; i < 400 && !from.empty(); ++i)
    all.step(from);
  all.finish();
}

} // namespace troupe::fuzz
