// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "troupe/messages/bytes.hpp"

namespace troupe {

/// The one seam through which random numbers enter: keys, jitter, choices.
/// Production uses `system_entropy`; simulations inject a generator that is a
/// function of their seed. A component takes a reference and never makes one
/// of its own.
class entropy {
public:
  virtual ~entropy() = default;

  /// Overwrites all of `out` with random bytes.
  virtual void fill(byte_span out) = 0;

  /// Returns a uniformly distributed number in `[0, bound)`; 0 if `bound` is
  /// 0.
  uint64_t below(uint64_t bound);
};

/// The operating system's cryptographic generator.
class system_entropy final : public entropy {
public:
  void fill(byte_span out) override;
};

} // namespace troupe
