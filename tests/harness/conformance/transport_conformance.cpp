// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/conformance/transport_conformance.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "troupe/tests/harness/conformance/checks.hpp"

namespace troupe::testing {

namespace conformance {

node_pair::node_pair(transport_subject& what)
  : subject(what),
    sys(what.system()),
    a(sys, 1, what.spawn(key_of(1))),
    b(sys, 2, what.spawn(key_of(2))) {
  auto found = b.listen(what.where(b.key.id()));
  if (!found)
    throw conformance_failure{
        fmt::format("it does not listen: {}", to_string(b.error))};
  address = *std::move(found);
}

connection_pair node_pair::connected() {
  return connect(a, b, address);
}

connection_pair
node_pair::established(std::vector<channel_descriptor> channels) {
  return establish(a, b, address, std::move(channels));
}

} // namespace conformance

std::vector<transport_check> transport_checks() {
  std::vector<transport_check> all;
  for (auto part : {conformance::dialing_checks, conformance::handshake_checks,
                    conformance::message_checks, conformance::window_checks})
    std::ranges::move(part(), std::back_inserter(all));
  return all;
}

std::vector<std::string>
check_transport(const transport_subject_factory& make) {
  std::vector<std::string> problems;
  for (const auto& check : transport_checks())
    try {
      auto subject = make();
      check.run(*subject);
    } catch (const std::exception& problem) {
      problems.push_back(fmt::format("{}: {}", check.name, problem.what()));
    }
  return problems;
}

} // namespace troupe::testing
