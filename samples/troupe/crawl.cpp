// SPDX-License-Identifier: Apache-2.0
//
// troupe crawl
#include <algorithm>
#include <chrono>
#include <iostream>
#include <utility>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "troupe/actors/node/option_info.hpp"
#include "troupe/messages/quoted.hpp"
#include "troupe/messages/wall_clock.hpp"
#include "troupe/samples/troupe/command_config.hpp"
#include "troupe/samples/troupe/commands.hpp"
#include "troupe/samples/troupe/crawl/crawl_json.hpp"
#include "troupe/samples/troupe/crawl/crawl_page.hpp"
#include "troupe/samples/troupe/crawl/crawl_progress.hpp"
#include "troupe/samples/troupe/crawl/node_walk.hpp"
#include "troupe/samples/troupe/home.hpp"
#include "troupe/samples/troupe/replaced_file.hpp"
#include "troupe/samples/troupe/stop_signals.hpp"

namespace troupe::command {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view explanation = R"(
Dials the seeds, asks each node once whom it knows, and goes on with those. What
is found goes to standard output, and to the files. No private or loopback
address is dialed, unless a seed has one. SIGINT and SIGTERM end a crawl with
what it has found; a file is written as a whole, or not at all.
)";

struct crawl_config : command_config {
  crawl_config()
    : command_config("crawl --network NET --seeds ID@HOST:PORT,... [OPTIONS]") {
    options()
        .add(network, "network", "name of the network")
        .add(seeds, "seeds", "ID@HOST:PORT,... to begin with")
        .add(out, "out", "file for all that is found, as JSON")
        .add(html, "html", "file for a page to explore it")
        .add(timeout, "timeout",
             "time for each node to connect, and then to answer; default: 10s")
        .add(concurrency, "concurrency", "most nodes at once; default: 32")
        .add(rate, "rate", "most dials a second; default: 20")
        .add(max_nodes, "max-nodes", "most nodes that are kept; default: 20000")
        .add(json, "json", "prints all that is found, as JSON on one line");
  }

  std::string network;
  std::string seeds;
  std::string out;
  std::string html;
  caf::timespan timeout = 10s;
  uint64_t concurrency = 32;
  double rate = 20;
  uint64_t max_nodes = 20'000;
  bool json = false;
};

// -- what the options say -----------------------------------------------------

failure refuse(std::string_view option, std::string_view what) {
  return {errc::invalid_option, fmt::format("option --{}: {}", option, what)};
}

/// A file that cannot be written is better known before an hour of crawling.
failure check_file(std::string_view option, const std::string& name) {
  if (name.empty())
    return {};
  const auto bad = check_replaceable(own_path(name));
  return bad.code == errc::none ? bad : refuse(option, to_string(bad));
}

result<std::vector<node_address>> read_seeds(const crawl_config& config) {
  std::vector<node_address> result;
  for (const auto& word : split_list(config.seeds)) {
    auto address = node_address::parse(word);
    if (!address)
      return refuse("seeds", to_string(address.error()));
    result.push_back(std::move(*address));
  }
  if (result.empty())
    return refuse("seeds", "is missing, ID@HOST:PORT,... to begin with");
  if (result.size() > config.max_nodes)
    return refuse("seeds", "has more nodes than --max-nodes");
  return result;
}

failure check(const crawl_config& config) {
  if (config.network.empty())
    return refuse("network", "is missing, the name of the network");
  if (config.timeout < 1ms)
    return refuse("timeout", "is below 1ms");
  if (config.concurrency < 1 || config.concurrency > 1000)
    return refuse("concurrency", "is not from 1 to 1000");
  if (!(config.rate > 0 && config.rate <= 1000))
    return refuse("rate", "is not above 0 and up to 1000");
  if (config.max_nodes < 1 || config.max_nodes > 1'000'000)
    return refuse("max-nodes", "is not from 1 to 1000000");
  if (auto bad = check_file("out", config.out); bad.code != errc::none)
    return bad;
  return check_file("html", config.html);
}

// -- on a terminal ------------------------------------------------------------

