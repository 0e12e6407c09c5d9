// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "troupe/messages/ip_address.hpp"
#include "troupe/messages/result.hpp"

namespace troupe {

/// Most addresses of one host.
inline constexpr size_t addresses_max = 16;

/// Looks up host names for one caller, without blocking it. `ares_names` asks
/// the network; the harness has a simulated one.
class name_service {
public:
  using answer = result<std::vector<ip_address>>;

  virtual ~name_service() = default;

  /// Begins a lookup.
  /// @param number what `cancel` calls the lookup.
  /// @param done gets at most `addresses_max` addresses, at least one, in the
  ///             order of preference, or `unknown_host`. Called once, on
  ///             whatever thread, perhaps before this returns; at the latest
  ///             when the service has given up.
  virtual void start(uint64_t number, const std::string& host,
                     std::function<void(answer)> done)
      = 0;

  /// Gives a lookup up. Its answer may be on its way already.
  virtual void cancel(uint64_t number) = 0;
};

} // namespace troupe
