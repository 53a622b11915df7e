// SPDX-License-Identifier: Apache-2.0
// What commands that run experiments share: the options by which they find and change one (FILE, --set,
// --seeds), and what is said when it was stopped.
#pragma once

#include <filesystem>

#include "apical/cli/command.h"
#include "apical/core/resources.h"
#include "apical/experiment/toml/toml_reader.h"
#include "apical/io/file.h"
#include "apical/run/run.h"

namespace apical::cli {

/// --data; see data_folder.
Option data_option();
const std::vector<Option>& experiment_options();
/// The file ("-": standard input) with the changes of the command line applied. IoError with the nearest name
/// if there is none.
TomlDocument read_document(const Arguments& arguments, const std::string& path);
/// Its name without folder and extension, "stdin" of "-": what a default directory is called after.
std::string stem_of_file(const std::string& path);
/// The same changes on a document from elsewhere.
void apply_changes(TomlDocument& document, const Arguments& arguments);
/// --threads, 0 if not given.
unsigned threads(const Arguments& arguments);
/// Where data sets lie: --data, else $APICAL_DATA, else apical in $XDG_DATA_HOME (~/.local/share); empty if
/// even HOME is unset. Nothing below the command line looks at the environment.
std::filesystem::path data_folder(const Arguments& arguments);
/// --lost-host, for commands with --resume.
Option lost_host_option();
/// What a command hands to the library.
Resources resources(const Arguments& arguments, ThreadPool& pool);

/// Where the results of a command go: --out, or runs/<stem>-<number> with the first number that is free. The
/// latter is made at once, so that jobs which begin together each get one of their own. What was not there
/// before and is still empty at the end, runs/ too, is removed by the destructor.
class OutputDirectory {
 public:
  OutputDirectory(const Arguments& arguments, const std::string& stem);
  ~OutputDirectory();
  OutputDirectory(const OutputDirectory&) = delete;
  OutputDirectory& operator=(const OutputDirectory&) = delete;
  const io::Path& path() const { return path_; }

 private:
  io::Path path_;
  bool is_new_ = false, parent_is_new_ = false;
};

/// What runs noted about themselves, and what their diagnosis found, each with its label; what many say alike
/// once.
void say_notes(Context& context, const std::vector<RunResult>& runs);
void say_notes(Context& context, const std::vector<std::string>& notes);

/// Says that a run was stopped on request and how to go on ("with: apical run …"), or to begin again if there
/// is no checkpoint. The exit code.
int say_stopped(Context& context, bool has_checkpoint, const std::string& with);
/// For commands that take --resume and --out.
int say_stopped(Context& context, bool has_checkpoint, const io::Path& out);

}  // namespace apical::cli
