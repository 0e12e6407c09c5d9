// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "troupe/messages/result.hpp"
#include "troupe/samples/troupe/address_book/address_book.hpp"
#include "troupe/samples/troupe/home.hpp"

namespace troupe::command {

/// How many addresses of a list were new to a node, and so on.
struct import_counts {
  size_t fresh = 0;
  size_t known = 0;
  size_t refused = 0;
};

/// Reads an address book from a file.
/// @returns the reason in one line, with the name of the file.
result<std::vector<book_entry>> read_book(const std::filesystem::path& file);

/// Gives addresses to the node that runs at a socket.
/// @returns `connection_refused` if none does.
result<import_counts> import_to_node(const std::filesystem::path& socket,
                                     const std::vector<book_entry>& entries);

/// Writes addresses to what a node remembers that does not run.
/// @returns `store_failed` if it does run, or the store cannot be written.
result<import_counts> import_to_store(const home& where, const node_id& own,
                                      const std::vector<book_entry>& entries);

/// Writes an address book: an `addrbook.json` if the name of the file ends with
/// `.json`, else a list.
/// @returns how many entries are in it.
result<size_t> write_book(const std::filesystem::path& file,
                          const std::vector<book_entry>& entries);

} // namespace troupe::command
