// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/channel_descriptor.hpp"

#include <doctest/doctest.h>

using namespace troupe;

TEST_CASE("the defaults make a valid channel") {
  CHECK(validate({.id = 0x70}).code == errc::none);
}

TEST_CASE("a limit of zero is refused by name") {
  auto priority = validate({.id = 0x70, .priority = 0});
  CHECK(priority.code == errc::invalid_channel);
  CHECK(priority.context == "channel 0x70: priority is 0, expected at least 1");
  CHECK(validate({.id = 0x70, .send_queue_messages = 0}).context
        == "channel 0x70: send_queue_messages is 0, expected at least 1");
  CHECK(validate({.send_queue_bytes = 0}).code == errc::invalid_channel);
  CHECK(validate({.recv_message_capacity = 0}).code == errc::invalid_channel);
  CHECK(validate({.recv_queue_messages = 0}).code == errc::invalid_channel);
  CHECK(validate({.recv_queue_bytes = 0}).code == errc::invalid_channel);
  CHECK(validate({.recv_total_bytes = 0}).code == errc::invalid_channel);
  CHECK(validate({.delivery_window = 0, .name = "votes"}).context
        == "channel votes: delivery_window is 0, expected at least 1");
}

TEST_CASE("a channel that would hold its peers for too long is refused") {
  using namespace std::chrono_literals;
  CHECK(validate({.hold_max = 1ns}).code == errc::none);
  CHECK(validate({.hold_max = hold_limit}).code == errc::none);
  CHECK(validate({.hold_max = 0s}).code == errc::invalid_channel);
  CHECK(validate({.id = 0x70, .hold_max = 45s}).context
        == "channel 0x70: hold_max is 45000 ms, expected more than 0 and at "
           "most 10000");
}

TEST_CASE("a channel whose messages would expire at once is refused") {
  using namespace std::chrono_literals;
  CHECK(validate({.send_expires_after = 1ns}).code == errc::none);
  CHECK(validate({.id = 0x70, .send_expires_after = 0s}).context
        == "channel 0x70: send_expires_after is 0 ms, expected more than 0");
}

TEST_CASE("a channel that would wait for its reactor for ever is refused") {
  using namespace std::chrono_literals;
  CHECK(validate({.reattach_time = 0s}).code == errc::none);
  CHECK(validate({.reattach_time = reattach_limit}).code == errc::none);
  CHECK(validate({.id = 0x70, .reattach_time = -1s}).context
        == "channel 0x70: reattach_time is -1000 ms, expected 0 to 3600000");
  CHECK(validate({.reattach_time = 61min}).code == errc::invalid_channel);
}
