// SPDX-License-Identifier: Apache-2.0
//
// What `qos_actor` needs of CAF's inside, for the CAF at hand.
#pragma once

#include <caf/config.hpp>

#if CAF_MAJOR_VERSION >= 1
#  include "troupe/actors/qos/scheduled_steps_1.hpp"
#else
#  include "troupe/actors/qos/scheduled_steps_0.hpp"
#endif
