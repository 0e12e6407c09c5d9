// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstring>
#include <memory>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "troupe/messages/libcrypto.hpp"
#include "troupe/transport/mconn/frame_engine.hpp"

// RFC 8439 composed from libcrypto's ChaCha20 and Poly1305 rather than its
// combined cipher. For a frame, that one makes three passes (a block for the
// MAC's key, 16 blocks, a block for the last 4 bytes), of which the two short
// ones cost nearly as much as the long one; here all 18 blocks are one pass.

namespace troupe {

namespace {

constexpr size_t block_size = 64;

/// The block that keys the MAC, then the frame, rounded up to whole blocks.
using scratch = std::array<std::byte, 18 * block_size>;
static_assert(sizeof(scratch) >= block_size + frame_plain_size);

constexpr size_t mac_key_size = 32;
constexpr size_t tag_size = frame_sealed_size - frame_plain_size;

/// The MAC takes whole blocks of 16 bytes. The frame leaves a rest, which is
/// padded; behind it come the length of the associated data and that of the
/// ciphertext, 64 bits little endian each.
constexpr size_t mac_rest_size = frame_plain_size % 16;
constexpr size_t mac_body_size = frame_plain_size - mac_rest_size;
constexpr size_t mac_end_size = 16 + 16;

void require(bool ok) {
  require_libcrypto(ok, "ChaCha20-Poly1305");
}

/// Looking an algorithm up by name is slow, so it happens once.
const EVP_CIPHER* chacha20() {
  static const libcrypto_ptr<EVP_CIPHER> cipher{
      EVP_CIPHER_fetch(nullptr, "ChaCha20", nullptr)};
  require(cipher != nullptr);
  return cipher.get();
}

EVP_MAC* poly1305() {
  static const libcrypto_ptr<EVP_MAC> mac{
      EVP_MAC_fetch(nullptr, "POLY1305", nullptr)};
  require(mac != nullptr);
  return mac.get();
}

unsigned char* octets(std::byte* data) {
  return reinterpret_cast<unsigned char*>(data);
}

const unsigned char* octets(const std::byte* data) {
  return reinterpret_cast<const unsigned char*>(data);
}

/// Little endian, on any machine.
void store(uint64_t value, std::byte* to) {
  for (size_t i = 0; i < sizeof(value); ++i)
    to[i] = static_cast<std::byte>(value >> (8 * i));
}

class openssl_engine final : public frame_engine {
public:
  explicit openssl_engine(std::span<const std::byte, 32> key)
    : stream_(EVP_CIPHER_CTX_new()),
      mac_(EVP_MAC_CTX_new(poly1305())) {
    require(stream_ && mac_);
    require(EVP_EncryptInit_ex(stream_.get(), chacha20(), nullptr,
                               octets(key.data()), nullptr)
            == 1);
  }

  void seal(uint64_t number, byte_span frame) override {
    scratch blocks;
    apply(number, frame, blocks);
    std::memcpy(frame.data(), blocks.data() + block_size, frame_plain_size);
    authenticate(blocks, frame, frame.last<tag_size>());
    OPENSSL_cleanse(blocks.data(), mac_key_size);
  }

  bool open(uint64_t number, byte_span frame) override {
    scratch blocks;
    apply(number, frame, blocks);
    std::array<std::byte, tag_size> tag;
    authenticate(blocks, frame, tag);
    OPENSSL_cleanse(blocks.data(), mac_key_size);
    if (CRYPTO_memcmp(tag.data(), frame.data() + frame_plain_size, tag_size)
        != 0)
      return false;
    std::memcpy(frame.data(), blocks.data() + block_size, frame_plain_size);
    return true;
  }

private:
  /// Puts the MAC's key at the front of `out` and behind it `frame`, encrypted
  /// or decrypted.
  void apply(uint64_t number, byte_view frame, scratch& out) {
    std::memset(out.data(), 0, block_size);
    std::memcpy(out.data() + block_size, frame.data(), frame_plain_size);
    // Number of the first block, 32 bits; then RFC 8439's nonce.
    std::array<std::byte, 16> start{};
    store(number, start.data() + 8);
    int size = 0;
    require(EVP_EncryptInit_ex(stream_.get(), nullptr, nullptr, nullptr,
                               octets(start.data()))
                == 1
            && EVP_EncryptUpdate(stream_.get(), octets(out.data()), &size,
                                 octets(out.data()), sizeof(out))
                   == 1);
  }

  /// Computes the tag over the ciphertext at the front of `frame`.
  void authenticate(byte_view key, byte_view frame, byte_span tag) {
    std::array<std::byte, mac_end_size> end{};
    std::memcpy(end.data(), frame.data() + mac_body_size, mac_rest_size);
    store(frame_plain_size, end.data() + end.size() - sizeof(uint64_t));
    size_t size = 0;
    require(
        EVP_MAC_init(mac_.get(), octets(key.data()), mac_key_size, nullptr) == 1
        && EVP_MAC_update(mac_.get(), octets(frame.data()), mac_body_size) == 1
        && EVP_MAC_update(mac_.get(), octets(end.data()), end.size()) == 1
        && EVP_MAC_final(mac_.get(), octets(tag.data()), &size, tag.size())
               == 1);
  }

  libcrypto_ptr<EVP_CIPHER_CTX> stream_;
  libcrypto_ptr<EVP_MAC_CTX> mac_;
};

} // namespace

std::unique_ptr<frame_engine>
make_openssl_engine(std::span<const std::byte, 32> key) {
  return std::make_unique<openssl_engine>(key);
}

} // namespace troupe
