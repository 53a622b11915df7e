// SPDX-License-Identifier: Apache-2.0
// The documentation as its readers copy from it: fenced blocks of a page, and what completes a fragment.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "apical/io/file.h"
#include "support/paths.h"

namespace apical::test {

struct Block {
  std::string page;                          ///< "docs/layers.md"
  std::size_t line;                          ///< of its opening fence
  std::string language;                      ///< behind the fence
  std::map<std::string, std::string> notes;  ///< of comments above it: <!-- frame: rate.toml -->
  std::string text;

  std::string where() const { return page + ":" + std::to_string(line); }
};

/// "README.md" and the pages of docs/, but not of its folders.
inline std::vector<std::string> pages() {
  std::vector<std::string> out{"README.md"};
  for (const auto& entry : std::filesystem::directory_iterator(std::string(kSourceDir) + "/docs")) {
    if (entry.path().extension() == ".md") out.push_back("docs/" + entry.path().filename().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

inline std::string read_page(const std::string& page) {
  return io::read_text(std::filesystem::path(kSourceDir) / page);
}

inline std::vector<Block> blocks_of(const std::string& page) {
  std::vector<Block> out;
  std::map<std::string, std::string> notes;
  std::istringstream lines(read_page(page));
  bool inside = false;
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.starts_with("```")) {
      if (!inside) out.push_back({page, number, line.substr(3), std::exchange(notes, {}), ""});
      inside = !inside;
    } else if (inside) {
      out.back().text += line + "\n";
    } else if (line.starts_with("<!-- ") && line.ends_with(" -->")) {
      const std::string note = line.substr(5, line.size() - 9);
      const std::size_t colon = std::min(note.find(": "), note.size());
      notes[note.substr(0, colon)] = colon == note.size() ? "" : note.substr(colon + 2);
    } else if (!line.empty()) {
      notes.clear();  // a comment is about what follows it at once
    }
  }
  return out;
}

inline std::vector<Block> blocks_of(const std::string& page, const std::string& language) {
  std::vector<Block> out;
  for (Block& b : blocks_of(page)) {
    if (b.language == language) out.push_back(std::move(b));
  }
  return out;
}

/// Block `index` of `blocks` as a whole file: in its frame, or behind the block of TOML above it.
inline std::string completed(const std::vector<Block>& blocks, std::size_t index) {
  const Block& b = blocks.at(index);
  if (b.notes.contains("continues")) return completed(blocks, index - 1) + b.text;
  if (!b.notes.contains("frame")) return b.text;
  const std::string mark = "# BLOCK\n";
  std::string frame = read_page("docs/frames/" + b.notes.at("frame"));
  const std::size_t at = frame.find(mark);
  if (at == std::string::npos) {
    ADD_FAILURE() << b.notes.at("frame") << " has no line '# BLOCK'";
    return frame;
  }
  return frame.replace(at, mark.size(), b.text);
}

}  // namespace apical::test
