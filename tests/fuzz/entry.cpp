// SPDX-License-Identifier: Apache-2.0

// What libFuzzer calls.
#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  troupe::fuzz::run(std::as_bytes(std::span{data, size}));
  return 0;
}
