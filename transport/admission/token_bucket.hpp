// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>

#include "troupe/messages/time.hpp"
#include "troupe/transport/admission/rate_limit.hpp"

namespace troupe {

/// What is left of a `rate_limit`: full to begin with, a token the less for
/// each event, and a new one every now and then. The limit is an argument, as
/// it may change, and many buckets share one.
class token_bucket {
public:
  token_bucket(double tokens, time_point now) : tokens_(tokens), at_(now) {}

  /// Tokens that are there; not below 0, at most `limit.burst`.
  [[nodiscard]] double level(const rate_limit& limit, time_point now) const {
    return std::clamp(tokens_ + seconds_since(now) * limit.per_second, 0.0,
                      limit.burst);
  }

  /// Tokens that were taken of late, roughly within the time that it takes to
  /// fill the bucket. Unlike the level, it tells apart who takes little and who
  /// takes just so much that the bucket stays full.
  [[nodiscard]] double recent(const rate_limit& limit, time_point now) const {
    return recent_ * std::exp(-seconds_since(now) / memory(limit));
  }

  /// Takes a token that is there.
  void take(const rate_limit& limit, time_point now) {
    tokens_ = std::max(level(limit, now) - 1, 0.0);
    recent_ = recent(limit, now) + 1;
    at_ = now;
  }

  /// When the bucket will be as good as new.
  [[nodiscard]] time_point forgotten_at(const rate_limit& limit) const {
    const auto filling
        = std::max(limit.burst - tokens_, 0.0) / limit.per_second;
    const auto fading = memory(limit) * std::log(std::max(recent_, 1.0));
    // Rounded up: at that time it really is.
    return at_
           + std::chrono::ceil<duration>(
               std::chrono::duration<double>{std::max(filling, fading)});
  }

private:
  /// Seconds within which most of what was taken is forgotten.
  static double memory(const rate_limit& limit) {
    return limit.burst / limit.per_second;
  }

  [[nodiscard]] double seconds_since(time_point now) const {
    return std::max(std::chrono::duration<double>{now - at_}.count(), 0.0);
  }

  double tokens_;
  double recent_ = 0;
  time_point at_;
};

} // namespace troupe
