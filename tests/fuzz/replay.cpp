// SPDX-License-Identifier: Apache-2.0

// Runs a fuzzer over the files that are named, or stand in folders that are
// named: what once was a finding stays none, with any compiler.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include <fmt/format.h>

#include "fuzz.hpp"

namespace {

namespace fs = std::filesystem;

void add_files(const fs::path& from, std::vector<fs::path>& to) {
  if (!fs::is_directory(from)) {
    to.push_back(from);
    return;
  }
  for (const auto& entry : fs::directory_iterator{from})
    if (entry.is_regular_file())
      to.push_back(entry.path());
}

std::string read(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

} // namespace

int main(int argc, char** argv) {
  std::vector<fs::path> files;
  for (const auto* name : std::span{argv, static_cast<size_t>(argc)}.subspan(1))
    add_files(name, files);
  std::sort(files.begin(), files.end());
  for (const auto& path : files) {
    fmt::print("{}\n", path.filename().string());
    std::fflush(stdout);
    auto content = read(path);
    troupe::fuzz::run(std::as_bytes(std::span{content}));
  }
  fmt::print("{} inputs\n", files.size());
  return files.empty() ? 1 : 0;
}
