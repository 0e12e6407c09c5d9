// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "troupe/transport/admission/inbound_limits.hpp"

namespace troupe {

template <class Inspector>
bool inspect(Inspector& f, rate_limit& x) {
  return f.object(x).fields(f.field("per_second", x.per_second),
                            f.field("burst", x.burst));
}

template <class Inspector>
bool inspect(Inspector& f, subnet_size& x) {
  return f.object(x).fields(f.field("bits_v4", x.bits_v4),
                            f.field("bits_v6", x.bits_v6));
}

template <class Inspector>
bool inspect(Inspector& f, subnet_scope& x) {
  auto get = [&x] { return static_cast<uint8_t>(x); };
  auto set = [&x](uint8_t value) {
    x = static_cast<subnet_scope>(value);
    return value <= static_cast<uint8_t>(subnet_scope::all);
  };
  return f.apply(get, set);
}

template <class Inspector>
bool inspect(Inspector& f, inbound_limits& x) {
  return f.object(x).fields(
      f.field("max_per_ip", x.max_per_ip),
      f.field("max_per_subnet", x.max_per_subnet), f.field("subnet", x.subnet),
      f.field("subnet_limits", x.subnet_limits), f.field("ip_rate", x.ip_rate),
      f.field("subnet_rate", x.subnet_rate),
      f.field("total_rate", x.total_rate),
      f.field("tracked_max", x.tracked_max),
      f.field("max_accepted", x.max_accepted), f.field("exempt", x.exempt));
}

} // namespace troupe
