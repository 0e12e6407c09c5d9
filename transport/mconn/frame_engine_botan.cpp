// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cassert>
#include <memory>

#include <botan/aead.h>
#include <botan/exceptn.h>
#include <botan/secmem.h>

#include "troupe/messages/secret_array.hpp"
#include "troupe/transport/mconn/frame_engine.hpp"

namespace troupe {

namespace {

/// Botan processes whole blocks in place; the end of a frame and the tag take
/// the way through a buffer of Botan's.
constexpr size_t body_size = frame_plain_size / 64 * 64;

// Botan 2 and 3 spell the names of these values differently.
constexpr auto encryption = static_cast<Botan::Cipher_Dir>(0);
constexpr auto decryption = static_cast<Botan::Cipher_Dir>(1);

uint8_t* octets(std::byte* data) {
  return reinterpret_cast<uint8_t*>(data);
}

class botan_engine final : public frame_engine {
public:
  explicit botan_engine(std::span<const std::byte, 32> key) : key_(key) {}

  void seal(uint64_t number, byte_span frame) override {
    prepare(encryption);
    apply(number, frame, frame_plain_size);
  }

  bool open(uint64_t number, byte_span frame) override {
    prepare(decryption);
    try {
      apply(number, frame, frame_sealed_size);
    } catch (const Botan::Integrity_Failure&) {
      // Botan decrypts before it knows whether the tag is right.
      std::ranges::fill(frame, std::byte{0});
      return false;
    }
    return true;
  }

private:
  /// Makes the mode for the direction that is asked for first.
  void prepare(Botan::Cipher_Dir direction) {
    if (mode_)
      return;
    mode_ = Botan::AEAD_Mode::create_or_throw("ChaCha20Poly1305", direction);
    mode_->set_key(octets(key_.span().data()), key_.span().size());
  }

  /// Runs `frame` through the mode, `input_size` bytes in, what comes out over
  /// them. Throws if the tag is wrong.
  void apply(uint64_t number, byte_span frame, size_t input_size) {
    std::array<uint8_t, 12> nonce{};
    for (size_t i = 0; i < sizeof(number); ++i)
      nonce[4 + i] = static_cast<uint8_t>(number >> (8 * i));
    mode_->start(nonce.data(), nonce.size());
    [[maybe_unused]] auto done
        = mode_->process(octets(frame.data()), body_size);
    assert(done == body_size);
    auto rest = frame.subspan(body_size, input_size - body_size);
    buffer_.assign(octets(rest.data()), octets(rest.data()) + rest.size());
    mode_->finish(buffer_);
    std::ranges::copy(std::as_bytes(std::span{buffer_}),
                      frame.subspan(body_size).begin());
  }

  secret_array<32> key_;
  std::unique_ptr<Botan::AEAD_Mode> mode_;
  Botan::secure_vector<uint8_t> buffer_;
};

} // namespace

std::unique_ptr<frame_engine>
make_botan_engine(std::span<const std::byte, 32> key) {
  return std::make_unique<botan_engine>(key);
}

} // namespace troupe
