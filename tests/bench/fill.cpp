// SPDX-License-Identifier: Apache-2.0
//
// How long a node takes to fill 10 outgoing slots from a store of 200 addresses
// half of which are dead: in the simulated network; with sockets; and CometBFT
// with the same addresses.
//
//     troupe_bench_fill [--runs N] [--dead refused|silent] [--cometbft PROGRAM]
//
// Exit status: 1 if slots stayed empty.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>

#include "child.hpp"
#include "dead_port.hpp"
#include "median.hpp"
#include "troupe/actors/node/node.hpp"
#include "troupe/peerstore/store/sqlite_store.hpp"
#include "troupe/proto/echo.pb.h"
#include "troupe/tests/scenarios/filling.hpp"

namespace {

using namespace troupe;
using namespace troupe::bench;
using namespace std::chrono_literals;

using clock_type = std::chrono::steady_clock;

constexpr size_t addresses = 200;
constexpr size_t slots = 10;

/// How long filling them may take.
constexpr auto patience = 2min;

[[noreturn]] void give_up(const std::string& why) {
  fmt::print(stderr, "fill: {}\n", why);
  std::exit(1);
}

struct options {
  size_t runs = 5;
  std::vector<dead_port::kind> kinds
      = {dead_port::kind::refused, dead_port::kind::silent};
  std::string cometbft = TROUPE_COMETBFT_FILL;
};

std::string name_of(dead_port::kind how) {
  return how == dead_port::kind::refused ? "refused" : "silent";
}

// -- the nodes at the living addresses ----------------------------------------

void open_channel(caf::actor_system& sys, const node& home) {
  sys.spawn([home](caf::event_based_actor* self) -> caf::behavior {
    static_cast<void>(home.open_channel<echo::EchoMessage>(self, {.id = 0x70}));
    return {[](const inbound_envelope&) {}};
  });
}

/// Runs nodes, prints their addresses, and does not return.
[[noreturn]] void serve(caf::actor_system& sys) {
  system_entropy random;
  caf::scoped_actor self{sys};
  std::vector<node> nodes;
  for (size_t i = 0; i < addresses / 2; ++i) {
    const auto& home = nodes.emplace_back(
        spawn_node(sys, {.key = node_key::generate(random),
                         .network = "bench",
                         .listen = {"mconn://127.0.0.1:0"}}));
    open_channel(sys, home);
    self->request(home.router(), 10s, caf::get_atom_v)
        .receive(
            [&](const std::vector<endpoint>& where) {
              fmt::print("{}@127.0.0.1:{}\n", to_string(home.id()),
                         where.at(0).port);
            },
            [](const caf::error& why) { give_up(to_string(why)); });
  }
  std::fflush(stdout);
  for (;;)
    pause();
}

// -- what is known ------------------------------------------------------------

/// Files that go away with the program.
class folder {
public:
  folder() {
    auto name
        = (std::filesystem::temp_directory_path() / "troupe.XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr)
      give_up("no temporary folder");
    path_ = name;
  }

  folder(const folder&) = delete;

  folder& operator=(const folder&) = delete;

  ~folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const {
    return path_ / name;
  }

private:
  std::filesystem::path path_;
};

/// 200 addresses, every second of which is dead.
class neighbourhood {
public:
  explicit neighbourhood(dead_port::kind how) {
    for (size_t i = 0; i < addresses / 2; ++i) {
      living_.push_back(alive_.read_line());
      dead_.emplace_back(how);
    }
  }

