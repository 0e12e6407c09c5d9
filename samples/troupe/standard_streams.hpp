// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace troupe::command {

/// Makes sure that descriptors 0, 1 and 2 are open, so that no file or socket
/// of ours gets one of these numbers and with it what is printed. Who reads or
/// writes what was closed is still refused. Comes before anything else.
/// @returns false if that cannot be had.
bool open_standard_streams();

/// Takes standard output for the caller alone: what anybody else prints there
/// from then on goes to standard error.
/// @returns a descriptor.
int take_output();

/// A second way to standard error.
/// @returns a descriptor.
int take_errors();

} // namespace troupe::command
