// SPDX-License-Identifier: Apache-2.0
// Enough of a reader of C++ for tests about the source tree itself: comments and literals apart from code,
// the targets of #include, whole identifiers.
#pragma once

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace apical::architecture {

/// A file by its path below the root it was read from ('/' between parts), and its text.
struct SourceFile {
  std::string path;
  std::string text;
};

using Faults = std::vector<std::string>;

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

inline bool is_cpp(std::string_view path) { return path.ends_with(".cpp") || path.ends_with(".h"); }

/// Every .h and .cpp file below `root`.
inline std::vector<SourceFile> cpp_files_below(const std::filesystem::path& root) {
  std::vector<SourceFile> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    const std::string path = entry.path().lexically_relative(root).generic_string();
    if (entry.is_regular_file() && is_cpp(path)) files.push_back({path, read_text(entry.path())});
  }
  return files;
}

inline bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// `text` with comments blanked and, unless `keep_literals`, the insides of string and character literals
/// too. Lines stay where they are.
inline std::string code_of(std::string_view text, bool keep_literals = false) {
  std::string out(text);
  const auto blank = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to && i < out.size(); ++i) {
      if (out[i] != '\n') out[i] = ' ';
    }
  };
  const auto upto = [&](std::string_view end, std::size_t from) {
    const std::size_t at = text.find(end, from);
    return at == std::string_view::npos ? text.size() : at;
  };
  std::size_t i = 0;
  while (i < text.size()) {
    const std::string_view rest = text.substr(i);
    if (rest.starts_with("//")) {
      const std::size_t end = upto("\n", i);
      blank(i, end);
      i = end;
    } else if (rest.starts_with("/*")) {
      const std::size_t end = upto("*/", i + 2) + 2;
      blank(i, end);
      i = end;
    } else if (is_word(text[i])) {
      // A number may hold ' between its digits; a prefix like u8 may stand before a literal.
      const std::size_t start = i;
      const bool number = std::isdigit(static_cast<unsigned char>(text[i])) != 0;
      while (i < text.size() && (is_word(text[i]) || (number && text[i] == '\''))) ++i;
      const std::string_view word = text.substr(start, i - start);
      const bool raw = word == "R" || word == "u8R" || word == "uR" || word == "UR" || word == "LR";
      if (!raw || i == text.size() || text[i] != '"') continue;
      const std::size_t open = upto("(", i);
      const std::string closing = ")" + std::string(text.substr(i + 1, open - i - 1)) + "\"";
      const std::size_t close = upto(closing, open);
      if (!keep_literals) blank(i + 1, close + closing.size() - 1);
      i = close + closing.size();
    } else if (text[i] == '"' || text[i] == '\'') {
      const char quote = text[i];
      std::size_t end = i + 1;
      while (end < text.size() && text[end] != quote && text[end] != '\n') end += text[end] == '\\' ? 2 : 1;
      if (!keep_literals) blank(i + 1, end);
      i = end + 1;
    } else {
      ++i;
    }
  }
  return out;
}

struct Include {
  std::string target;
  bool quoted = false;
};

/// What the file includes; an include by macro names no file here and is left out.
inline std::vector<Include> includes_of(std::string_view text) {
  std::vector<Include> found;
  const std::string code = code_of(text, true);
  std::size_t line_start = 0;
  while (line_start < code.size()) {
    const std::size_t line_end = std::min(code.find('\n', line_start), code.size());
    std::string_view line(code.data() + line_start, line_end - line_start);
    line_start = line_end + 1;
    const auto skip_blanks = [&] {
      while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
    };
    skip_blanks();
    if (!line.starts_with('#')) continue;
    line.remove_prefix(1);
    skip_blanks();
    if (!line.starts_with("include")) continue;
    line.remove_prefix(std::string_view("include").size());
    skip_blanks();
    if (line.empty() || (line.front() != '"' && line.front() != '<')) continue;
    const char closing = line.front() == '"' ? '"' : '>';
    const std::size_t end = line.find(closing, 1);
    if (end != std::string_view::npos)
      found.push_back({std::string(line.substr(1, end - 1)), closing == '"'});
  }
  return found;
}

/// Whether `word` stands in `code` with no identifier character on either side.
inline bool has_word(std::string_view code, std::string_view word) {
  for (std::size_t at = code.find(word); at != std::string_view::npos; at = code.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool free_before = at == 0 || !is_word(code[at - 1]);
    const bool free_after = end == code.size() || !is_word(code[end]) || !is_word(word.back());
    if (free_before && free_after) return true;
  }
  return false;
}

/// The faults `rule` finds in all of `files`.
template <class Rule>
Faults faults_in(const std::vector<SourceFile>& files, Rule rule) {
  Faults all;
  for (const SourceFile& file : files) {
    for (std::string& fault : rule(file)) all.push_back(std::move(fault));
  }
  return all;
}

}  // namespace apical::architecture
