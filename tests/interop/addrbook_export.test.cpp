// SPDX-License-Identifier: Apache-2.0
//
// An `addrbook.json` that we have written, in the hands of CometBFT's own book.
#include <fstream>
#include <map>
#include <string>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "output_of.hpp"
#include "peer_process.hpp"
#include "temp_folder.hpp"

using namespace troupe::test;

namespace {

using json = peer_process::json;

/// A home whose node knows those addresses, `ID@HOST:PORT` on a line.
struct home {
  explicit home(const std::string& lines) {
    output_of(troupe + " init --home " + path + " --network troupe-interop");
    std::ofstream{folder / "list"} << lines;
    output_of(troupe + " peers --home " + path + " --import "
              + (folder / "list"));
  }

  /// What CometBFT makes of what we export.
  json in_cometbft(const std::string& more = "") {
    output_of(troupe + " peers --home " + path + " --export " + file);
    return json::parse(output_of(interop_program("cometbft-addrbook")
                                 + " -load " + file + more + " < /dev/null"));
  }

  temp_folder folder;
  std::string troupe = environment("TROUPE_COMMAND");
  std::string path = folder / "home";
  std::string file = folder / "addrbook.json";
};

std::string numbered(uint32_t number, const std::string& host) {
  return fmt::format("{:040x}@{}:26656\n", number + 1, host);
}

} // namespace

TEST_CASE(
    "CometBFT reads an address book of ours, tells of the peers in it and "
    "dials them") {
  std::string lines;
  for (uint32_t i = 0; i < 60; ++i)
    lines += numbered(i, fmt::format("{}.7.1.{}", 30 + i % 20, 1 + i / 20));
  lines += numbered(60, "[2a00:1450::1]");
  home ours{lines};
  const auto book = ours.in_cometbft();
  CHECK(book.at("size") == 61);
  CHECK(book.at("new") == 61);
  CHECK(book.at("old") == 0);
  CHECK(book.at("groups").size() == 21);
  CHECK(book.at("groups").at("30.7.0.0/16") == 3);
  // It finds its way in it: most of its buckets are empty, and those that are
  // not are where it looks.
  CHECK(book.at("new_places") == 61);
  CHECK(book.at("new_buckets") > 10);
  CHECK(book.at("picks").at("count").get<int>() > 0);
  CHECK(book.at("picks").at("groups").size() == 21);
  CHECK(book.at("selection").at("groups").size() == 21);
}

TEST_CASE("an empty address book of ours is one of CometBFT's") {
  home ours{""};
  const auto book = ours.in_cometbft();
  CHECK(book.at("size") == 0);
  CHECK(book.at("picks").at("count") == 0);
}
