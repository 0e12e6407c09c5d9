// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/service_manager.hpp"

#ifdef TROUPE_HAVE_SYSTEMD

#  include <chrono>

#  include <fmt/format.h>
#  include <systemd/sd-daemon.h>

namespace troupe::command {

namespace {

void tell(const std::string& what) {
  // Who cannot be told anything is no reason to end.
  sd_notify(0, what.c_str());
}

} // namespace

void tell_ready(const std::string& status) {
  tell(fmt::format("READY=1\nSTATUS={}", status));
}

void tell_reloading() {
  using std::chrono::microseconds;
  const auto now = std::chrono::duration_cast<microseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
  tell(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.count()));
}

void tell_stopping() {
  tell("STOPPING=1");
}

} // namespace troupe::command

#else

namespace troupe::command {

void tell_ready(const std::string&) {}

void tell_reloading() {}

void tell_stopping() {}

} // namespace troupe::command

#endif
