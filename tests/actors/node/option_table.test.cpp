// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/node/option_table.hpp"

#include <chrono>
#include <set>

#include <caf/actor_system_config.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/io/middleman.hpp>

#include "../world.hpp"
#include "troupe/actors/node/option_settings.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// What `CAF_MAIN` does before anything else.
struct registered_types {
  registered_types() {
    caf::init_global_meta_objects<caf::id_block::troupe>();
    caf::io::middleman::init_global_meta_objects();
    caf::core::init_global_meta_objects();
  }
};

struct program_config : registered_types, caf::actor_system_config {
  program_config() {
    add_options(opt_group{custom_options_, "troupe"});
  }

  /// Whether CAF takes it.
  bool takes(std::vector<std::string> arguments) {
    return !parse(std::move(arguments));
  }

  using caf::actor_system_config::content;
};

node_options no_options() {
  return {.key = node_key::from_seed(std::array<std::byte, 32>{}),
          .network = "net"};
}

} // namespace

TEST_CASE("each row has a name of its own, in our words and in CometBFT's") {
  std::set<std::string> names;
  for (const auto& row : option_table()) {
    CAPTURE(row.name);
    CHECK(names.insert(std::string{row.name}).second);
    CHECK_FALSE(row.group.empty());
    CHECK_FALSE(row.help.empty());
    CHECK_FALSE(row.help.ends_with('.'));
    // Nobody answers to the name of another.
    for (const auto& other : option_table())
      CHECK(is_called(other, row.name) == (&other == &row));
  }
}

TEST_CASE("what is by default passes every row, and comes back through each") {
  auto options = no_options();
  for (const auto& row : option_table()) {
    CAPTURE(row.name);
    const auto value = row.get(options);
    CHECK(check_option(row, value).code == errc::none);
    auto read = read_option(row, print_option(value));
    REQUIRE(read.has_value());
    CHECK(*read == value);
    row.set(options, value);
    CHECK(row.get(options) == value);
  }
  CHECK(options.inbound == no_options().inbound);
  CHECK(options.max_connected == no_options().max_connected);
  CHECK_FALSE(options.max_outgoing);
}

TEST_CASE("a bound of a row holds for options that a program fills in") {
  for (const auto& row : option_table()) {
    if (!row.least || row.least == option_value{duration::zero()}
        || row.least == option_value{0.0})
      continue;
    CAPTURE(row.name);
    auto options = no_options();
    row.set(options, row.type == option_type::time
                         ? option_value{duration::zero()}
                         : option_value{uint64_t{0}});
    const auto bad = validate(options);
    CHECK(bad.code == errc::invalid_option);
    CHECK(bad.context.starts_with(field_name(row.name) + ": is "));
  }
}

TEST_CASE("a program has the options in its own configuration") {
  program_config config;
  REQUIRE(config.takes({"--troupe.network=net", "--troupe.max-peers=100",
                        "--troupe.listen=mconn://127.0.0.1:0,mconn://[::1]:0",
                        "--troupe.ping-interval=50s", "--troupe.ip-rate=0.5",
                        "--troupe.addr-book-strict=false"}));
  const auto made = options_from(config.content, no_options().key);
  REQUIRE_MESSAGE(made.has_value(), to_string(made.error()));
  CHECK(made->network == "net");
  CHECK(made->max_peers == 100);
  CHECK(made->listen
        == std::vector<std::string>{"mconn://127.0.0.1:0", "mconn://[::1]:0"});
  CHECK(made->stream.keepalive.ping_interval == 50s);
  CHECK(made->inbound.ip_rate == rate_limit{0.5, 5});
  CHECK_FALSE(made->address_book_strict);
  // All else is as it is by default.
  CHECK(made->max_connected == no_options().max_connected);
}

TEST_CASE("a configuration file says the same, with lists and other types") {
  program_config config;
  std::istringstream file{"troupe {\n  network = \"net\"\n  max-peers = 100\n"
                          "  listen = [\"mconn://127.0.0.1:0\"]\n"
                          "  pong-timeout = 2min\n  ip-rate = 3\n"
                          "  addr-book-strict = false\n}\n"};
  REQUIRE_FALSE(config.parse({}, file));
  const auto made = options_from(config.content, no_options().key);
  REQUIRE_MESSAGE(made.has_value(), to_string(made.error()));
  CHECK(made->max_peers == 100);
  CHECK(made->listen == std::vector<std::string>{"mconn://127.0.0.1:0"});
  CHECK(made->stream.keepalive.pong_timeout == 2min);
  CHECK(made->inbound.ip_rate == rate_limit{3, 30});
  CHECK_FALSE(made->address_book_strict);
}

TEST_CASE("what makes no sense in a configuration is refused by name") {
  const std::pair<std::string, std::string> rows[] = {
      {"max-per-ip=0", "troupe.max-per-ip: \"0\" is not a number of at least "
                       "1"},
      {"persistent-peers=127.1", "troupe.persistent-peers: "},
      {"subnet-limits=none", "troupe.subnet-limits: \"none\" is not public or "
                             "all"},
      {"max-outgoing=65", "max_outgoing is 65"},
  };
  for (const auto& [option, said] : rows) {
    program_config config;
    REQUIRE(config.takes({"--troupe.network=net", "--troupe." + option}));
    const auto made = options_from(config.content, no_options().key);
    REQUIRE_FALSE(made.has_value());
    CHECK_MESSAGE(made.error().context.find(said) == 0, made.error().context);
  }
  // CAF knows the types.
  CHECK_FALSE(program_config{}.takes({"--troupe.max-peers=many"}));
}

TEST_CASE("defaults can be put in, and change nothing") {
  program_config config;
  config.set("troupe.network", "net");
  config.set("troupe.max-peers", 100);
  put_default_options(config.content);
  CHECK(caf::get_or(config.content, "troupe.max-dials", 0) == 32);
  CHECK(caf::get_or(config.content, "troupe.max-peers", 0) == 100);
  const auto made = options_from(config.content, no_options().key);
  REQUIRE_MESSAGE(made.has_value(), to_string(made.error()));
  auto expected = no_options();
  expected.max_peers = 100;
  for (const auto& row : option_table())
    CHECK_MESSAGE(row.get(*made) == row.get(expected), row.name);
  CHECK(made->inbound == expected.inbound);
}
