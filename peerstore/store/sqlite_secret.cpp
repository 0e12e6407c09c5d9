// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/store/sqlite_secret.hpp"

#include <fmt/format.h>

namespace troupe {

failure read_secret(sqlite_database& db, std::string& out,
                    problem_list& problems) {
  auto row = db.prepare("SELECT secret FROM book LIMIT 1");
  if (!row)
    return row.error();
  auto more = row->step();
  if (!more)
    return more.error();
  if (!*more)
    return {};
  auto text = row->text(0).value_or("");
  if (is_stored_secret(text))
    out = text;
  else
    problems.add("bad secret of the book: peers find other places in it");
  return {};
}

failure write_secret(sqlite_database& db, const std::string& secret) {
  // Nothing but digits, as `validate` has seen.
  return db.execute(fmt::format("DELETE FROM book;"
                                "INSERT INTO book VALUES('{}')",
                                secret));
}

} // namespace troupe
