// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/byzantine.hpp"

#include <fmt/format.h>

#include "troupe/tests/harness/duration_code.hpp"
#include "troupe/tests/harness/message_tap.hpp"

namespace troupe::testing {

namespace {

fault habit_of(size_t node, std::string name, misconduct::habit what) {
  fault result{fmt::format("node-{} {}", node, name),
               [node, what = std::move(what)](network& net) {
                 net.messages().senders().add(node, what);
               }};
  result.nodes = {node};
  return result;
}

} // namespace

fault lie(size_t node, std::string what, message_choice which,
          std::function<bytes(const app_message&)> instead) {
  return habit_of(node, "lies about " + what,
                  {.what = misconduct::action::lie,
                   .which = std::move(which),
                   .instead = std::move(instead)});
}

fault withhold(size_t node, std::string what, message_choice which) {
  return habit_of(
      node, "withholds " + what,
      {.what = misconduct::action::withhold, .which = std::move(which)});
}

fault dawdle(size_t node, std::string what, message_choice which,
             duration wait) {
  return habit_of(node, "sends " + what + " later by " + duration_code(wait),
                  {.what = misconduct::action::delay,
                   .which = std::move(which),
                   .wait = wait});
}

fault replay(size_t node, std::string what, message_choice which,
             duration wait) {
  return habit_of(node, "replays " + what + " after " + duration_code(wait),
                  {.what = misconduct::action::replay,
                   .which = std::move(which),
                   .wait = wait});
}

fault flood(size_t node, std::string what, message_choice which, size_t times) {
  return habit_of(node, fmt::format("sends {} {} times", what, times),
                  {.what = misconduct::action::flood,
                   .which = std::move(which),
                   .times = times});
}

fault reform(size_t node) {
  fault result{fmt::format("reform {}", node),
               [node](network& net) { net.messages().senders().reform(node); },
               fmt::format("reform({})", node)};
  result.nodes = {node};
  return result;
}

size_t add_twin(network& net, size_t of) {
  const auto number = net.size();
  net.add_nodes(1, [&net, of](size_t, node_options& options) {
    options.key = net.options(of).key;
  });
  return number;
}

} // namespace troupe::testing
