// SPDX-License-Identifier: Apache-2.0
#include "apical/cli/experiment_arguments.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

namespace apical::cli {

Option data_option() {
  return {"--data", "DIR", "directory of data sets (default: APICAL_DATA, else XDG_DATA_HOME/apical)"};
}

const std::vector<Option>& experiment_options() {
  static const std::vector<Option> options{
      {"--set", "KEY=VALUE", "change a key of the experiment, e.g. training.epochs=10", true},
      {"--seeds", "N or LIST", "seeds 1 … N, or a list such as 3,5,8 (default: those of the experiment)"},
      data_option(),
      {"--threads", "N", "threads (default: all that the process may use)"},
  };
  return options;
}

void apply_changes(TomlDocument& document, const Arguments& arguments) {
  for (const std::string& change : arguments.values("--set")) document.set(change, "variant");
  if (const auto seeds = arguments.value("--seeds")) {
    const bool digits = seeds->find_first_not_of("0123456789,") == std::string::npos && !seeds->empty();
    if (!digits)
      throw UsageError(
          fmt::format("--seeds is '{}'; expected a count such as 10 or a list such as 3,5,8", *seeds));
    const bool list = seeds->find(',') != std::string::npos;
    document.set(list ? fmt::format("run.seeds=[{}]", *seeds) : fmt::format("run.seeds={}", *seeds),
                 "variant");
  }
}

TomlDocument read_document(const Arguments& arguments, const std::string& path) {
  TomlDocument document = TomlDocument::read(path);
  apply_changes(document, arguments);
  return document;
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

Resources resources(const Arguments& arguments, ThreadPool& pool) { return {pool, data_folder(arguments)}; }

std::string output_directory(const Arguments& arguments, const std::string& stem) {
  if (const auto out = arguments.value("--out")) return *out;
  for (int number = 1;; ++number) {
    std::string path = fmt::format("runs/{}-{:03d}", stem, number);
    if (!std::filesystem::exists(path)) return path;
  }
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
