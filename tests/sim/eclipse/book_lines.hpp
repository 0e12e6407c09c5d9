// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <iosfwd>

namespace troupe::eclipse {

/// What a model of CometBFT's book is asked on a command line.
struct book_questions {
  size_t books = 1;
  size_t selections = 100;
  size_t picks = 1000;
  int bias = 10;
  uint64_t seed = 1;
};

/// Does what `cometbft-addrbook` does (tests/interop), with the model: reads
/// lines `add ID@IP:PORT from ID@IP:PORT`, `good ID`, `attempt ID` and
/// `remove ID`, and writes a JSON object for each book, so that the two can be
/// compared.
/// @returns whether all lines could be read.
bool answer_lines(std::istream& in, std::ostream& out,
                  const book_questions& what);

} // namespace troupe::eclipse