/// A line of standard error that is drawn again and again, if that is a
/// terminal.
class progress_bar {
public:
  void draw(const crawl_progress& so_far) {
    if (!shown_)
      return;
    winsize size = {};
    const auto known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0;
    const size_t columns = known && size.ws_col >= 40 ? size.ws_col - 1 : 79;
    const auto elapsed = std::chrono::steady_clock::now() - began_;
    std::cerr << "\r\x1b[K" << progress_line(so_far, elapsed, columns)
              << std::flush;
  }

  void clear() const {
    if (shown_)
      std::cerr << "\r\x1b[K" << std::flush;
  }

private:
  bool shown_ = ::isatty(STDERR_FILENO) == 1;
  std::chrono::steady_clock::time_point began_
      = std::chrono::steady_clock::now();
};

// -- results ------------------------------------------------------------------

/// Writes the page. Without what makes it, everything else is worth having.
int write_page(const crawl_config& config, const crawl_map& map,
               const nlohmann::ordered_json& document) {
  auto page = read_page();
  if (!page)
    return complain(failed,
                    fmt::format("option --html: {}", to_string(page.error())));
  auto filled = fill_page(*page, map, document);
  if (!filled)
    return complain(
        failed, fmt::format("option --html: {}", to_string(filled.error())));
  auto bad = replace_file(own_path(config.html), *filled);
  return bad.code == errc::none ? success : complain(failed, to_string(bad));
}

int write_results(const crawl_config& config, const crawl_map& map,
                  const crawl_facts& facts) {
  const auto document = to_json(map, facts);
  auto status = success;
  if (!config.out.empty())
    if (auto bad
        = replace_file(own_path(config.out), print_line(document) + "\n");
        bad.code != errc::none)
      status = complain(failed, to_string(bad));
  if (!config.html.empty())
    status = std::max(status, write_page(config, map, document));
  if (config.json)
    std::cout << print_line(document) << std::endl;
  else
    std::cout << summary_text(document) << std::flush;
  return status;
}

/// Says why a crawl is worth less than it could be.
int judge(const crawl_config& config, const crawl_map& map,
          const crawl_facts& facts) {
  if (!facts.complete)
    return complain(failed, "stopped before it was done");
  const auto& nodes = map.nodes();
  const auto answered
      = std::any_of(nodes.begin(), nodes.end(), [](const auto& node) {
          return node.state == crawl_state::answered;
        });
  if (answered)
    return success;
  const auto& first = nodes.front();
  return complain(failed,
                  fmt::format("no seed of network {} answered; {} is {}{}",
                              troupe::quoted(config.network), first.id,
                              to_string(first.state),
                              first.detail.empty()
                                  ? ""
                                  : ": " + troupe::quoted(first.detail, 256)));
}

int crawl(crawl_config& config, const std::vector<node_address>& seeds) {
  stop_signals::block();
  const auto started = system_wall_clock{}.now();
  progress_bar bar;
  auto walked = result<walk_outcome>{errc::invalid_state};
  {
    caf::actor_system sys{config};
    node_walk walk{
        sys,
        {.network = config.network,
         .begin = seeds,
         .manners = {.concurrency = config.concurrency,
                     .rate = config.rate,
                     .patience = config.timeout},
         .bounds = {.nodes = config.max_nodes},
         .on_progress = [&bar](const crawl_progress& x) { bar.draw(x); }}};
    stop_signals signals{
        {.stop = [&walk] { walk.stop(); },
         .say = [](std::string_view line) { complain(success, line); },
         .before_end = [] {}}};
    walked = walk.run();
  }
  bar.clear();
  if (!walked)
    return complain(failed, to_string(walked.error()));
  const crawl_facts facts{.network = config.network,
                          .started = started,
                          .finished = system_wall_clock{}.now(),
                          .complete = walked->complete};
  const auto written = write_results(config, walked->map, facts);
  return std::max(written, judge(config, walked->map, facts));
}

} // namespace

int run_crawl(const words& arguments) {
  crawl_config config;
  if (auto status = config.begin(arguments, 0, 0, explanation))
    return *status;
  if (auto bad = check(config); bad.code != errc::none)
    return complain(bad_usage, to_string(bad));
  auto seeds = read_seeds(config);
  if (!seeds)
    return complain(bad_usage, to_string(seeds.error()));
  return crawl(config, *seeds);
}

} // namespace troupe::command
