// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/nearest_name.hpp"

#include <string>

#include <doctest/doctest.h>

#include "troupe/samples/troupe/foreign_names.hpp"

using namespace troupe::command;

namespace {

const std::vector<std::string_view> names{"listen", "max-peers", "max-per-ip",
                                          "pex"};

} // namespace

TEST_CASE(
    "the nearest name has the fewest letters added, left out, replaced or "
    "swapped") {
  CHECK(nearest_name("listen", names) == "listen");
  CHECK(nearest_name("listne", names) == "listen");
  CHECK(nearest_name("liste", names) == "listen");
  CHECK(nearest_name("listenn", names) == "listen");
  CHECK(nearest_name("max-pers", names) == "max-peers");
  CHECK(nearest_name("maxperip", names) == "max-per-ip");
  CHECK(nearest_name("px", names) == "pex");
}

TEST_CASE("what is like nothing is answered with nothing") {
  for (std::string text : {"", "quux", "l", "peers-of-the-realm"})
    CHECK_MESSAGE(nearest_name(text, names).empty(), text);
  CHECK(nearest_name(std::string(100'000, 'x'), names).empty());
  CHECK(did_you_mean("quux", names).empty());
  CHECK(did_you_mean("listne", names, "--") == "; did you mean --listen?");
}

TEST_CASE("words of CometBFT without a counterpart have an answer") {
  CHECK(answer_to_foreign_option("p2p.addr-book-file")
        == answer_to_foreign_option("addr_book_file"));
  CHECK_FALSE(answer_to_foreign_option("addr_book_file").empty());
  CHECK_FALSE(
      answer_to_foreign_option("consensus.create_empty_blocks").empty());
  CHECK(answer_to_foreign_option("listen").empty());
  CHECK(answer_to_foreign_option("rpcx").empty());
  CHECK_FALSE(answer_to_foreign_command("unsafe_reset_all").empty());
  CHECK(answer_to_foreign_command("start").empty());
  CHECK_FALSE(answer_to_foreign_request("net_info").empty());
  CHECK(answer_to_foreign_request("unsafe_dial_seeds")
        == answer_to_foreign_request("dial-seeds"));
  CHECK(answer_to_foreign_request("list").empty());
}
