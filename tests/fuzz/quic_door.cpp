// SPDX-License-Identifier: Apache-2.0

// A port of QUIC: datagrams from a few places, as drawn and as first packets
// with tokens that were given to the one or the other, among connections that
// come and go. Nobody gets more than he sends, except for farewells, which only
// those get who have shown where they are; tokens are good where they were
// given, and what is for a connection comes from its place.
#include "troupe/transport/quic/quic_door.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <vector>

#include "quic_parts.hpp"

namespace troupe::fuzz {

namespace {

using action = quic_door::action;

udp_place place_of(uint8_t number) {
  return {ip_address::v4(192, 0, number % 3, number % 5), 4000};
}

void append(bytes& to, byte_view what) {
  to.insert(to.end(), what.begin(), what.end());
}

/// Numbers of variable length (RFC 9000, 16), in two bytes.
void append_number(bytes& to, size_t value) {
  to.push_back(static_cast<std::byte>(0x40 | (value >> 8 & 0x3f)));
  to.push_back(static_cast<std::byte>(value & 0xff));
}

/// A first packet, as far as it can be read without its keys.
bytes first_packet(uint8_t version, byte_view to, byte_view from,
                   byte_view token, size_t size) {
  bytes result{std::byte{0xc3}, std::byte{0}, std::byte{0}, std::byte{0},
               static_cast<std::byte>(version)};
  for (auto id : {to, from}) {
    result.push_back(static_cast<std::byte>(id.size()));
    append(result, id);
  }
  append_number(result, token.size());
  append(result, token);
  append_number(result,
                size > result.size() + 2 ? size - result.size() - 2 : 0);
  result.resize(std::max(size, result.size()));
  return result;
}

/// The token in a Retry: behind the IDs, before 16 bytes of seal.
std::optional<bytes> token_of(const bytes& retry) {
  if (retry.size() < 7 || (std::to_integer<int>(retry[0]) & 0xf0) != 0xf0)
    return std::nullopt;
  auto at = size_t{5};
  for (int i = 0; i < 2; ++i) {
    if (at >= retry.size())
      return std::nullopt;
    at += 1 + std::to_integer<size_t>(retry[at]);
  }
  constexpr size_t seal = 16;
  if (at + seal > retry.size())
    return std::nullopt;
  return bytes(retry.begin() + static_cast<ptrdiff_t>(at), retry.end() - seal);
}

class world {
public:
  world() {
    door_.set_mode(quic_door::mode::open);
  }

  void step(draws& from) {
    const auto what = from.octet();
    const auto where = place_of(from.octet());
    switch (what % 12) {
      case 0:
        arrive(bytes_of(from.take(from.size())), where);
        break;
      case 1:
        arrive(padded(from), where);
        break;
      case 2:
      case 3:
      case 4:
        arrive(made_up(from), where);
        break;
      case 5:
        arrive(short_packet(from), where);
        break;
      case 6: {
        const auto whose = number(from);
        door_.learn(whose, ids(from));
        break;
      }
      case 7:
        door_.validated(number(from));
        break;
      case 8: {
        const auto whose = number(from);
        door_.leave(whose, bytes(from.octet(), farewell), now_);
        break;
      }
      case 9:
        door_.ended(number(from));
        break;
      case 10:
        now_ += std::chrono::milliseconds{from.size() * 20};
        door_.expire(now_);
        break;
      default:
        door_.set_mode(static_cast<quic_door::mode>(what / 12 % 3));
        door_.set_crowded(what >= 128);
        if (what % 7 == 0)
          numbers_.push_back(door_.dialed(where));
    }
    require(door_.unvalidated() <= door_.connections(),
            "connections that are not validated are connections");
    require(door_.unvalidated() <= options().unvalidated_max,
            "their number has a bound");
    if (const auto next = door_.next_wakeup(now_))
      require(*next > now_ - std::chrono::hours{1}, "there is a next time");
  }

private:
  /// What farewells consist of, and no other answer.
  static constexpr std::byte farewell{0xee};

