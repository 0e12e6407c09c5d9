// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace troupe {

/// How peers write addresses.
enum class pex_dialect : uint8_t {
  /// ID, IP address and port: `PexRequest` and `PexResponse`. Everybody
  /// understands it, and can name only peers with an IP address and TCP.
  legacy,
  /// URLs, `PexRequestV2` and `PexResponseV2`. Understood by Tendermint 0.35
  /// and by us; others hang up on who uses it.
  urls,
};

} // namespace troupe
