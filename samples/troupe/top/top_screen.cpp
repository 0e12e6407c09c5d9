// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/top/top_screen.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include <curses.h>
#include <unistd.h>

namespace troupe::command {

namespace {

attr_t look_of(top_line::style x) {
  switch (x) {
    case top_line::style::head:
      return A_BOLD;
    case top_line::style::selected:
      return A_REVERSE;
    case top_line::style::faint:
      return A_DIM;
    default:
      return A_NORMAL;
  }
}

} // namespace

std::optional<top_screen> top_screen::open() {
  if (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0)
    return std::nullopt;
  // `initscr` would end the process.
  auto* made = newterm(nullptr, stdout, stdin);
  if (made == nullptr)
    return std::nullopt;
  set_term(made);
  cbreak();
  noecho();
  nonl();
  keypad(stdscr, TRUE);
  nodelay(stdscr, TRUE);
  curs_set(0);
  return top_screen{};
}

top_screen::top_screen(top_screen&& other) noexcept
  : open_(std::exchange(other.open_, false)) {}

top_screen::~top_screen() {
  if (open_)
    endwin();
}

size_t top_screen::width() const {
  return static_cast<size_t>(std::max(getmaxx(stdscr), 0));
}

size_t top_screen::height() const {
  return static_cast<size_t>(std::max(getmaxy(stdscr), 0));
}

void top_screen::show(const std::vector<top_line>& lines) {
  erase();
  auto y = 0;
  for (const auto& [text, look] : lines) {
    attrset(look_of(look));
    mvaddnstr(y++, 0, text.data(), static_cast<int>(text.size()));
  }
  attrset(A_NORMAL);
  refresh();
}

top_key top_screen::key() {
  switch (getch()) {
    case KEY_UP:
    case 'k':
      return top_key::up;
    case KEY_DOWN:
    case 'j':
      return top_key::down;
    case KEY_PPAGE:
      return top_key::page_up;
    case KEY_NPAGE:
      return top_key::page_down;
    case 'c':
      return top_key::dial;
    case 'd':
      return top_key::disconnect;
    case 'b':
      return top_key::ban;
    case 'u':
      return top_key::unban;
    case 's':
      return top_key::sort;
    case 'q':
      return top_key::quit;
    default:
      return top_key::none;
  }
}

std::optional<std::string> top_screen::ask(const std::string& question,
                                           size_t size_max) {
  std::string result;
  const auto at = getmaxy(stdscr) - 1;
  nodelay(stdscr, FALSE);
  curs_set(1);
  std::optional<std::string> answer;
  for (auto done = false; !done;) {
    move(at, 0);
    clrtoeol();
    mvaddnstr(at, 0, question.data(), static_cast<int>(question.size()));
    addnstr(result.data(), static_cast<int>(result.size()));
    refresh();
    constexpr auto escape = 27;
    switch (const auto key = getch()) {
      case ERR:
      case escape:
        done = true;
        break;
      case '\r':
      case '\n':
      case KEY_ENTER:
        answer = result;
        done = true;
        break;
      case KEY_BACKSPACE:
      case '\b':
      case '\x7f':
        if (!result.empty())
          result.pop_back();
        break;
      default:
        if (key >= ' ' && key <= '~' && result.size() < size_max)
          result += static_cast<char>(key);
    }
  }
  curs_set(0);
  nodelay(stdscr, TRUE);
  return answer;
}

} // namespace troupe::command
