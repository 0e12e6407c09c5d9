// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "troupe/messages/errc.hpp"
#include "troupe/proto/pex.pb.h"

int main() {
  std::cout << to_string(troupe::errc::malformed_message) << '\n';
}
