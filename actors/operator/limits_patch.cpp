// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/limits_patch.hpp"

#include <cmath>

#include <fmt/format.h>

#include "troupe/actors/operator/json_input.hpp"
#include "troupe/messages/quoted.hpp"
#include "troupe/transport/admission/rate_setting.hpp"

namespace troupe {

namespace {

using nlohmann::json;

bool read(const json& from, std::optional<size_t>& to) {
  if (!from.is_number_unsigned())
    return false;
  to = from.get<size_t>();
  return true;
}

bool read(const json& from, limits_patch::count& to) {
  if (from.is_null()) {
    to.emplace();
    return true;
  }
  std::optional<size_t> number;
  if (!read(from, number))
    return false;
  to = number;
  return true;
}

bool read(const json& from, limits_patch::rate& to) {
  if (from.is_null()) {
    to.emplace();
    return true;
  }
  if (!from.is_number() || !(from.get<double>() > 0)
      || !std::isfinite(from.get<double>()))
    return false;
  to = from.get<double>();
  return true;
}

bool read(const json& from, std::optional<subnet_scope>& to) {
  auto scope = subnet_scope::all;
  if (!from.is_string() || !from_string(from.get<std::string>(), scope))
    return false;
  to = scope;
  return true;
}

std::string_view values_of(std::string_view name) {
  if (name == "subnet_limits")
    return "\"public\" or \"all\"";
  if (name.ends_with("_rate"))
    return "a number above 0, or null";
  return "a number, or null for none where that is possible";
}

/// Reads one limit. @returns what is wrong, if anything.
std::string read(std::string_view name, const json& value, limits_patch& to) {
  auto known = true;
  auto good = false;
  if (name == "max_connected")
    good = read(value, to.max_connected);
  else if (name == "max_connected_upgrade")
    good = read(value, to.max_connected_upgrade);
  else if (name == "max_outgoing")
    good = read(value, to.max_outgoing);
  else if (name == "max_incoming")
    good = read(value, to.max_incoming);
  else if (name == "max_visitors")
    good = read(value, to.max_visitors);
  else if (name == "max_per_ip")
    good = read(value, to.max_per_ip);
  else if (name == "max_per_subnet")
    good = read(value, to.max_per_subnet);
  else if (name == "subnet_limits")
    good = read(value, to.subnet_limits);
  else if (name == "ip_rate")
    good = read(value, to.ip_rate);
  else if (name == "subnet_rate")
    good = read(value, to.subnet_rate);
  else if (name == "total_rate")
    good = read(value, to.total_rate);
  else
    known = false;
  if (!known)
    return fmt::format("{} is no limit that can be changed",
                       troupe::quoted(name));
  if (!good)
    return fmt::format("{} is {}, expected {}", name,
                       troupe::quoted(value.dump(
                           -1, ' ', true, json::error_handler_t::replace)),
                       values_of(name));
  return {};
}

} // namespace

result<limits_patch> limits_patch::parse(std::string_view json) {
  auto object = parse_json_object(json);
  if (!object)
    return object.error();
  limits_patch patch;
  for (const auto& [name, value] : object->items())
    if (auto bad = read(name, value, patch); !bad.empty())
      return {errc::invalid_option, std::move(bad)};
  return patch;
}

void limits_patch::apply(operator_limits& limits) const {
  auto& [connections, inbound] = limits;
  connections.max_connected = max_connected.value_or(connections.max_connected);
  connections.max_connected_upgrade
      = max_connected_upgrade.value_or(connections.max_connected_upgrade);
  connections.max_outgoing = max_outgoing.value_or(connections.max_outgoing);
  connections.max_incoming = max_incoming.value_or(connections.max_incoming);
  connections.max_visitors = max_visitors.value_or(connections.max_visitors);
  inbound.max_per_ip = max_per_ip.value_or(inbound.max_per_ip);
  inbound.max_per_subnet = max_per_subnet.value_or(inbound.max_per_subnet);
  inbound.subnet_limits = subnet_limits.value_or(inbound.subnet_limits);
  // The same number again changes nothing: a default may have another burst.
  if (ip_rate)
    set_rate(inbound.ip_rate, ip_rate->value_or(0));
  if (subnet_rate)
    set_rate(inbound.subnet_rate, subnet_rate->value_or(0));
  if (total_rate)
    set_rate(inbound.total_rate, total_rate->value_or(0));
}

} // namespace troupe
