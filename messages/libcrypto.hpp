// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include <openssl/evp.h>

namespace troupe {

/// Frees what libcrypto has made.
struct libcrypto_deleter {
  void operator()(EVP_PKEY* key) const {
    EVP_PKEY_free(key);
  }
  void operator()(EVP_PKEY_CTX* context) const {
    EVP_PKEY_CTX_free(context);
  }
  void operator()(EVP_MD_CTX* context) const {
    EVP_MD_CTX_free(context);
  }
  void operator()(EVP_CIPHER* cipher) const {
    EVP_CIPHER_free(cipher);
  }
  void operator()(EVP_CIPHER_CTX* context) const {
    EVP_CIPHER_CTX_free(context);
  }
  void operator()(EVP_MAC* mac) const {
    EVP_MAC_free(mac);
  }
  void operator()(EVP_MAC_CTX* context) const {
    EVP_MAC_CTX_free(context);
  }
};

template <class T>
using libcrypto_ptr = std::unique_ptr<T, libcrypto_deleter>;

/// Says that libcrypto failed where only a lack of memory or a broken
/// installation makes it fail, neither of which a peer can cause.
/// @throws std::runtime_error if not `ok`.
inline void require_libcrypto(bool ok, std::string_view algorithm) {
  if (!ok)
    throw std::runtime_error("libcrypto: " + std::string{algorithm}
                             + " is not available");
}

} // namespace troupe
