// SPDX-License-Identifier: Apache-2.0
#include "far_link.hpp"

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace troupe::bench {

namespace {

/// Packets that may be under way to one end: more than both protocols have.
constexpr size_t flights_max = 20'000;

constexpr const char* device_name = "far0";
constexpr size_t packet_max = 2048;

[[noreturn]] void fail(const char* what) {
  throw std::runtime_error(std::string{what} + ": " + std::strerror(errno));
}

unique_socket current_space() {
  return unique_socket{open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)};
}

void set_address(int control, unsigned long request, const char* address) {
  ifreq what{};
  std::strncpy(what.ifr_name, device_name, IFNAMSIZ - 1);
  auto where = sockaddr_in{};
  where.sin_family = AF_INET;
  inet_pton(AF_INET, address, &where.sin_addr);
  std::memcpy(&what.ifr_addr, &where, sizeof(where));
  if (ioctl(control, request, &what) != 0)
    fail("cannot set an address");
}

void bring_up(int control, const char* name) {
  ifreq what{};
  std::strncpy(what.ifr_name, name, IFNAMSIZ - 1);
  if (ioctl(control, SIOCGIFFLAGS, &what) != 0)
    fail("no such device");
  what.ifr_flags = static_cast<short>(what.ifr_flags | IFF_UP | IFF_RUNNING);
  if (ioctl(control, SIOCSIFFLAGS, &what) != 0)
    fail("cannot bring a device up");
}

/// Makes the device of the namespace that we are in.
unique_socket make_device(const char* address) {
  auto device
      = unique_socket{open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)};
  if (!device)
    fail("cannot open /dev/net/tun");
  ifreq what{};
  std::strncpy(what.ifr_name, device_name, IFNAMSIZ - 1);
  what.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (ioctl(device.get(), TUNSETIFF, &what) != 0)
    fail("cannot make a TUN device");
  auto control = unique_socket{socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  set_address(control.get(), SIOCSIFADDR, address);
  set_address(control.get(), SIOCSIFNETMASK, "255.255.255.0");
  // As much as waits in the card of a machine: 500 would be lost in bursts.
  what.ifr_qlen = static_cast<int>(flights_max);
  if (ioctl(control.get(), SIOCSIFTXQLEN, &what) != 0)
    fail("cannot set the length of a queue");
  bring_up(control.get(), "lo");
  bring_up(control.get(), device_name);
  return device;
}

} // namespace

far_link::far_link(const distance& how) : how_(how), home_(current_space()) {
  // A packet is to be late by what was asked for, and not by a timer's slack.
  prctl(PR_SET_TIMERSLACK, 1000);
  for (size_t i = 0; i < sides_.size(); ++i) {
    if (unshare(CLONE_NEWNET) != 0)
      fail("cannot make a network namespace");
    sides_[i].space = current_space();
    sides_[i].device = make_device(i == 0 ? "10.77.0.1" : "10.77.0.2");
  }
  if (setns(home_.get(), CLONE_NEWNET) != 0)
    fail("cannot come back");
}

void far_link::at(size_t end, const std::function<void()>& what) const {
  if (setns(sides_.at(end).space.get(), CLONE_NEWNET) != 0)
    fail("cannot go to a namespace");
  what();
  if (setns(home_.get(), CLONE_NEWNET) != 0)
    fail("cannot come back");
}

void far_link::carry(const std::function<bool()>& over) {
  auto& [near, far] = sides_;
  while (!over()) {
    const auto now = clock::now();
    land(near, now);
    land(far, now);
    auto next = now + std::chrono::milliseconds{100};
    for (const auto& x : sides_)
      if (!x.flights.empty())
        next = std::min(next, x.flights.front().arrives);
    const auto wait = std::max(next - now, clock::duration::zero());
    const auto seconds = std::chrono::floor<std::chrono::seconds>(wait);
    const timespec limit{seconds.count(), (wait - seconds).count()};
    std::array<pollfd, 2> both{pollfd{near.device.get(), POLLIN, 0},
                               pollfd{far.device.get(), POLLIN, 0}};
    ppoll(both.data(), both.size(), &limit, nullptr);
    take(near, far);
    take(far, near);
  }
}

void far_link::take(side& from, side& to) {
  std::array<char, packet_max> buffer;
  std::uniform_real_distribution<double> chance;
  for (;;) {
    const auto size = read(from.device.get(), buffer.data(), buffer.size());
    if (size <= 0)
      return;
    if (chance(random_) < how_.loss || to.flights.size() >= flights_max) {
      ++dropped_;
      continue;
    }
    ++carried_;
    to.flights.push_back(
        {clock::now() + how_.delay, {buffer.data(), buffer.data() + size}});
  }
}

void far_link::land(side& to, clock::time_point now) {
  while (!to.flights.empty() && to.flights.front().arrives <= now) {
    const auto& packet = to.flights.front().packet;
    if (write(to.device.get(), packet.data(), packet.size()) < 0)
      ++dropped_;
    to.flights.pop_front();
  }
}

} // namespace troupe::bench
