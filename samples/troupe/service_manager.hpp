// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace troupe::command {

// What systemd hears of a service of type `notify`, over the socket that it
// names in the environment. Without one, and where we are built without its
// library, nothing happens.

/// The service does its work.
/// @param status a line for `systemctl status`.
void tell_ready(const std::string& status);

/// It reads its configuration again; `tell_ready` follows.
void tell_reloading();

/// It is about to end.
void tell_stopping();

} // namespace troupe::command
