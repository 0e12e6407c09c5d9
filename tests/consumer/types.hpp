// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <caf/type_id.hpp>

#include "troupe/messages/type_ids.hpp"

namespace consumer {

/// A type that a program had before it used Troupe.
struct greeting {
  std::string text;
};

template <class Inspector>
bool inspect(Inspector& f, greeting& x) {
  return f.object(x).fields(f.field("text", x.text));
}

/// A type whose number is behind those of Troupe.
struct farewell {
  std::string text;
};

template <class Inspector>
bool inspect(Inspector& f, farewell& x) {
  return f.object(x).fields(f.field("text", x.text));
}

} // namespace consumer

CAF_BEGIN_TYPE_ID_BLOCK(consumer_before, caf::first_custom_type_id)
CAF_ADD_TYPE_ID(consumer_before, (consumer::greeting))
CAF_END_TYPE_ID_BLOCK(consumer_before)

CAF_BEGIN_TYPE_ID_BLOCK(consumer_behind, troupe::next_type_id)
CAF_ADD_TYPE_ID(consumer_behind, (consumer::farewell))
CAF_ADD_ATOM(consumer_behind, consumer, offer_atom)
CAF_END_TYPE_ID_BLOCK(consumer_behind)
