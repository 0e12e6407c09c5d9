// SPDX-License-Identifier: Apache-2.0
//
// Reactors and their node in processes of their own, and what each does when
// the other one dies.
#include <csignal>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "child.hpp"

using namespace troupe::test;

namespace {

/// Reads lines up to one that begins like that, and returns its rest.
std::string line_with(child& from, const std::string& beginning) {
  for (auto line = from.line(); !line.empty(); line = from.line())
    if (line.starts_with(beginning))
      return line.substr(beginning.size());
  FAIL("no line '" << beginning << "'");
  return {};
}

struct sample_node {
  explicit sample_node(const words& arguments = {}, const words& options = {})
    : process(command(arguments, options)),
      port(line_with(process, "port ")) {}

  static words command(const words& arguments, const words& options) {
    words result{TROUPE_REMOTE_SAMPLE};
    result.insert(result.end(), options.begin(), options.end());
    result.emplace_back("node");
    result.insert(result.end(), arguments.begin(), arguments.end());
    return result;
  }

  child process;
  std::string port;
};

words reactors(const std::string& port, const words& options = {}) {
  words result{TROUPE_REMOTE_SAMPLE};
  result.insert(result.end(), options.begin(), options.end());
  result.insert(result.end(), {"reactors", port});
  return result;
}

/// Waits until each of the ten reactors was answered.
void all_answered(child& who) {
  unsigned seen = 0;
  while (seen != 0x3ff) {
    auto text = line_with(who, "pong: hello from 0x7");
    seen |= 1U << (text.at(0) - '0');
  }
}

} // namespace

SCENARIO("reactors talk to peers through a node of another process") {
  sample_node first;
  child first_reactors{reactors(first.port)};
  auto address = line_with(first.process, "address ");
  sample_node second{{address}};
  child second_reactors{reactors(second.port)};
  all_answered(first_reactors);
  all_answered(second_reactors);
  WHEN("the process of the reactors dies") {
    first_reactors.signal(SIGKILL);
    CHECK(first_reactors.wait() == 128 + SIGKILL);
    THEN("its channels shed until it comes back, and the peer stays") {
      CHECK(line_with(first.process, "shed 0x7").ends_with("reactor_away"));
      child again{reactors(first.port)};
      all_answered(again);
      first.process.signal(SIGTERM);
      first.process.wait();
      CHECK(first.process.output().find("peer down") == std::string::npos);
      CHECK(first.process.output().find("closed") == std::string::npos);
    }
  }
  WHEN("the process of the node dies") {
    first.process.signal(SIGKILL);
    CHECK(first.process.wait() == 128 + SIGKILL);
    THEN("the reactors hear of it") {
      CHECK(line_with(first_reactors, "ended: ").starts_with("node_lost"));
      CHECK(first_reactors.wait() == 0);
    }
  }
}

#ifdef TROUPE_CAF_OPENSSL

namespace {

/// Runs openssl, which has to be there: Debian's `ca-certificates` needs it.
void openssl(words arguments) {
  arguments.insert(arguments.begin(), "openssl");
  child process{std::move(arguments)};
  CHECK(process.wait() == 0);
}

/// An authority, and a certificate of it.
struct certificates {
  explicit certificates(const std::string& authority) : name(authority) {
    openssl({"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
             "-subj", "/CN=" + name, "-keyout", folder / "ca.key", "-out",
             folder / "ca.pem"});
    openssl({"req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=own",
             "-keyout", folder / "own.key", "-out", folder / "own.csr"});
    openssl({"x509", "-req", "-in", folder / "own.csr", "-CA",
             folder / "ca.pem", "-CAkey", folder / "ca.key", "-CAcreateserial",
             "-days", "1", "-out", folder / "own.pem"});
  }

  /// @param trusted says whose certificates count.
  [[nodiscard]] words options(const certificates& trusted) const {
    return {"--caf.openssl.certificate=" + (folder / "own.pem"),
            "--caf.openssl.key=" + (folder / "own.key"),
            "--caf.openssl.cafile=" + (trusted.folder / "ca.pem")};
  }

  std::string name;
  scratch_folder folder;
};

} // namespace

SCENARIO("only who has a certificate of the same authority can connect") {
  const certificates ours{"ours"};
  const certificates theirs{"theirs"};
  sample_node first{{}, ours.options(ours)};
  child good{reactors(first.port, ours.options(ours))};
  auto address = line_with(first.process, "address ");
  sample_node second{{address}};
  child answering{reactors(second.port)};
  all_answered(good);
  // Neither who has none, nor who has another one; nor does anybody connect to
  // a node that has another one.
  child without{reactors(first.port)};
  CHECK(without.wait() == 1);
  child with_theirs{reactors(first.port, theirs.options(ours))};
  CHECK(with_theirs.wait() == 1);
  child deceived{reactors(first.port, ours.options(theirs))};
  CHECK(deceived.wait() == 1);
  all_answered(good);
}

#endif

SCENARIO("there is no node at a port") {
  child lonely{reactors("1")};
  CHECK(lonely.wait() == 1);
  CHECK(lonely.errors().find("no node at port 1") != std::string::npos);
}

SCENARIO("a node does not start with an address that is none") {
  child wrong{sample_node::command({"nowhere"}, {})};
  CHECK(wrong.wait() == 1);
  CHECK(wrong.errors().find("\"nowhere\"") != std::string::npos);
}
