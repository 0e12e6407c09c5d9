// SPDX-License-Identifier: Apache-2.0
//
// troupe top
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <caf/config_value.hpp>
#include <caf/timespan.hpp>

#include "troupe/actors/node/option_info.hpp"
#include "troupe/samples/troupe/command_config.hpp"
#include "troupe/samples/troupe/commands.hpp"
#include "troupe/samples/troupe/home.hpp"
#include "troupe/samples/troupe/node_client.hpp"
#include "troupe/samples/troupe/top/event_follower.hpp"
#include "troupe/samples/troupe/top/top_screen.hpp"

namespace troupe::command {

namespace {

using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;
using nlohmann::json;

/// How often peers are asked for; asking sends each a ping.
constexpr auto interval = 1s;

/// How long the node has for an answer, in which the screen stands still.
constexpr auto answer_time = 1s;

struct top_config : command_config {
  top_config() : command_config("top --home DIR [OPTIONS]") {
    options()
        .add(home, "home", "folder of the node that runs")
        .add(socket, "ctl-socket", "where the node's socket is, if not there");
  }

  [[nodiscard]] std::filesystem::path socket_path() const {
    return socket.empty() ? command::home{home}.control_socket()
                          : own_path(socket);
  }

  std::string home;
  std::string socket;
};

/// A live screen of a node.
class session {
public:
  session(const std::filesystem::path& socket, top_screen screen)
    : title_("troupe top"),
      node_(socket, answer_time),
      events_(socket,
              [this](std::string_view line) { model_.take_event(line); }),
      screen_(std::move(screen)) {}

  int run() {
    auto next = clock_type::now();
    for (;;) {
      if (clock_type::now() >= next) {
        ask_for_peers();
        next = clock_type::now() + interval;
      }
      screen_.show(draw(model_, title_, screen_.width(), screen_.height()));
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(
          next - clock_type::now());
      if (auto ended = events_.wait(STDIN_FILENO, std::max(left, 0ms));
          ended.code != errc::none)
        return complain_after_end(ended);
      for (auto key = screen_.key(); key != top_key::none;
           key = screen_.key()) {
        if (key == top_key::quit)
          return success;
        handle(key);
      }
    }
  }

private:
  int complain_after_end(const failure& what) {
    // The terminal has to be as before.
    { const auto gone = std::move(screen_); }
    return complain(failed, to_string(what));
  }

  void ask_for_peers() {
    const auto answer = node_.send("GET", "/peers");
    if (!answer)
      return model_.say(to_string(answer.error()));
    if (auto bad = model_.take_peers(*answer, clock_type::now());
        bad.code != errc::none)
      model_.say(to_string(bad));
  }

  void handle(top_key key) {
    constexpr auto page = 10;
    model_.say({});
    switch (key) {
      case top_key::up:
        return model_.move(-1);
      case top_key::down:
        return model_.move(1);
      case top_key::page_up:
        return model_.move(-page);
      case top_key::page_down:
        return model_.move(page);
      case top_key::sort:
        return model_.order_next();
      case top_key::dial:
        return dial();
      case top_key::ban:
        return ban();
      case top_key::disconnect:
        return order("/disconnect", json::object());
      case top_key::unban:
        return order("/unban", json::object());
      default:
        return;
    }
  }

  void dial() {
    const auto* peer = model_.selected();
    auto text = screen_.ask("dial ID@HOST:PORT, or the selected peer: ", 512);
    if (!text)
      return;
    if (text->empty() && peer != nullptr)
      *text = peer->id;
    send("/dial", {{"peer", *text}});
  }

  void ban() {
    if (model_.selected() == nullptr)
      return model_.say("select a peer first");
    auto text = screen_.ask("ban for how long, 1h by default: ", 32);
    if (!text)
      return;
    const auto time = read_option(
        {.name = "time", .group = "", .type = option_type::time, .help = ""},
        text->empty() ? "1h" : *text);
    if (!time)
      return model_.say(to_string(time.error()));
    using seconds = std::chrono::duration<double>;
    order("/ban", {{"seconds", seconds{std::get<duration>(*time)}.count()},
                   {"reason", "by operator"}});
  }

  /// Orders something about the selected peer.
  void order(const std::string& route, json body) {
    const auto* peer = model_.selected();
    if (peer == nullptr)
      return model_.say("select a peer first");
    body["peer"] = peer->id;
    send(route, body);
  }

  void send(const std::string& route, const json& body) {
    const auto answer = node_.send("POST", route, body.dump());
    model_.say(
        fmt::format("{}: {}", route.substr(1),
                    answer ? std::string{"done"} : to_string(answer.error())));
  }

  std::string title_;
  top_model model_;
  node_client node_;
  event_follower events_;
  top_screen screen_;
};

} // namespace

int run_top(const words& arguments) {
  top_config config;
  if (auto status = config.begin(arguments))
    return *status;
  if (config.socket.empty())
    if (auto status = refuse_without_home(config.home))
      return *status;
  // Asked before the screen is taken, so that a refusal can be read.
  if (auto there
      = node_client{config.socket_path(), answer_time}.send("GET", "/node");
      !there)
    return complain(failed, to_string(there.error()));
  auto screen = top_screen::open();
  if (!screen)
    return complain(bad_usage, "top: standard input and output are no terminal "
                               "that ncurses knows");
  return session{config.socket_path(), std::move(*screen)}.run();
}

} // namespace troupe::command
