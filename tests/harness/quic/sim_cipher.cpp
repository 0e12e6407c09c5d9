// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/quic/sim_cipher.hpp"

#include <algorithm>

namespace troupe::testing {

namespace {

constexpr uint64_t step = 0x9e3779b97f4a7c15;

/// The last part of splitmix64: each bit in changes half of those out.
constexpr uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

/// Reads up to eight bytes, the lowest first.
uint64_t word_of(byte_view data) {
  uint64_t result = 0;
  if (data.size() >= 8) {
    for (size_t i = 0; i < 8; ++i)
      result |= static_cast<uint64_t>(data[i]) << (8 * i);
    return result;
  }
  for (size_t i = 0; i < data.size(); ++i)
    result |= static_cast<uint64_t>(data[i]) << (8 * i);
  return result;
}

void write_word(byte_span out, uint64_t word) {
  for (size_t i = 0; i < std::min<size_t>(out.size(), 8); ++i)
    out[i] = static_cast<std::byte>(word >> (8 * i));
}

/// A sum of what it was given, in that order.
class digest {
public:
  explicit digest(uint64_t first) : a_(first), b_(mix(first + step)) {}

  digest& add(uint64_t word) {
    a_ = mix(a_ ^ word);
    b_ = (b_ + a_) * 0xff51afd7ed558ccd;
    b_ ^= b_ >> 32;
    return *this;
  }

  /// With its size, so that none is taken for another.
  digest& add(byte_view data) {
    add(uint64_t{data.size()});
    for (; !data.empty(); data = data.subspan(std::min<size_t>(data.size(), 8)))
      add(word_of(data));
    return *this;
  }

  [[nodiscard]] uint64_t low() const {
    return mix(a_ + step);
  }

  [[nodiscard]] uint64_t high() const {
    return mix(b_ ^ a_);
  }

private:
  uint64_t a_;
  uint64_t b_;
};

} // namespace

sim_secret derive_sim_secret(byte_view from, std::string_view label) {
  auto sum = digest{step};
  sum.add(std::as_bytes(std::span{label})).add(from);
  sim_secret result;
  auto rest = byte_span{result};
  for (uint64_t i = 0; i < 4; ++i, rest = rest.subspan(8))
    write_word(rest.first(8), mix(sum.add(i).low() ^ sum.high()));
  return result;
}

sim_cipher::sim_cipher(const sim_secret& secret) {
  for (size_t i = 0; i < key_.size(); ++i)
    key_[i] = word_of(byte_view{secret}.subspan(8 * i, 8));
}

void sim_cipher::seal(byte_span out, byte_view plain, byte_view nonce,
                      byte_view beside) const {
  const auto content = out.first(plain.size());
  stream(content, plain, nonce);
  std::ranges::copy(sign(content, nonce, beside),
                    out.subspan(plain.size()).begin());
}

bool sim_cipher::open(byte_span out, byte_view sealed, byte_view nonce,
                      byte_view beside) const {
  if (sealed.size() < overhead)
    return false;
  const auto content = sealed.first(sealed.size() - overhead);
  if (!std::ranges::equal(sign(content, nonce, beside), sealed.last(overhead)))
    return false;
  stream(out.first(content.size()), content, nonce);
  return true;
}

std::array<std::byte, sim_cipher::mask_size>
sim_cipher::mask(byte_view sample) const {
  auto sum = digest{key_[3]};
  const auto word = sum.add(key_[2]).add(sample.first(sample_size)).low();
  std::array<std::byte, mask_size> result;
  write_word(result, word);
  return result;
}

void sim_cipher::stream(byte_span out, byte_view in, byte_view nonce) const {
  auto state = digest{key_[0]}.add(nonce).low();
  for (; !in.empty();) {
    const auto size = std::min<size_t>(in.size(), 8);
    write_word(out.first(size), word_of(in.first(size)) ^ mix(state += step));
    in = in.subspan(size);
    out = out.subspan(size);
  }
}

sim_cipher::tag sim_cipher::sign(byte_view sealed, byte_view nonce,
                                 byte_view beside) const {
  auto sum = digest{key_[1]};
  sum.add(key_[2]).add(nonce).add(beside).add(sealed);
  tag result;
  write_word(byte_span{result}.first(8), sum.low());
  write_word(byte_span{result}.last(8), sum.high());
  return result;
}

} // namespace troupe::testing
