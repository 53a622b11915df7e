// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/picture_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "apical/io/checked.h"
#include "apical/io/picture.h"

namespace apical {
namespace {

using Kind = io::FileSystem::Kind;

/// Absent is also what links lead to in a circle.
Kind kind_of(const io::Path& path) {
  const std::int64_t kind = io::file_system().kind(path);
  return kind == -ELOOP ? Kind::absent : static_cast<Kind>(io::checked(path, "stat", kind));
}

/// Sorted, without hidden ones, of which those named as pictures are noted.
std::vector<io::Path> entries_of(const io::Path& folder, LeftOut& left_out) {
  std::vector<io::Path> entries;
  for (const std::string& name : io::list_directory(folder)) {
    if (!is_hidden(name)) {
      entries.push_back(folder / name);
    } else if (io::is_picture_name(name)) {
      left_out.note(fmt::format("{}: hidden", (folder / name).string()));
    }
  }
  return entries;
}

/// Nothing if it is a picture, as far as its name and kind tell.
std::string fault_of(const io::Path& entry) {
  switch (kind_of(entry)) {
    case Kind::absent:
      return "a link to a file that is not there";
    case Kind::directory:
      return fmt::format("a folder; expected a picture ({})", io::kPictureNames);
    case Kind::file:
      break;
  }
  return io::is_picture_name(entry) ? "" : fmt::format("expected a picture ({})", io::kPictureNames);
}

/// Whether there is anything in it that would be read or refused.
bool counts_as_class(const io::Path& folder, bool skip) {
  const std::vector<std::string> names = io::list_directory(folder);
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return !is_hidden(name) && (!skip || fault_of(folder / name).empty());
  });
}

}  // namespace

bool is_hidden(const io::Path& path) { return path.filename().string().starts_with('.'); }

void LeftOut::tell(const std::string& fault) {
  if (!skip_)
    throw DataError(fault + "\n  corrupt_files = \"skip\" in [task] leaves out what is no whole picture");
  note(fault);
}

std::string LeftOut::summary() const {
  if (files_.empty()) return {};
  return fmt::format("{} {}; the first: {}", files_.size(), files_.size() == 1 ? "file" : "files",
                     files_.front());
}

std::vector<std::string> classes_below(const io::Path& part, LeftOut& left_out) {
  std::vector<std::string> classes;
  for (const io::Path& entry : entries_of(part, left_out)) {
    if (kind_of(entry) != Kind::directory) {
      left_out.tell(
          fmt::format("{} is no folder; expected one folder per class in {}", entry.string(), part.string()));
    } else if (!counts_as_class(entry, left_out.skip())) {
      left_out.tell(
          fmt::format("{} is empty of pictures; expected some ({})", entry.string(), io::kPictureNames));
    } else {
      classes.push_back(entry.filename().string());
    }
  }
  if (classes.empty())
    throw DataError(fmt::format("{} is empty; expected one folder of pictures per class", part.string()));
  return classes;
}

LabelledFiles pictures_below(const io::Path& part, const std::vector<std::string>& classes,
                             const std::string& whom, LeftOut& left_out) {
  LabelledFiles all;
  for (const std::string& name : classes_below(part, left_out)) {
    const auto label = std::find(classes.begin(), classes.end(), name);
    if (label == classes.end()) {
      throw DataError(fmt::format("{}: '{}' is no class of {}\n  {}", (part / name).string(), name, whom,
                                  suggestion(name, classes)));
    }
    for (const io::Path& entry : entries_of(part / name, left_out)) {
      if (const std::string fault = fault_of(entry); !fault.empty()) {
        left_out.tell(fmt::format("{}: {}", entry.string(), fault));
        continue;
      }
      all.files.push_back(entry);
      all.labels.push_back(static_cast<std::int32_t>(label - classes.begin()));
    }
  }
  return all;
}

}  // namespace apical
