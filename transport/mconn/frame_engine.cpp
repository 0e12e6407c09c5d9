// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/frame_engine.hpp"

#include <algorithm>

namespace troupe {

namespace {

bool always() {
  return true;
}

/// The fastest first, as far as that is known; what comes behind the first that
/// excels everywhere is only there for tests.
constexpr frame_engine_kind kinds[] = {
#ifdef TROUPE_HAVE_IPSEC_MB
    {"ipsec-mb", ipsec_engine_runs, ipsec_engine_excels, make_ipsec_engine},
#endif
#ifdef TROUPE_PREFER_BOTAN
    {"botan", always, always, make_botan_engine},
    {"openssl", always, always, make_openssl_engine},
#else
    {"openssl", always, always, make_openssl_engine},
    {"botan", always, always, make_botan_engine},
#endif
};

} // namespace

std::span<const frame_engine_kind> frame_engine_kinds() noexcept {
  return kinds;
}

const frame_engine_kind& best_frame_engine() {
  static const auto& best = *std::ranges::find_if(
      kinds, [](const frame_engine_kind& x) { return x.runs() && x.excels(); });
  return best;
}

} // namespace troupe
