// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/certificate_parts.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "troupe/transport/quic/der_reader.hpp"

namespace troupe {

namespace {

failure malformed(std::string what) {
  return {errc::malformed_handshake, "certificate: " + std::move(what)};
}

/// Reads decimal digits.
class digit_reader {
public:
  explicit digit_reader(byte_view text) : rest_(text) {}

  int number(size_t digits) {
    int result = 0;
    for (; digits > 0; --digits)
      result = result * 10 + digit();
    return result;
  }

  /// Whether all were digits, and nothing but a `Z` is left.
  [[nodiscard]] bool ended() const {
    return ok_ && rest_.size() == 1 && rest_[0] == std::byte{'Z'};
  }

private:
  int digit() {
    const auto value
        = rest_.empty() ? -1 : std::to_integer<int>(rest_[0]) - '0';
    ok_ = ok_ && value >= 0 && value <= 9;
    if (!ok_)
      return 0;
    rest_ = rest_.subspan(1);
    return value;
  }

  byte_view rest_;
  bool ok_ = true;
};

/// Reads a time, which has seconds and is of Greenwich (RFC 5280, 4.1.2.5).
/// Years of two digits are those from 1950 to 2049.
std::optional<int64_t> read_time(der_reader& in) {
  const auto tag = in.peek();
  if (tag != der_tag::utc_time && tag != der_tag::generalized_time)
    return std::nullopt;
  digit_reader text{in.read(tag)};
  auto year = text.number(tag == der_tag::utc_time ? 2 : 4);
  if (tag == der_tag::utc_time)
    year += year < 50 ? 2000 : 1900;
  const auto month = text.number(2);
  const auto day = text.number(2);
  const auto hour = text.number(2);
  const auto minute = text.number(2);
  const auto second = text.number(2);
  const auto date = std::chrono::year{year} / static_cast<unsigned>(month)
                    / static_cast<unsigned>(day);
  if (!text.ended() || !date.ok() || hour > 23 || minute > 59 || second > 59)
    return std::nullopt;
  const auto days = std::chrono::sys_days{date}.time_since_epoch().count();
  return ((int64_t{days} * 24 + hour) * 60 + minute) * 60 + second;
}

/// Reads a bit string of whole bytes.
byte_view read_bits(der_reader& in) {
  auto content = in.read(der_tag::bit_string);
  // The first byte counts the bits that are missing at the end.
  return content.empty() || content[0] != std::byte{0} ? byte_view{}
                                                       : content.subspan(1);
}

/// Reads the content of libp2p's extension.
failure read_signed_key(byte_view value, certificate_parts& out) {
  der_reader all{value};
  der_reader parts{all.read(der_tag::sequence)};
  out.node_key = parts.read(der_tag::octet_string);
  out.node_signature = parts.read(der_tag::octet_string);
  if (!all.done() || !parts.done())
    return malformed("libp2p's extension holds no signed key");
  return {};
}

failure read_extension(der_reader& in, certificate_parts& out, bool& found) {
  der_reader parts{in.read(der_tag::sequence)};
  auto id = parts.read(der_tag::object_id);
  auto critical = false;
  if (parts.peek() == der_tag::boolean) {
    auto value = parts.read(der_tag::boolean);
    // False, the default, has no encoding.
    if (value.size() != 1 || value[0] != std::byte{0xff})
      return malformed("an extension is neither critical nor not");
    critical = true;
  }
  auto value = parts.read(der_tag::octet_string);
  if (!parts.done())
    return malformed("an extension is broken");
  if (!std::ranges::equal(id, key_extension_id))
    return critical ? malformed("an unknown extension is critical") : failure{};
  if (std::exchange(found, true))
    return malformed("libp2p's extension is there twice");
  return read_signed_key(value, out);
}

failure read_extensions(der_reader& in, certificate_parts& out) {
  der_reader wrapped{in.read(der_tag::explicit_part(3))};
  der_reader list{wrapped.read(der_tag::sequence)};
  auto found = false;
  while (list.peek() != 0)
    if (auto bad = read_extension(list, out, found); bad.code != errc::none)
      return bad;
  if (!list.ok() || !wrapped.done() || !in.done())
    return malformed("what stands behind its key is broken");
  return found ? failure{} : malformed("libp2p's extension is missing");
}

failure read_validity(der_reader& in, certificate_parts& out) {
  der_reader times{in.read(der_tag::sequence)};
  auto from = read_time(times);
  auto to = read_time(times);
  if (!from || !to || !times.done())
    return malformed("the times of its validity are broken");
  out.not_before = *from;
  out.not_after = *to;
  return {};
}

/// Reads what the certificate's signature is about.
failure read_signed_part(byte_view content, certificate_parts& out) {
  der_reader in{content};
  der_reader version{in.read(der_tag::explicit_part(0))};
  auto number = version.read(der_tag::integer);
  if (!version.done() || number.size() != 1 || number[0] != std::byte{2})
    return malformed("it is not of version 3");
  in.read(der_tag::integer); // Serial number.
  if (!std::ranges::equal(in.read(der_tag::sequence), out.algorithm))
    return malformed("it names two algorithms for its signature");
  in.read(der_tag::sequence); // Issuer.
  if (auto bad = read_validity(in, out); bad.code != errc::none)
    return bad;
  in.read(der_tag::sequence); // Subject.
  out.key_info = in.read_whole(der_tag::sequence);
  in.skip_if(der_tag::implicit_part(1)); // Unique IDs, which nobody uses.
  in.skip_if(der_tag::implicit_part(2));
  if (in.done())
    return malformed("it has no extensions");
  return read_extensions(in, out);
}

} // namespace

result<certificate_parts> split_certificate(byte_view certificate) {
  if (certificate.size() > max_certificate_size)
    return malformed("it is too long");
  certificate_parts result;
  der_reader all{certificate};
  der_reader outer{all.read(der_tag::sequence)};
  result.signed_part = outer.read_whole(der_tag::sequence);
  result.algorithm = outer.read(der_tag::sequence);
  result.signature = read_bits(outer);
  if (!all.done() || !outer.done() || result.signature.empty())
    return malformed("it is not a signed one, to its last byte");
  der_reader inner{result.signed_part};
  auto bad = read_signed_part(inner.read(der_tag::sequence), result);
  if (bad.code != errc::none)
    return bad;
  return result;
}

} // namespace troupe
