// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "troupe/messages/errc.hpp"

namespace troupe {

/// Does a handshake of this process with itself, the first time it is called:
/// what any peer needs of the libraries of this machine. Some are configured to
/// refuse algorithms (libcrypto in FIPS mode), and then no peer could prove who
/// it is, and each would seem to be at fault. It also has all that code in
/// memory before the first peer comes.
/// @returns `broken_cryptography`, and what fails; or `none`.
/// @throws std::bad_alloc and tries again the next time.
const failure& check_handshake();

} // namespace troupe
