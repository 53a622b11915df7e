// SPDX-License-Identifier: Apache-2.0
#include "apical/run/export.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "apical/cli/command.h"
#include "apical/cli/escaping_stream.h"
#include "apical/cli/experiment_arguments.h"
#include "apical/cli/word_option.h"
#include "apical/io/json.h"

namespace apical::cli {
namespace {

/// As --format says, or the end of --out, or what is usual.
ExportFormat format_for(const Arguments& arguments, ExportWhat what) {
  if (const auto word = arguments.value("--format")) return word_of<ExportFormat>("--format", *word);
  const auto out = arguments.value("--out");
  if (!out) return formats_of(what).front();
  for (const std::string& word : words_of<ExportFormat>()) {
    const auto format = word_of<ExportFormat>("--format", word);
    if (io::Path(*out).extension() == suffix_of(format)) return format;
  }
  throw UsageError(fmt::format("--out {} does not say a format; give --format {}", *out,
                               join_names(words_of<ExportFormat>(), "or")));
}

int export_files(Context& context, const Arguments& arguments) {
  const io::Path run = arguments.positionals.front();
  ExportRequest request;
  const auto what = arguments.value("--what");
  if (!what)
    throw UsageError(
        fmt::format("'apical export' needs --what {}", join_names(words_of<ExportWhat>(), "or")));
  request.what = word_of<ExportWhat>("--what", *what);
  request.format = format_for(arguments, request.what);
  if (arguments.has("--seed"))
    request.seed = static_cast<std::uint64_t>(arguments.integer("--seed", 1, 0, std::int64_t{1} << 53));
  const io::Path whole = run.has_filename() ? run : run.parent_path();
  request.file = arguments.value("--out").value_or(
      fmt::format("{}-{}{}", whole.filename().string(), *what, suffix_of(request.format)));
  ThreadPool pool(threads(arguments));
  for (const io::Path& file : export_run(run, request, pool))
    context.out << escaped_line(file.string()) << '\n';
  return 0;
}

}  // namespace

Command export_command() {
  Command c;
  c.name = "export";
  c.summary = "write weights, recordings, metrics or spikes of a run in formats of other programs";
  c.positionals = {{"RUN", "the directory of a run", 1, 1}};
  c.options = {
      {"--what", "WHAT", "weights, recordings, metrics or spikes"},
      {"--format", "FORMAT",
       "weights: npz, safetensors, hdf5; recordings: npz, csv, hdf5; metrics: csv; spikes: csv, npz, hdf5 "
       "(default: what --out ends with, else the first)"},
      {"--seed", "N",
       "of this seed alone (default: of all, names then begin with seed-N/ if there are several)"},
      {"--out", "FILE",
       "where to (default: RUN-WHAT and the ending of the format, here); a file there is replaced"},
      {"--threads", "N", "threads (default: all that the process may use)"}};
  c.examples = {"apical export runs/yy --what weights --format safetensors",
                "apical export runs/yy --what metrics --out yy.csv"};
  c.run = export_files;
  return c;
}

}  // namespace apical::cli
