// SPDX-License-Identifier: Apache-2.0
// The options by which commands find and change an experiment: FILE, --set, --seeds.
#pragma once

#include "apical/cli/command.h"
#include "apical/experiment/toml_reader.h"

namespace apical::cli {

/// --data, which every command that has it honours without more.
Option data_option();
const std::vector<Option>& experiment_options();
/// The file with the changes of the command line applied.
TomlDocument read_document(const Arguments& arguments, const std::string& path);
/// The same changes on a document from elsewhere.
void apply_changes(TomlDocument& document, const Arguments& arguments);
/// --threads, 0 if not given.
unsigned threads(const Arguments& arguments);
/// --out, or runs/<stem>-<number> for the first number that is free.
std::string output_directory(const Arguments& arguments, const std::string& stem);

}  // namespace apical::cli
