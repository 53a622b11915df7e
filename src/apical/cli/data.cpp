// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>

#include "apical/cli/experiment_arguments.h"
#include "apical/io/download.h"
#include "apical/io/json.h"
#include "apical/tasks/cifar10_conversion.h"
#include "apical/tasks/fetch_data.h"
#include "apical/tasks/published_data.h"

namespace apical::cli {
namespace {

std::filesystem::path base_directory(const Arguments& arguments) {
  std::filesystem::path base = data_folder(arguments);
  if (base.empty()) throw UsageError("no data directory is known: name one with --data DIR or APICAL_DATA");
  require_folder(base);
  return base;
}

nlohmann::json json_of(const CheckedFile& f, bool checked) {
  nlohmann::json one{{"name", f.name},
                     {"path", f.path.empty() ? nlohmann::json() : nlohmann::json(f.path.string())}};
  one["state"] = checked || f.path.empty() ? std::string(name_of(f.state)) : "found";
  if (!f.remark.empty()) one["remark"] = f.remark;
  return one;
}

void no_more_than(const Arguments& arguments, std::size_t most, const char* form) {
  if (arguments.positionals.size() > most) {
    throw UsageError(fmt::format("unexpected argument '{}'; expected {}", arguments.positionals[most], form));
  }
}

int list(Context& context, const Arguments& arguments) {
  no_more_than(arguments, 1, "apical data list");
  const std::filesystem::path base = base_directory(arguments);
  nlohmann::json all{
      {"schema", "apical-data-list/1"}, {"directory", base.string()}, {"sets", nlohmann::json::array()}};
  std::string text = fmt::format("in {}:\n", base.string());
  for (const PublishedData& set : published_data()) {
    const std::vector<CheckedFile> files = locate(set, base);
    std::uint64_t bytes = 0;
    for (const PublishedFile& f : set.files) bytes += f.bytes;
    nlohmann::json one{{"name", set.name},       {"title", set.source.title}, {"citation", set.citation},
                       {"licence", set.licence}, {"homepage", set.homepage},  {"bytes", bytes}};
    text += fmt::format("{}\n  {}\n  licence: {}; {}\n  {:.1f} MB unpacked\n", set.name, set.citation,
                        set.licence, set.homepage, static_cast<double>(bytes) / 1e6);
    for (const CheckedFile& f : files) {
      one["files"].push_back(json_of(f, false));
      text += fmt::format("    {:<26} {}\n", f.name, f.path.empty() ? "missing" : f.path.string());
    }
    all["sets"].push_back(std::move(one));
  }
  context.out << (arguments.has("--json") ? io::json_text(all) : text);
  return 0;
}

/// Without names: the sets of which at least one file is there.
int verify_sets(Context& context, const Arguments& arguments) {
  const std::filesystem::path base = base_directory(arguments);
  const bool named = arguments.positionals.size() > 1;
  nlohmann::json all{{"schema", "apical-data-verification/1"},
                     {"directory", base.string()},
                     {"sets", nlohmann::json::array()}};
  std::string text;
  bool missing = false, damaged = false;
  for (const PublishedData& set : published_data()) {
    const auto& names = arguments.positionals;
    if (named && std::find(names.begin() + 1, names.end(), set.name) == names.end()) continue;
    const std::vector<CheckedFile> located = locate(set, base);
    const bool absent =
        std::all_of(located.begin(), located.end(), [](const CheckedFile& f) { return f.path.empty(); });
    if (absent && !named) {
      text += fmt::format("{}: not here\n", set.name);
      continue;
    }
    nlohmann::json one{{"name", set.name}, {"files", nlohmann::json::array()}};
    text += set.name + "\n";
    for (const CheckedFile& f : verify(set, base)) {
      missing = missing || f.state == FileState::missing;
      damaged = damaged || f.state == FileState::damaged;
      one["files"].push_back(json_of(f, true));
      text += fmt::format("  {:<10} {}{}\n", name_of(f.state), f.path.empty() ? f.name : f.path.string(),
                          f.remark.empty() ? "" : ": " + f.remark);
    }
    if (absent) text += fmt::format("  {}\n", set.source.how_to_get);
    all["sets"].push_back(std::move(one));
  }
  all["missing"] = missing;
  all["damaged"] = damaged;
  context.out << (arguments.has("--json") ? io::json_text(all) : text);
  if (damaged) return static_cast<int>(ExitCode::invalid_input);
  return static_cast<int>(missing ? ExitCode::check_failed : ExitCode::ok);
}

int verify_command(Context& context, const Arguments& arguments) {
  for (std::size_t i = 1; i < arguments.positionals.size(); ++i)
    find_published_data(arguments.positionals[i]);
  return verify_sets(context, arguments);
}

int fetch_set(Context& context, const Arguments& arguments) {
  no_more_than(arguments, 2, "apical data fetch NAME");
  if (arguments.positionals.size() < 2)
    throw UsageError("'apical data fetch' needs the name of a data set\n  e.g. apical data fetch mnist");
  const PublishedData& set = find_published_data(arguments.positionals[1]);
  FetchOptions options;
  options.from = arguments.value("--from").value_or("");
  const bool shown = context.err_is_terminal && !arguments.has("--quiet");
  auto last = std::chrono::steady_clock::now();
  options.progress = [&](const std::string& file, std::uint64_t have, std::uint64_t all) {
    const auto now = std::chrono::steady_clock::now();
    if (shown && now - last > std::chrono::milliseconds(200)) {
      last = now;
      const std::string of = all > 0 ? fmt::format(" of {:.1f}", static_cast<double>(all) / 1e6) : "";
      if (context.control != nullptr) *context.control << '\r';
      context.err << fmt::format("{}: {:.1f}{} MB ", file, static_cast<double>(have) / 1e6, of) << std::flush;
    }
    return !context.stop->load();
  };
  try {
    const std::filesystem::path folder = fetch(set, base_directory(arguments), options);
    if (shown) context.err << '\n';
    context.out << fmt::format("{} is in {}\n", set.name, folder.string());
  } catch (const io::NetworkError& e) {
    if (shown) context.err << '\n';
    if (!context.stop->load()) throw;
    context.err << "apical: stopped; the same command goes on with what has come\n";
    return static_cast<int>(ExitCode::resumable);
  }
  return 0;
}

int convert(Context& context, const Arguments& arguments) {
  const auto& given = arguments.positionals;
  no_more_than(arguments, 3, "apical data convert cifar10 ARCHIVE");
  if (given.size() < 3)
    throw UsageError(
        "'apical data convert' needs a data set and an archive or folder\n  e.g. apical data convert cifar10 "
        "cifar10-jpeg.tar.xz");
  if (given[1] != "cifar10") {
    find_published_data(given[1]);
    throw UsageError(fmt::format("no conversion is known for '{}'; expected cifar10", given[1]));
  }
  CifarConversion how;
  how.seed = static_cast<std::uint64_t>(arguments.integer("--seed", 0, 0, INT64_MAX));
  const std::filesystem::path folder = base_directory(arguments) / "cifar10";
  ThreadPool pool(threads(arguments));
  const auto start = std::chrono::steady_clock::now();
  const ConvertedCifar done = convert_cifar10(given[2], folder, how, pool);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  context.out << fmt::format("cifar10: {} training and {} test pictures in {}, {:.1f} s\n  {}\n", done.train,
                             done.test, folder.string(), seconds, done.variant);
  if (done.left_out.empty()) return 0;
  constexpr std::size_t kNamed = 10;
  context.err << fmt::format("apical: {} files were left out:\n", done.left_out.size());
  for (std::size_t i = 0; i < std::min(kNamed, done.left_out.size()); ++i)
    context.err << fmt::format("  {}\n", done.left_out[i]);
  if (done.left_out.size() > kNamed)
    context.err << fmt::format("  and {} more\n", done.left_out.size() - kNamed);
  return 0;
}

std::vector<std::string> data_actions() { return {"list", "verify", "fetch", "convert"}; }

int data(Context& context, const Arguments& arguments) {
  const std::string& action = arguments.positionals.front();
  if (arguments.has("--from") && action != "fetch") throw UsageError("--from belongs to 'apical data fetch'");
  if (arguments.has("--seed") && action != "convert")
    throw UsageError("--seed belongs to 'apical data convert'");
  if (arguments.has("--json") && action != "list" && action != "verify") {
    throw UsageError(fmt::format("'apical data {}' has no --json; 'list' and 'verify' have", action));
  }
  if (action == "list") return list(context, arguments);
  if (action == "verify") return verify_command(context, arguments);
  if (action == "fetch") return fetch_set(context, arguments);
  if (action == "convert") return convert(context, arguments);
  throw UsageError(
      fmt::format("unknown action '{}' of 'apical data'\n  {}", action, suggestion(action, data_actions())));
}

}  // namespace

Command data_command() {
  Command c;
  c.name = "data";
  c.summary = "data sets: what there is, whether it is whole, how to get it";
  c.positionals = {
      {"ACTION", "list, verify [NAME...], fetch NAME, or convert cifar10 ARCHIVE", 1, 1, data_actions},
      {"ARGUMENT", "names of data sets; an archive or folder of pictures", 0, 16}};
  c.options = {
      data_option(),
      {"--from", "URL", "fetch from here instead of the publisher: a folder with files of the same names"},
      {"--seed", "N", "order of the converted pictures (default 0)"},
      {"--threads", "N", "threads (default: all that the process may use)"}};
  c.examples = {"apical data list", "apical data verify mnist",
                "apical data fetch fashion-mnist --data ~/data",
                "apical data convert cifar10 cifar10-jpeg.tar.xz --data ~/data"};
  c.run = data;
  return c;
}

}  // namespace apical::cli
