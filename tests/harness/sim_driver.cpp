// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_driver.hpp"
