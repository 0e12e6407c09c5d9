// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <streambuf>

namespace troupe::command {

/// What `std::cout` writes through while it lives. Unlike the library's own, it
/// remembers why it could not.
class result_output : public std::streambuf {
public:
  result_output();

  result_output(const result_output&) = delete;

  result_output& operator=(const result_output&) = delete;

  ~result_output() override;

  /// Writes out what is left. Complains if that, or something before, did not
  /// reach standard output.
  /// @param status the exit status if all is well, or if it is bad already.
  /// @returns the exit status.
  int finish(int status);

private:
  int_type overflow(int_type c) override;

  int sync() override;

  std::streambuf* before_;
  std::array<char, 4096> area_ = {};
  int problem_ = 0;
};

} // namespace troupe::command
