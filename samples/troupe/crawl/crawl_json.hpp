// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "troupe/messages/time.hpp"
#include "troupe/samples/troupe/crawl/crawl_map.hpp"

namespace troupe::command {

/// What there is to say about a crawl besides what it found.
struct crawl_facts {
  std::string network = {};
  wall_time started = {};
  wall_time finished = {};

  /// Whether all was done that there was to do.
  bool complete = true;
};

/// Returns a crawl as a document of the form that `crawl.schema.json`
/// describes.
nlohmann::ordered_json to_json(const crawl_map& map, const crawl_facts& facts);

/// Prints a document on one line. Texts of remotes are UTF-8 already.
std::string print_line(const nlohmann::ordered_json& document);

/// Says for humans, in some lines, what the summary of such a document has.
std::string summary_text(const nlohmann::ordered_json& document);

} // namespace troupe::command
