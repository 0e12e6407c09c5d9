// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/url.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "troupe/messages/quoted.hpp"

namespace troupe {

namespace {

constexpr auto npos = std::string_view::npos;

// Not the functions of <cctype>: those depend on the locale.
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr bool is_ascii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}

constexpr bool is_one_of(char c, std::string_view set) {
  return set.find(c) != npos;
}

constexpr bool is_plain(char c) {
  return is_letter(c) || is_digit(c) || is_one_of(c, "-_.~");
}

constexpr bool is_host_char(char c) {
  return is_plain(c) || is_one_of(c, "!$&'()*+,;=:[]<>\"");
}

constexpr int digit_value(char c) {
  if (is_digit(c))
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

failure refuse(std::string reason) {
  return {errc::invalid_address, std::move(reason)};
}

// -- percent escapes ----------------------------------------------------------

enum class decode_mode : uint8_t {
  /// User, path, fragment: anything may be escaped, and stand unescaped.
  any,
  /// Only characters beyond ASCII may be escaped. Otherwise the same host could
  /// be spelled in many ways, and pass a filter that knows one of them.
  host,
  /// The zone of an IPv6 address: like `host`, and `%25` for the percent sign
  /// in front of it (RFC 6874).
  zone,
};

bool may_be_escaped(char c, decode_mode mode) {
  switch (mode) {
    case decode_mode::any:
      return true;
    case decode_mode::host:
      return !is_ascii(c);
    default:
      return c == '%' || c == ' ' || is_host_char(c);
  }
}

result<std::string> unescape(std::string_view text, decode_mode mode) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    auto c = text[i];
    if (c != '%') {
      if (mode != decode_mode::any && is_ascii(c) && !is_host_char(c))
        return refuse(fmt::format("{} cannot be part of a host name",
                                  troupe::quoted(text.substr(i, 1))));
      decoded += c;
      continue;
    }
    auto digits = text.substr(i + 1, 2);
    auto high = digits.size() == 2 ? digit_value(digits[0]) : -1;
    auto low = digits.size() == 2 ? digit_value(digits[1]) : -1;
    if (high < 0 || low < 0)
      return refuse(fmt::format("{} is not a percent escape",
                                troupe::quoted(text.substr(i, 3))));
    auto value = static_cast<char>(high * 16 + low);
    if (!may_be_escaped(value, mode))
      return refuse(fmt::format("the percent escape {} is not allowed in a "
                                "host name",
                                troupe::quoted(text.substr(i, 3))));
    decoded += value;
    i += 2;
  }
  return decoded;
}

/// Decodes `text` into `out`.
failure unescape_to(std::string& out, std::string_view text, decode_mode mode) {
  auto decoded = unescape(text, mode);
  if (!decoded)
    return decoded.error();
  out = *std::move(decoded);
  return {};
}

// -- parts --------------------------------------------------------------------

/// Takes the scheme off the front of `rest`. Text without scheme is fine;
/// nothing before the colon is not.
failure take_scheme(std::string_view& rest, std::string& scheme) {
  for (size_t i = 0; i < rest.size(); ++i) {
    auto c = rest[i];
    if (c == ':') {
      if (i == 0)
        return refuse("there is no protocol in front of ':'");
      scheme = rest.substr(0, i);
      for (auto& letter : scheme)
        if (letter >= 'A' && letter <= 'Z')
          letter = static_cast<char>(letter - 'A' + 'a');
      rest.remove_prefix(i + 1);
      return {};
    }
    if (!is_letter(c) && (i == 0 || !(is_digit(c) || is_one_of(c, "+-."))))
      return {};
  }
  return {};
}

failure parse_user(std::string_view text, url& out) {
  for (size_t i = 0; i < text.size(); ++i)
    if (!is_plain(text[i]) && !is_one_of(text[i], ":!$&'()*+,;=%@"))
      return refuse(fmt::format("{} cannot be part of a node ID",
                                troupe::quoted(text.substr(i, 1))));
  auto colon = text.find(':');
  if (colon != npos)
    if (auto password = unescape(text.substr(colon + 1), decode_mode::any);
        !password)
      return password.error();
  return unescape_to(out.user.emplace(), text.substr(0, colon),
                     decode_mode::any);
}

