// SPDX-License-Identifier: Apache-2.0
#include "book_lines.hpp"

#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cometbft_book.hpp"
#include "troupe/messages/node_address.hpp"
#include "troupe/peerstore/book/address_group.hpp"

namespace troupe::eclipse {

namespace {

struct step {
  std::string verb;
  book_address what;
  book_address from;
};

bool read_address(const std::string& text, book_address& to) {
  auto parsed = node_address::parse(text);
  if (!parsed)
    return false;
  to = {to_string(parsed->id), text.substr(text.find('@') + 1),
        address_group(*parsed)};
  return true;
}

bool read_step(const std::string& line, step& to) {
  std::istringstream words{line};
  std::string what, from, source;
  words >> to.verb >> what >> from >> source;
  if (to.verb == "add")
    return from == "from" && read_address(what, to.what)
           && read_address(source, to.from);
  to.what.id = what;
  return to.verb == "good" || to.verb == "attempt" || to.verb == "remove";
}

std::string to_json(const std::map<std::string, size_t>& counts) {
  std::string result;
  for (const auto& [group, count] : counts)
    result
        += fmt::format("{}\"{}\":{}", result.empty() ? "" : ",", group, count);
  return "{" + result + "}";
}

struct choice {
  void add(const book_address& x) {
    ++count;
    ++groups[x.group];
  }

  [[nodiscard]] std::string json(size_t asked) const {
    return fmt::format(R"({{"asked":{},"count":{},"groups":{}}})", asked, count,
                       to_json(groups));
  }

  size_t count = 0;
  std::map<std::string, size_t> groups;
};

} // namespace

bool answer_lines(std::istream& in, std::ostream& out,
                  const book_questions& what) {
  std::vector<step> steps;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#')
      continue;
    if (!read_step(line, steps.emplace_back()))
      return false;
  }
  for (size_t i = 0; i < what.books; ++i) {
    cometbft_book book{what.seed + i};
    // The clock of the original has hardly moved meanwhile.
    for (const auto& x : steps) {
      if (x.verb == "add")
        book.add(x.what, x.from, 0);
      else if (x.verb == "good")
        book.good(x.what.id, 0);
      else if (x.verb == "attempt")
        book.attempt(x.what.id, 0);
      else
        book.remove(x.what.id);
    }
    choice selection, picks;
    for (size_t n = 0; n < what.selections; ++n)
      for (const auto& x : book.select())
        selection.add(x);
    for (size_t n = 0; n < what.picks; ++n)
      if (auto x = book.pick(what.bias))
        picks.add(*x);
    out << fmt::format(
        R"({{"event":"book","book":{},"size":{},"new":{},"old":{},)"
        R"("new_places":{},"new_buckets":{},"old_buckets":{},"groups":{},)"
        R"("old_groups":{},"selection":{},"picks":{}}})"
        "\n",
        i, book.size(), book.size() - book.old(), book.old(), book.places(),
        book.used(false), book.used(true), to_json(book.groups(false)),
        to_json(book.groups(true)), selection.json(what.selections),
        picks.json(what.picks));
  }
  return true;
}

} // namespace troupe::eclipse
