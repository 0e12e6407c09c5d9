// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "troupe/messages/result.hpp"
#include "troupe/messages/time.hpp"

namespace troupe::command {

/// Asks a running node over its control socket, with libcurl. README.md of
/// `actors/operator` has what can be asked.
class node_client {
public:
  /// @param timeout for a whole answer.
  node_client(std::filesystem::path socket, duration timeout);

  /// Sends a request.
  /// @param body a JSON object, or nothing.
  /// @returns the body of the answer; or why there is none:
  /// `connection_refused`
  ///          if nobody is there, `timeout`, `connection_closed` if somebody
  ///          else than a node is there; or the code that the node answered.
  ///          The context is for humans.
  [[nodiscard]] result<std::string> send(const std::string& method,
                                         const std::string& target,
                                         const std::string& body = {}) const;

private:
  std::filesystem::path socket_;
  duration timeout_;
};

} // namespace troupe::command
