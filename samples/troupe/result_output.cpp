// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/result_output.hpp"

#include <cerrno>
#include <iostream>
#include <string_view>
#include <system_error>

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "troupe/samples/troupe/commands.hpp"

namespace troupe::command {

namespace {

/// @returns 0, or why not all of it got out.
int write_all(std::string_view text) {
  while (!text.empty()) {
    const auto count = ::write(STDOUT_FILENO, text.data(), text.size());
    if (count >= 0) {
      text.remove_prefix(static_cast<size_t>(count));
    } else if (errno == EAGAIN) {
      // Whoever started us has made it so.
      auto what = pollfd{STDOUT_FILENO, POLLOUT, 0};
      ::poll(&what, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

} // namespace

result_output::result_output() : before_(std::cout.rdbuf(this)) {
  setp(area_.data(), area_.data() + area_.size());
}

result_output::~result_output() {
  std::cout.rdbuf(before_);
}

result_output::int_type result_output::overflow(int_type c) {
  if (sync() != 0)
    return traits_type::eof();
  if (!traits_type::eq_int_type(c, traits_type::eof()))
    sputc(traits_type::to_char_type(c));
  return traits_type::not_eof(c);
}

int result_output::sync() {
  const auto size = static_cast<size_t>(pptr() - pbase());
  setp(area_.data(), area_.data() + area_.size());
  if (problem_ == 0)
    problem_ = write_all({area_.data(), size});
  return problem_ == 0 ? 0 : -1;
}

int result_output::finish(int status) {
  std::cout.flush();
  if (sync(); problem_ == 0)
    return status;
  complain(failed, fmt::format("standard output: {}",
                               std::generic_category().message(problem_)));
  return status != success ? status : failed;
}

} // namespace troupe::command
