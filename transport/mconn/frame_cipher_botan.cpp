// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cassert>
#include <limits>

#include <botan/aead.h>
#include <botan/exceptn.h>
#include <botan/secmem.h>

#include "troupe/messages/secret_array.hpp"
#include "troupe/transport/mconn/frame_cipher.hpp"

namespace troupe {

namespace {

/// Botan processes whole blocks in place; the end of a frame and the tag take
/// the way through a buffer of Botan's.
constexpr size_t body_size = frame_plain_size / 64 * 64;
constexpr size_t rest_size = frame_plain_size - body_size;

// Botan 2 and 3 spell the names of these values differently.
constexpr auto encryption = static_cast<Botan::Cipher_Dir>(0);
constexpr auto decryption = static_cast<Botan::Cipher_Dir>(1);

uint8_t* octets(std::byte* data) {
  return reinterpret_cast<uint8_t*>(data);
}

} // namespace

struct frame_cipher::implementation {
  explicit implementation(std::span<const std::byte, 32> key) : key(key) {}

  /// Makes the mode for the direction that is asked for first.
  void prepare(Botan::Cipher_Dir direction) {
    if (mode)
      return;
    mode = Botan::AEAD_Mode::create_or_throw("ChaCha20Poly1305", direction);
    mode->set_key(octets(key.span().data()), key.span().size());
  }

  /// Runs `frame` through the mode, `input_size` bytes in, what comes out over
  /// them. Throws if the tag is wrong.
  void apply(uint64_t counter, byte_span frame, size_t input_size) {
    std::array<uint8_t, 12> nonce{};
    for (size_t i = 0; i < sizeof(counter); ++i)
      nonce[4 + i] = static_cast<uint8_t>(counter >> (8 * i));
    mode->start(nonce.data(), nonce.size());
    [[maybe_unused]] auto done = mode->process(octets(frame.data()), body_size);
    assert(done == body_size);
    auto rest = frame.subspan(body_size, input_size - body_size);
    buffer.assign(octets(rest.data()), octets(rest.data()) + rest.size());
    mode->finish(buffer);
    std::ranges::copy(std::as_bytes(std::span{buffer}),
                      frame.subspan(body_size).begin());
  }

  secret_array<32> key;
  std::unique_ptr<Botan::AEAD_Mode> mode;
  Botan::secure_vector<uint8_t> buffer;
};

frame_cipher::frame_cipher(std::span<const std::byte, 32> key, uint64_t counter)
  : impl_(std::make_unique<implementation>(key)),
    counter_(counter) {}

frame_cipher::frame_cipher(frame_cipher&&) noexcept = default;

frame_cipher& frame_cipher::operator=(frame_cipher&&) noexcept = default;

frame_cipher::~frame_cipher() = default;

errc frame_cipher::seal(byte_span frame) {
  assert(frame.size() == frame_sealed_size);
  if (counter_ == std::numeric_limits<uint64_t>::max())
    return errc::nonce_exhausted;
  impl_->prepare(encryption);
  impl_->apply(counter_, frame, frame_plain_size);
  ++counter_;
  return errc::none;
}

errc frame_cipher::open(byte_span frame) {
  assert(frame.size() == frame_sealed_size);
  if (counter_ == std::numeric_limits<uint64_t>::max())
    return errc::nonce_exhausted;
  impl_->prepare(decryption);
  try {
    impl_->apply(counter_, frame, frame_sealed_size);
  } catch (const Botan::Integrity_Failure&) {
    // Botan decrypts before it knows whether the tag is right.
    std::ranges::fill(frame, std::byte{0});
    return errc::undecryptable_frame;
  }
  ++counter_;
  return errc::none;
}

std::string_view frame_cipher::library() noexcept {
  return "botan";
}

} // namespace troupe
