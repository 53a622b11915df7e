// SPDX-License-Identifier: Apache-2.0
#include "apical/cli/experiment_arguments.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <sstream>

#include "apical/cli/shipped_experiments.h"
#include "apical/core/equal_messages.h"
#include "apical/io/available_memory.h"
#include "apical/io/directory.h"

namespace apical::cli {

Option data_option() {
  return {"--data", "DIR", "directory of data sets (default: APICAL_DATA, else XDG_DATA_HOME/apical)"};
}

const std::vector<Option>& experiment_options() {
  static const std::vector<Option> options{
      {"--set", "KEY=VALUE", "change a key of the experiment, e.g. training.epochs=10", true},
      {"--seeds", "N or LIST",
       "seeds 1 … N, or a list such as 3,5,8; '42,' is seed 42 alone (default: those of the experiment)"},
      data_option(),
      {"--threads", "N", "threads (default: all that the process may use)"},
      {"--ignore-memory", "", "go on although more memory is needed than is available"},
  };
  return options;
}

void apply_changes(TomlDocument& document, const Arguments& arguments) {
  for (const std::string& change : arguments.values("--set")) document.set(change, "variant");
  if (const auto seeds = arguments.value("--seeds")) {
    const bool digits = seeds->find_first_not_of("0123456789,") == std::string::npos &&
                        seeds->front() != ',' && seeds->find(",,") == std::string::npos &&
                        seeds->find_first_not_of('0') != std::string::npos;
    if (!digits)
      throw UsageError(fmt::format(
          "--seeds is '{}'; expected a count such as 10, a list such as 3,5,8, or '42,' for seed 42 alone",
          *seeds));
    const bool list = seeds->find(',') != std::string::npos;
    document.set(list ? fmt::format("run.seeds=[{}]", *seeds) : fmt::format("run.seeds={}", *seeds),
                 "variant");
  }
}

namespace {

/// What people have in mind who name a file that is not there: one beside it, or one that comes with Apical.
std::string nearest_file(const io::Path& missing) {
  const io::Path folder = missing.has_parent_path() ? missing.parent_path() : io::Path(".");
  std::vector<std::string> files;
  if (io::directory_exists(folder)) {
    for (const std::string& name : io::list_directory(folder)) files.push_back(name);
  }
  const std::string wanted = missing.filename().string();
  for (const std::string& name : {wanted, wanted + ".toml"}) {
    if (const std::string near = nearest_name(name, files); !near.empty())
      return (missing.has_parent_path() ? folder / near : io::Path(near)).string();
  }
  try {
    const io::Path root = shipped_experiments();
    std::vector<std::string> shipped;
    for (const std::string& group : io::list_directory(root)) {
      if (!io::directory_exists(root / group)) continue;
      for (const std::string& name : io::list_directory(root / group))
        shipped.push_back((io::Path(group) / name).string());
    }
    const std::string text = missing.lexically_normal().string();
    for (const std::string& name : {text, text + ".toml"}) {
      for (const std::string& file : shipped) {
        std::string whole = (root / file).lexically_normal().string();
        if (whole.ends_with("/" + name) || file == name) return whole;
      }
      std::vector<std::string> long_names = shipped;
      for (const std::string& file : shipped) long_names.push_back("experiments/" + file);
      if (std::string near = nearest_name(name, long_names); !near.empty()) {
        constexpr std::string_view kFolder = "experiments/";
        if (near.starts_with(kFolder)) near = near.substr(kFolder.size());
        return (root / near).string();
      }
    }
  } catch (const Error&) {  // none come with this program
  }
  return "";
}

TomlDocument read_file(const std::string& path) {
  if (path == "-") {
    std::ostringstream text;
    text << std::cin.rdbuf();
    return TomlDocument::parse(text.str(), "standard input");
  }
  if (!io::file_exists(path)) {
    const std::string near = nearest_file(path);
    throw IoError(fmt::format("{}: cannot open: No such file or directory\n  {}", path,
                              near.empty() ? "expected an experiment as a TOML file, or - for standard input"
                                           : fmt::format("did you mean {}?", near)));
  }
  return TomlDocument::parse(io::read_text_or_pipe(path), path);
}

}  // namespace

TomlDocument read_document(const Arguments& arguments, const std::string& path) {
  TomlDocument document = read_file(path);
  apply_changes(document, arguments);
  return document;
}

std::string stem_of_file(const std::string& path) {
  return path == "-" ? "stdin" : io::Path(path).stem().string();
}

unsigned threads(const Arguments& arguments) {
  return static_cast<unsigned>(arguments.integer("--threads", 0, 1, 4096));
}

std::filesystem::path data_folder(const Arguments& arguments) {
  if (const auto given = arguments.value("--data")) {
    if (given->empty()) throw UsageError("--data is empty; expected the directory of data sets");
    return *given;
  }
  const auto from_environment = [](const char* name) -> std::filesystem::path {
    const char* const value = std::getenv(name);
    return value == nullptr ? "" : value;
  };
  if (auto named = from_environment("APICAL_DATA"); !named.empty()) return named;
  // A relative XDG_DATA_HOME is to be ignored (XDG Base Directory Specification 0.8).
  if (const auto data = from_environment("XDG_DATA_HOME"); data.is_absolute()) return data / "apical";
  if (const auto home = from_environment("HOME"); !home.empty()) return home / ".local" / "share" / "apical";
  return {};
}

namespace {

/// Slurm tells a job how often it has been put back into the queue.
Claim claim_of(const Arguments& arguments) {
  Claim claim;
  claim.lost_host = arguments.value("--lost-host").value_or("");
  const char* const job = std::getenv("SLURM_JOB_ID");
  if (job == nullptr || *job == '\0') return claim;
  const char* const cluster = std::getenv("SLURM_CLUSTER_NAME");  // numbers of jobs are of one cluster
  claim.job = fmt::format("slurm {} of {}", job, cluster == nullptr ? "" : cluster);
  const char* const restarts = std::getenv("SLURM_RESTART_COUNT");
  const std::string_view count = restarts == nullptr ? "" : restarts;
  std::from_chars(count.data(), count.data() + count.size(), claim.attempt);
  return claim;
}

}  // namespace

Option lost_host_option() {
  return {"--lost-host", "HOST",
          "with --resume: no process lives on HOST any more, its locks may be taken over (a job that Slurm "
          "requeues "
          "does so by itself)"};
}

Resources resources(const Arguments& arguments, ThreadPool& pool) {
  return {pool, data_folder(arguments), claim_of(arguments),
          arguments.has("--ignore-memory") ? Memory{} : available_memory()};
}

OutputDirectory::OutputDirectory(const Arguments& arguments, const std::string& stem) {
  if (const auto out = arguments.value("--out")) {
    path_ = *out;
    if (out->starts_with('-'))
      throw UsageError(fmt::format(
          "--out is '{}', which looks like an option; expected a directory (./{} if it is one)", *out, *out));
    is_new_ = !io::file_exists(path_);
    return;
  }
  const io::Path all = "runs";
  parent_is_new_ = !io::directory_exists(all);
  for (int number = 1; !is_new_; ++number) {
    path_ = all / fmt::format("{}-{:03d}", stem, number);
    is_new_ = io::make_new_directory(path_);
  }
}

OutputDirectory::~OutputDirectory() {
  std::error_code kept;  // as they are if anything is in them
  if (is_new_) std::filesystem::remove(path_, kept);
  if (parent_is_new_) std::filesystem::remove(path_.parent_path(), kept);
}

void say_notes(Context& context, const std::vector<RunResult>& runs) {
  std::vector<Message> all;
  for (const RunResult& r : runs) {
    for (const std::string& note : notes_of(r)) all.push_back({r.label, note});
  }
  say_notes(context, grouped(all));
}

void say_notes(Context& context, const std::vector<std::string>& notes) {
  for (const std::string& note : notes) context.err << "apical: " << note << '\n';
}

int say_stopped(Context& context, bool has_checkpoint, const std::string& with) {
  context.err << fmt::format(
      "apical: stopped {} {}\n",
      has_checkpoint ? "with a checkpoint; go on" : "before there was a checkpoint; begin again", with);
  return static_cast<int>(ExitCode::resumable);
}

int say_stopped(Context& context, bool has_checkpoint, const io::Path& out) {
  return say_stopped(context, has_checkpoint,
                     fmt::format("with the same command, --resume and --out {}", out.string()));
}

}  // namespace apical::cli
