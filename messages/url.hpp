// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "troupe/messages/result.hpp"

namespace troupe {

/// A URL taken apart (RFC 3986), as far as node addresses need it. Accepts and
/// refuses what Go's `net/url` does, since that is what other nodes parse
/// addresses with.
struct url {
  /// In lower case. Empty if there is none.
  std::string scheme = {};

  /// Everything after the scheme if it does not start with a slash, raw and
  /// without query and fragment. All fields below are empty then, except
  /// `query` and `fragment`.
  std::string opaque = {};

  /// Decoded, without password. Absent if there is no `@`.
  std::optional<std::string> user = {};

  /// Decoded, without brackets.
  std::string host = {};

  /// Whether `host` stood in brackets.
  bool bracketed = false;

  /// Digits. Empty if there is none.
  std::string port = {};

  /// Decoded.
  std::string path = {};

  /// Raw, without the question mark.
  std::string query = {};

  /// Decoded, without the number sign.
  std::string fragment = {};

  /// @returns `invalid_address`, the context is half a sentence: "'%zz' is not
  /// a percent escape".
  static result<url> parse(std::string_view text);
};

/// Which characters need no percent escape depends on where they stand.
enum class url_part : unsigned char { host, path };

/// Escapes what cannot stand for itself in `part`.
std::string escape(std::string_view text, url_part part);

} // namespace troupe
