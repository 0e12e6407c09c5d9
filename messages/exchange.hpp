// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace troupe {

/// A message that asks and one that answers it, by the names of their types: in
/// a wrapper, those of its members. A question may have answers of several
/// types, an exchange each.
struct exchange {
  /// Type of the question, `PexRequest` or with its package.
  std::string request = {};

  /// Type of the answer, another one than that of any question.
  std::string answer = {};

  /// The field of the question that comes back in the answer, an integer, text,
  /// bytes or a truth value, of a message within if need be: `header.height`.
  /// Empty: there is none, and a peer is asked one question of this type at a
  /// time.
  std::string request_key = {};

  /// The field of the answer that has the same value.
  std::string answer_key = {};

  friend bool operator==(const exchange&, const exchange&) = default;
};

template <class Inspector>
bool inspect(Inspector& f, exchange& x) {
  return f.object(x).fields(f.field("request", x.request),
                            f.field("answer", x.answer),
                            f.field("request_key", x.request_key),
                            f.field("answer_key", x.answer_key));
}

} // namespace troupe
