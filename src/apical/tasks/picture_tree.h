// SPDX-License-Identifier: Apache-2.0
// Folders of pictures, ROOT/PART/CLASS/FILE, as everything reads them that reads such folders: links to
// folders and files are followed, letters of a suffix may be large or small, and hidden files are no
// pictures, such as those that macOS puts beside others ("._1.jpg").
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apical/io/file.h"

namespace apical {

/// Begins with a dot.
bool is_hidden(const io::Path& path);

/// What is not read, by name and reason: put down, or refused.
class LeftOut {
 public:
  /// With `skip` nothing is refused.
  explicit LeftOut(bool skip) : skip_(skip) {}
  bool skip() const { return skip_; }
  /// What is wrong with a folder's content; DataError unless it is to be skipped.
  void tell(const std::string& fault);
  /// What is left out in any case.
  void note(std::string what) { files_.push_back(std::move(what)); }
  const std::vector<std::string>& files() const { return files_; }
  /// "3 files; the first: …"; empty if there are none.
  std::string summary() const;

 private:
  bool skip_;
  std::vector<std::string> files_;
};

struct LabelledFiles {
  std::vector<io::Path> files;
  std::vector<std::int32_t> labels;

  void add(const LabelledFiles& other, std::size_t i) {
    files.push_back(other.files[i]);
    labels.push_back(other.labels[i]);
  }
};

/// Names of the folders in `part` that have anything in them (with skip: pictures), sorted. DataError if
/// there is none.
std::vector<std::string> classes_below(const io::Path& part, LeftOut& left_out);

/// All that are named as pictures, by class and name. DataError for a folder that is none of `classes`, which
/// are those of `whom` ("the training pictures").
LabelledFiles pictures_below(const io::Path& part, const std::vector<std::string>& classes,
                             const std::string& whom, LeftOut& left_out);

}  // namespace apical
