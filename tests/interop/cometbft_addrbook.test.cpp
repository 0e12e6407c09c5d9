// SPDX-License-Identifier: Apache-2.0
//
// The model of CometBFT's address book, which simulations hold our rules
// against, beside the original: the same lines go into many books of both.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "peer_process.hpp"
#include "temp_folder.hpp"

using namespace troupe::test;

namespace {

using json = peer_process::json;

constexpr size_t books = 12;

/// Additions as they come from a network, some of them from attackers, whose
/// addresses all begin with 20.
class additions {
public:
  explicit additions(const std::string& file) : out_(file) {}

  /// An address somewhere in that many networks from 30.0.0.0/16 on.
  std::string honest(uint32_t networks) {
    const auto network = draw(networks);
    return address(30 + network / 256, network % 256);
  }

  std::string attacker(uint32_t networks) {
    return address(20, draw(networks));
  }

  void add(const std::string& address, const std::string& source) {
    out_ << "add " << address << " from " << source << '\n';
  }

  void say(const std::string& verb, const std::string& address) {
    out_ << verb << ' ' << address.substr(0, 40) << '\n';
  }

  uint32_t draw(uint32_t below) {
    return static_cast<uint32_t>(dice_() % below);
  }

private:
  std::string address(uint32_t first, uint32_t second) {
    return fmt::format("{:040x}@{}.{}.{}.{}:26656", ++last_id_, first, second,
                       draw(256), 1 + draw(254));
  }

  std::ofstream out_;
  std::mt19937_64 dice_{7};
  uint64_t last_id_ = 0;
};

/// A figure of many books.
struct figure {
  double mean = 0;
  double variance = 0;
};

using figures = std::map<std::string, figure>;

/// Which part of what was chosen is the attackers'.
double their_share(const json& choice) {
  double theirs = 0;
  for (const auto& [group, count] : choice.at("groups").items())
    if (group.rfind("20.", 0) == 0)
      theirs += count.get<double>();
  return theirs / std::max(choice.at("count").get<double>(), 1.0);
}

figures ask(const std::string& command, const std::string& file) {
  peer_process process{"/bin/sh",
                       {"-c", fmt::format("exec {} < {}", command, file)}};
  std::map<std::string, std::vector<double>> all;
  for (size_t i = 0; i < books; ++i) {
    const auto book = process.wait_for("book");
    for (const auto* name :
         {"size", "new", "old", "new_places", "new_buckets", "old_buckets"})
      all[name].push_back(book.at(name));
    all["networks"].push_back(static_cast<double>(book.at("groups").size()));
    all["share of what is told"].push_back(their_share(book.at("selection")));
    all["share of what is dialed"].push_back(their_share(book.at("picks")));
  }
  CHECK(process.wait_for_exit() == 0);
  figures result;
  for (const auto& [name, values] : all) {
    figure sum;
    for (auto x : values)
      sum.mean += x / books;
    for (auto x : values)
      sum.variance += (x - sum.mean) * (x - sum.mean) / (books - 1);
    result[name] = sum;
  }
  return result;
}

/// Lets both do what `write` says and checks that they look alike.
void compare(const std::function<void(additions&)>& write) {
  temp_folder folder;
  const auto file = folder / "lines";
  {
    additions lines{file};
    write(lines);
  }
  const auto theirs = ask(interop_program("cometbft-addrbook")
                              + fmt::format(" -books {} -selections 20"
                                            " -picks 500 -bias 30",
                                            books),
                          file);
  const auto ours = ask(environment("TROUPE_ECLIPSE")
                            + fmt::format(" --book --books {} --selections 20"
                                          " --picks 500 --bias 30",
                                          books),
                        file);
  for (const auto& [name, original] : theirs) {
    const auto& model = ours.at(name);
    CAPTURE(name);
    CAPTURE(original.mean);
    CAPTURE(model.mean);
    // Both are drawn by lot. Five times the error of the difference is once in
    // a million.
    const auto error = std::sqrt((original.variance + model.variance) / books);
    CHECK(std::abs(original.mean - model.mean)
          <= 5 * error + 0.01 * original.mean);
  }
}

} // namespace

TEST_CASE("the model of CometBFT's book is like it where addresses come from "
          "everywhere") {
  compare([](additions& lines) {
    for (int i = 0; i < 3'000; ++i)
      lines.add(lines.honest(5'000), lines.honest(200));
  });
}

TEST_CASE("the model of CometBFT's book is like it where few tell of few "
          "networks") {
  compare([](additions& lines) {
    for (int i = 0; i < 3'000; ++i)
      lines.add(lines.attacker(4), lines.attacker(3));
  });
}

TEST_CASE("the model of CometBFT's book is like it where everybody turns out "
          "to be good") {
  compare([](additions& lines) {
    std::vector<std::string> all;
    for (int i = 0; i < 5'000; ++i)
      lines.add(all.emplace_back(lines.honest(5'000)), lines.honest(200));
    for (const auto& one : all)
      lines.say("good", one);
  });
}

TEST_CASE("the model of CometBFT's book is like it where attackers tell of "
          "themselves after all others") {
  compare([](additions& lines) {
    std::vector<std::string> honest;
    for (int i = 0; i < 500; ++i)
      honest.push_back(lines.honest(2'000));
    for (int round = 0; round < 4; ++round)
      for (const auto& one : honest)
        lines.add(one, lines.honest(60));
    for (size_t i = 0; i < 200; ++i)
      lines.say("good", honest[i]);
    for (size_t i = 200; i < 260; ++i)
      lines.say("attempt", honest[i]);
    std::vector<std::string> attackers;
    for (int i = 0; i < 5'000; ++i)
      lines.add(attackers.emplace_back(lines.attacker(4)), lines.attacker(2));
    for (size_t i = 0; i < 300; ++i)
      lines.say("good", attackers[i]);
  });
}
