// SPDX-License-Identifier: Apache-2.0
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

namespace troupe::test {

extern const char* const data_dir;

const char* const data_dir = TROUPE_TEST_DATA_DIR;

} // namespace troupe::test
