// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace troupe {

/// Whether a sanitizer watches the program: it has to see each use of memory,
/// all takes ten times as long, and the heap has no figures. GCC has macros
/// that say so, clang asks for features.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#elif defined(__has_feature)
inline constexpr bool sanitized
    = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
inline constexpr bool sanitized = false;
#endif

} // namespace troupe