  /// The addresses. Who is said to be at the dead ones is drawn anew, for the
  /// order of IDs may decide who is dialed first.
  [[nodiscard]] std::vector<std::string> draw() const {
    system_entropy random;
    auto result = living_;
    for (const auto& port : dead_)
      result.push_back(to_string(node_key::generate(random).id())
                       + "@127.0.0.1:" + std::to_string(port.number()));
    return result;
  }

private:
  child alive_{{"serve"}};
  std::vector<dead_port> dead_;
  std::vector<std::string> living_;
};

std::unique_ptr<peer_store> open_store(const std::filesystem::path& file) {
  auto opened = sqlite_store::open({.path = file});
  if (!opened)
    give_up(to_string(opened.error()));
  return std::move(*opened);
}

void write_store(const std::filesystem::path& file,
                 const std::vector<std::string>& known) {
  store_changes changes;
  for (const auto& text : known) {
    auto address = node_address::parse(text);
    if (!address)
      give_up(to_string(address.error()));
    changes.put.push_back(
        {.id = address->id, .addresses = {{.address = *address}}});
  }
  auto bad = open_store(file)->commit(changes);
  if (bad.code != errc::none)
    give_up(to_string(bad));
}

// -- who fills their slots ----------------------------------------------------

double seconds(auto span) {
  return std::chrono::duration<double>{span}.count();
}

/// Lets a node of ours do it, from opening its store on.
double fill_ours(caf::actor_system& sys, const std::filesystem::path& store) {
  system_entropy random;
  const auto key = node_key::generate(random);
  caf::scoped_actor self{sys};
  const auto begin = clock_type::now();
  auto home = spawn_node(sys, {.key = key,
                               .network = "bench",
                               .max_outgoing = slots,
                               .store = open_store(store)});
  home.subscribe(self.ptr());
  open_channel(sys, home);
  bool late = false;
  for (size_t up = 0; up < slots && !late;)
    self->receive(
        [&up](const peer_update& update) {
          up += update.status == peer_status::up ? 1 : -1;
        },
        caf::after(begin + patience - clock_type::now()) >>
            [&late] { late = true; });
  const auto result = clock_type::now() - begin;
  home.stop();
  self->wait_for(home.router());
  if (late)
    give_up("slots stayed empty");
  return seconds(result);
}

/// Lets CometBFT do it.
/// @returns its version, and how long each run took.
std::pair<std::string, std::vector<double>>
fill_theirs(const std::string& program, const std::filesystem::path& file,
            size_t runs) {
  child process{{"-addresses", file, "-slots", std::to_string(slots),
                 "-switches", std::to_string(runs)},
                program};
  const auto begins = nlohmann::json::parse(process.read_line());
  std::vector<double> result;
  while (result.size() < runs)
    result.push_back(nlohmann::json::parse(process.read_line()).at("seconds"));
  return {begins.at("release"), result};
}

// -- figures ------------------------------------------------------------------

void print(const std::string& who, const std::vector<double>& all) {
  fmt::print("  {:<22} {:8.3f} s  (from {:.3f} to {:.3f} in {} runs)\n", who,
             median(all), *std::min_element(all.begin(), all.end()),
             *std::max_element(all.begin(), all.end()), all.size());
}

void simulate(dead_port::kind how, size_t runs) {
  std::vector<double> all;
  for (uint64_t seed = 1; seed <= runs; ++seed) {
    auto time = test::time_to_fill({.seed = seed,
                                    .dead = how == dead_port::kind::refused
                                                ? test::dead_end::refused
                                                : test::dead_end::silent,
                                    .addresses = addresses,
                                    .slots = slots});
    if (!time)
      give_up(fmt::format("slots stayed empty with seed {}", seed));
    all.push_back(seconds(*time));
  }
  print("simulated network", all);
}

void measure(caf::actor_system& sys, dead_port::kind how,
             const options& chosen) {
  fmt::print("{} slots from {} addresses, half of them {}:\n", slots, addresses,
             name_of(how));
  simulate(how, chosen.runs);
  neighbourhood around{how};
  folder files;
  std::vector<double> ours;
  for (size_t i = 0; i < chosen.runs; ++i) {
    const auto store = files / fmt::format("peers-{}.db", i);
    write_store(store, around.draw());
    ours.push_back(fill_ours(sys, store));
  }
  print("loopback", ours);
  if (!std::filesystem::exists(chosen.cometbft)) {
    fmt::print("  without CometBFT: 'make interop' builds it\n");
    return;
  }
  const auto list = files / "addresses";
  std::ofstream out{list};
  for (const auto& address : around.draw())
    out << address << '\n';
  out.close();
  auto [version, theirs] = fill_theirs(chosen.cometbft, list, chosen.runs);
  print("CometBFT " + version, theirs);
  fmt::print("  {:<22} {:8.4f}    (at most 0.2)\n", "ratio of the medians",
             median(ours) / median(theirs));
}

options parse(const std::vector<std::string>& words) {
  options result;
  for (size_t i = 0; i + 1 < words.size(); i += 2) {
    const auto& value = words[i + 1];
    if (words[i] == "--runs" && std::atoi(value.c_str()) > 0)
      result.runs = std::stoul(value);
    else if (words[i] == "--dead" && value == "refused")
      result.kinds = {dead_port::kind::refused};
    else if (words[i] == "--dead" && value == "silent")
      result.kinds = {dead_port::kind::silent};
    else if (words[i] == "--cometbft")
      result.cometbft = value;
    else
      give_up("bad option " + words[i] + " " + value);
  }
  if (words.size() % 2 != 0)
    give_up("bad option " + words.back());
  return result;
}

} // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto serving = words == std::vector<std::string>{"serve"};
  const auto chosen = serving ? options{} : parse(words);
  caf::init_global_meta_objects<caf::id_block::troupe>();
  caf::io::middleman::init_global_meta_objects();
  caf::core::init_global_meta_objects();
  caf::actor_system_config config;
  config.load<caf::io::middleman>();
  caf::actor_system sys{config};
  if (serving)
    serve(sys);
  for (auto how : chosen.kinds)
    measure(sys, how, chosen);
  return 0;
}