  static quic_door_options options() {
    return {.admission = {.limits = {.max_per_ip = 4, .max_per_subnet = 6}},
            .unvalidated_max = 5,
            .answers = {20, 40}};
  }

  static bytes bytes_of(byte_view data) {
    return {data.begin(), data.end()};
  }

  /// As long as what opens a connection.
  static bytes padded(draws& from) {
    auto result = bytes_of(from.take(from.size()));
    result.resize(1200);
    return result;
  }

  bytes made_up(draws& from) {
    const auto how = from.octet();
    // Few that differ, so that they meet again.
    const bytes to(8 + how % 13, static_cast<std::byte>(from.octet() % 8));
    const bytes source(how % 21, std::byte{7});
    bytes token;
    if (how % 3 == 1 && !tokens_.empty())
      token = tokens_[from.octet() % tokens_.size()].token;
    if (how % 3 == 2)
      token = bytes_of(from.take(from.octet()));
    if (how >= 192 && !token.empty())
      token[from.octet() % token.size()] ^= static_cast<std::byte>(from.size());
    const auto& id = how % 3 == 1 && !tokens_.empty() && how < 128
                         ? tokens_.back().to
                         : to;
    return first_packet(how % 16 == 0 ? 9 : 1, id, source, token,
                        how % 32 == 5 ? 1100 : 1200);
  }

  bytes short_packet(draws& from) {
    bytes result(from.size(), std::byte{0x55});
    const auto known = ids(from).added;
    for (const auto& id : known)
      std::ranges::copy(
          id.bytes().first(std::min(id.bytes().size(), result.size() - 1)),
          result.begin() + 1);
    return result;
  }

  static quic_ids ids(draws& from) {
    const bytes id(connection_id::own_size,
                   static_cast<std::byte>(from.octet() % 32));
    if (from.octet() % 4 == 0)
      return {.retired = {connection_id{id}}};
    return {.added = {connection_id{id}}};
  }

  uint64_t number(draws& from) const {
    const auto drawn = from.octet();
    return numbers_.empty() ? drawn : numbers_[drawn % numbers_.size()];
  }

  void arrive(const bytes& data, const udp_place& from) {
    const auto before = door_.connections();
    const auto result = door_.arrived(data, from, now_);
    switch (result.what) {
      case action::accept:
        require(result.first.has_value(), "who comes in has said who he is");
        require(door_.place_of(result.connection) == from,
                "a connection leads to where it came from");
        require(door_.connections() == before + 1, "there is one more");
        if (result.first->before_retry)
          require(was_given(result.first->token, from),
                  "a token is good where it was given");
        numbers_.push_back(result.connection);
        break;
      case action::deliver:
        require(door_.place_of(result.connection) == from,
                "only its remote is heard by a connection");
        break;
      case action::answer:
        require(!result.answer.empty(), "an answer says something");
        require(result.answer.size() <= data.size()
                    || is_farewell(result.answer),
                "nobody gets more than he sends");
        keep(result.answer, from);
        break;
      default:
        require(result.answer.empty(), "there is nothing to send");
    }
  }

  static bool is_farewell(const bytes& answer) {
    return std::ranges::all_of(answer,
                               [](auto each) { return each == farewell; });
  }

  void keep(const bytes& answer, const udp_place& from) {
    const auto token = token_of(answer);
    const auto target = read_target(answer);
    if (!token || token->empty() || !target)
      return;
    const auto own = target->from.bytes();
    tokens_.push_back({*token, from, bytes_of(own)});
  }

  [[nodiscard]] bool was_given(const bytes& token,
                               const udp_place& where) const {
    return std::ranges::any_of(tokens_, [&](const auto& x) {
      return x.token == token && x.where == where;
    });
  }

  struct given {
    bytes token;
    udp_place where;
    bytes to;
  };

  plain_entropy random_;
  time_point now_ = time_point{} + std::chrono::hours{1};
  quic_door door_{options(), random_, now_};
  std::vector<uint64_t> numbers_;
  std::vector<given> tokens_;
};

} // namespace

void run(byte_view input) {
  draws from{input};
  world all;
  while (!from.empty())
    all.step(from);
}

} // namespace troupe::fuzz