/// Takes `:PORT` off the end of `text`; text without colon is fine.
failure take_port(std::string_view& text, std::string& port) {
  auto colon = text.rfind(':');
  if (colon == npos)
    return {};
  auto digits = text.substr(colon + 1);
  if (!std::all_of(digits.begin(), digits.end(), is_digit))
    return refuse(
        fmt::format("port {} is not a number", troupe::quoted(digits)));
  port = digits;
  text.remove_suffix(text.size() - colon);
  return {};
}

/// Parses `[ADDRESS]`, `[ADDRESS%25ZONE]`, and a port behind it.
failure parse_bracketed(std::string_view text, url& out) {
  out.bracketed = true;
  auto bracket = text.rfind(']');
  if (bracket == npos)
    return refuse("there is no ']' after '['");
  auto inside = text.substr(1, bracket - 1);
  auto behind = text.substr(bracket + 1);
  if (!behind.empty() && behind[0] != ':')
    return refuse(
        fmt::format("{} after ']' is not a port", troupe::quoted(behind)));
  if (auto bad = take_port(behind, out.port); bad.code != errc::none)
    return bad;
  auto percent = inside.find("%25");
  if (auto bad
      = unescape_to(out.host, inside.substr(0, percent), decode_mode::host);
      bad.code != errc::none || percent == npos)
    return bad;
  auto zone = unescape(inside.substr(percent), decode_mode::zone);
  if (!zone)
    return zone.error();
  out.host += *zone;
  return {};
}

failure parse_host(std::string_view text, url& out) {
  if (!text.empty() && text[0] == '[')
    return parse_bracketed(text, out);
  if (auto bad = take_port(text, out.port); bad.code != errc::none)
    return bad;
  return unescape_to(out.host, text, decode_mode::host);
}

failure parse_authority(std::string_view text, url& out) {
  auto at = text.rfind('@');
  if (at == npos)
    return parse_host(text, out);
  if (auto bad = parse_user(text.substr(0, at), out); bad.code != errc::none)
    return bad;
  return parse_host(text.substr(at + 1), out);
}

/// Parses what stands between the scheme and the query.
failure parse_hierarchy(std::string_view text, url& out) {
  if (!text.starts_with('/')) {
    if (!out.scheme.empty()) {
      out.opaque = text;
      return {};
    }
    // RFC 3986, 3.3: it would be mistaken for a scheme.
    if (text.substr(0, text.find('/')).find(':') != npos)
      return refuse("what stands before ':' is not a protocol");
  }
  auto has_authority = text.starts_with("//")
                       && (!out.scheme.empty() || !text.starts_with("///"));
  if (has_authority) {
    text.remove_prefix(2);
    auto slash = std::min(text.find('/'), text.size());
    if (auto bad = parse_authority(text.substr(0, slash), out);
        bad.code != errc::none)
      return bad;
    text.remove_prefix(slash);
  }
  return unescape_to(out.path, text, decode_mode::any);
}

/// Cuts `text` at the first `separator` and returns what stands behind it.
std::string_view cut(std::string_view& text, char separator) {
  auto pos = text.find(separator);
  if (pos == npos)
    return {};
  auto behind = text.substr(pos + 1);
  text = text.substr(0, pos);
  return behind;
}

} // namespace

result<url> url::parse(std::string_view text) {
  auto fragment = cut(text, '#');
  auto is_control = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  };
  if (std::any_of(text.begin(), text.end(), is_control))
    return refuse("it has a control character");
  url out;
  if (auto bad = take_scheme(text, out.scheme); bad.code != errc::none)
    return bad;
  out.query = cut(text, '?');
  if (auto bad = parse_hierarchy(text, out); bad.code != errc::none)
    return bad;
  if (auto bad = unescape_to(out.fragment, fragment, decode_mode::any);
      bad.code != errc::none)
    return bad;
  return out;
}

std::string escape(std::string_view text, url_part part) {
  std::string result;
  for (auto c : text) {
    auto plain = part == url_part::host
                     ? is_host_char(c)
                     : is_plain(c) || is_one_of(c, "$&+,/:;=@");
    if (plain)
      result += c;
    else
      fmt::format_to(std::back_inserter(result), "%{:02X}",
                     static_cast<unsigned char>(c));
  }
  return result;
}

} // namespace troupe
