// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/pex/pex_wire.hpp"

#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "troupe/messages/ip_address.hpp"
#include "troupe/messages/is_troupe.hpp"
#include "troupe/messages/protocol_name.hpp"
#include "troupe/messages/quoted.hpp"

namespace troupe {

namespace {

/// The port of an address that names none.
constexpr uint16_t default_port = 26656;

constexpr uint32_t port_max = 65535;

/// What a field of a list takes besides its content: a tag and a length.
constexpr size_t field_overhead = 4;

failure violation(int index, std::string what) {
  return {errc::malformed_message,
          fmt::format("address {} of the list: {}", index, what)};
}

failure too_many(int size) {
  return {errc::malformed_message,
          fmt::format("the list has {} addresses, expected at most {}", size,
                      pex_accept_max)};
}

bool is_too_long(int size) {
  return size > static_cast<int>(pex_accept_max);
}

/// The address in the legacy dialect, if there is one.
std::optional<p2p::PexAddress> to_legacy(const node_address& address) {
  const auto ip = ip_address::parse(address.hostname);
  if (!is_tcp_protocol(address.protocol) || !address.id || !ip)
    return std::nullopt;
  p2p::PexAddress result;
  result.set_id(to_string(address.id));
  result.set_ip(to_string(*ip));
  result.set_port(address.port != 0 ? address.port : default_port);
  return result;
}

std::optional<p2p::PexAddressV2> to_url(const node_address& address) {
  if (validate(address).code != errc::none)
    return std::nullopt;
  p2p::PexAddressV2 result;
  result.set_url(to_string(address));
  return result;
}

/// Appends what `convert` makes of the addresses, within the limits.
template <class List, class Convert>
void fill(List& list, std::span<const node_address> from, Convert convert) {
  size_t left = pex_send_bytes_max - field_overhead;
  for (const auto& address : from) {
    if (list.addresses_size() >= static_cast<int>(pex_send_max))
      return;
    auto entry = convert(address);
    if (!entry)
      continue;
    const auto size = entry->ByteSizeLong() + field_overhead;
    // A shorter one may still fit.
    if (size > left)
      continue;
    left -= size;
    *list.add_addresses() = std::move(*entry);
  }
}

} // namespace

pex_dialect pex_dialect_of(std::string_view version) {
  if (is_troupe(version))
    return pex_dialect::urls;
  if (version.starts_with('v'))
    version.remove_prefix(1);
  return is_release(version, "0.35") ? pex_dialect::urls : pex_dialect::legacy;
}

result<pex_list> read_pex(const p2p::PexResponse& list) {
  if (is_too_long(list.addresses_size()))
    return too_many(list.addresses_size());
  pex_list read;
  for (int i = 0; i < list.addresses_size(); ++i) {
    const auto& entry = list.addresses(i);
    const auto ip = ip_address::parse(entry.ip());
    if (!ip)
      return violation(i, fmt::format("{} is not an IP address",
                                      troupe::quoted(entry.ip())));
    if (entry.port() > port_max)
      return violation(i, fmt::format("port {} is above 65535", entry.port()));
    const auto id = node_id::parse_any_case(entry.id());
    // Nobody can be dialed at port 0, which means the default elsewhere.
    if (!id || entry.port() == 0) {
      ++read.skipped;
      continue;
    }
    read.addresses.push_back(
        {.protocol = std::string{node_address::default_protocol},
         .id = *id,
         .hostname = to_string(*ip),
         .port = static_cast<uint16_t>(entry.port())});
  }
  return read;
}

result<pex_list> read_pex(const p2p::PexResponseV2& list) {
  if (is_too_long(list.addresses_size()))
    return too_many(list.addresses_size());
  pex_list read;
  for (const auto& entry : list.addresses()) {
    if (auto address = node_address::parse(entry.url()))
      read.addresses.push_back(*std::move(address));
    else
      ++read.skipped;
  }
  return read;
}

p2p::PexMessage make_pex_request(pex_dialect how) {
  p2p::PexMessage result;
  if (how == pex_dialect::urls)
    result.mutable_pex_request_v2();
  else
    result.mutable_pex_request();
  return result;
}

p2p::PexMessage make_pex_response(pex_dialect how,
                                  std::span<const node_address> addresses) {
  p2p::PexMessage result;
  if (how == pex_dialect::urls)
    fill(*result.mutable_pex_response_v2(), addresses, to_url);
  else
    fill(*result.mutable_pex_response(), addresses, to_legacy);
  return result;
}

} // namespace troupe
