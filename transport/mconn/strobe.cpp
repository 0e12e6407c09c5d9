// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/strobe.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

#include "troupe/messages/secret_array.hpp"

namespace troupe {

namespace {

// What an operation does; the subset of STROBE's flags that occurs here.
constexpr uint8_t flag_inbound = 0x01;
constexpr uint8_t flag_application = 0x02;
constexpr uint8_t flag_cipher = 0x04;
constexpr uint8_t flag_meta = 0x10;
constexpr uint8_t flag_keytree = 0x20;

constexpr uint8_t op_ad = flag_application;
constexpr uint8_t op_meta_ad = flag_meta | flag_application;
constexpr uint8_t op_key = flag_application | flag_cipher;
constexpr uint8_t op_prf = flag_inbound | flag_application | flag_cipher;

// -- Keccak-f[1600] -----------------------------------------------------------

/// FIPS 202, 3.2.5 (iota).
constexpr std::array<uint64_t, 24> round_constants = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a,
    0x8000000080008000, 0x000000000000808b, 0x0000000080000001,
    0x8000000080008081, 0x8000000000008009, 0x000000000000008a,
    0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080,
    0x000000000000800a, 0x800000008000000a, 0x8000000080008081,
    0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

/// FIPS 202, 3.2.2 (rho): how far lane x + 5y is rotated.
constexpr std::array<int, 25> rotations = {
    0,  1,  62, 28, 27, //
    36, 44, 6,  55, 20, //
    3,  10, 43, 25, 39, //
    41, 45, 15, 21, 8,  //
    18, 2,  61, 56, 14, //
};

using lanes = std::array<uint64_t, 25>;

uint64_t load_lane(const std::byte* from) noexcept {
  uint64_t result = 0;
  for (int i = 7; i >= 0; --i)
    result = result << 8 | static_cast<uint64_t>(from[i]);
  return result;
}

void store_lane(uint64_t lane, std::byte* to) noexcept {
  for (int i = 0; i < 8; ++i)
    to[i] = static_cast<std::byte>(lane >> (8 * i));
}

void theta(lanes& a) noexcept {
  std::array<uint64_t, 5> parity;
  for (size_t x = 0; x < 5; ++x)
    parity[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
  for (size_t x = 0; x < 5; ++x) {
    auto change = parity[(x + 4) % 5] ^ std::rotl(parity[(x + 1) % 5], 1);
    for (size_t y = 0; y < 5; ++y)
      a[x + 5 * y] ^= change;
  }
}

void rho_pi_chi(lanes& a) noexcept {
  lanes b;
  for (size_t x = 0; x < 5; ++x)
    for (size_t y = 0; y < 5; ++y)
      b[y + 5 * ((2 * x + 3 * y) % 5)]
          = std::rotl(a[x + 5 * y], rotations[x + 5 * y]);
  for (size_t x = 0; x < 5; ++x)
    for (size_t y = 0; y < 5; ++y)
      a[x + 5 * y]
          = b[x + 5 * y] ^ (~b[(x + 1) % 5 + 5 * y] & b[(x + 2) % 5 + 5 * y]);
}

} // namespace

void keccak_f1600(std::span<std::byte, 200> state) noexcept {
  lanes a;
  for (size_t i = 0; i < a.size(); ++i)
    a[i] = load_lane(state.data() + 8 * i);
  for (auto constant : round_constants) {
    theta(a);
    rho_pi_chi(a);
    a[0] ^= constant;
  }
  for (size_t i = 0; i < a.size(); ++i)
    store_lane(a[i], state.data() + 8 * i);
}

// -- STROBE -------------------------------------------------------------------

strobe::strobe(std::string_view protocol) {
  constexpr std::array<uint8_t, 6> domain = {1, rate + 2, 1, 0, 1, 96};
  constexpr std::string_view version = "STROBEv1.0.2";
  std::ranges::copy(std::as_bytes(std::span{domain}), state_.begin());
  std::ranges::copy(std::as_bytes(std::span{version}),
                    state_.begin() + domain.size());
  keccak_f1600(state_);
  meta_ad(std::as_bytes(std::span{protocol}));
}

strobe::~strobe() {
  scrub(state_);
}

void strobe::meta_ad(byte_view data, strobe_part part) {
  begin(op_meta_ad, part);
  absorb(data);
}

void strobe::ad(byte_view data, strobe_part part) {
  begin(op_ad, part);
  absorb(data);
}

void strobe::key(byte_view data, strobe_part part) {
  begin(op_key, part);
  for (auto value : data) {
    state_[position_] = value;
    advance();
  }
}

void strobe::prf(byte_span out, strobe_part part) {
  begin(op_prf, part);
  for (auto& value : out) {
    value = state_[position_];
    // What was handed out must not be computable backwards from the state.
    state_[position_] = std::byte{0};
    advance();
  }
}

void strobe::begin(uint8_t flags, strobe_part part) {
  if (part == strobe_part::next) {
    assert(flags == flags_);
    return;
  }
  const std::array<uint8_t, 2> header = {begin_position_, flags};
  begin_position_ = static_cast<uint8_t>(position_ + 1);
  flags_ = flags;
  absorb(std::as_bytes(std::span{header}));
  // Keys and output start in a block of their own.
  if ((flags & (flag_cipher | flag_keytree)) != 0 && position_ != 0)
    permute();
}

void strobe::absorb(byte_view data) {
  for (auto value : data) {
    state_[position_] ^= value;
    advance();
  }
}

void strobe::advance() {
  if (++position_ == rate)
    permute();
}

void strobe::permute() {
  state_[position_] ^= std::byte{begin_position_};
  state_[position_ + 1] ^= std::byte{0x04};
  state_[rate + 1] ^= std::byte{0x80};
  keccak_f1600(state_);
  position_ = 0;
  begin_position_ = 0;
}

} // namespace troupe
