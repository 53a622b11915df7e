// SPDX-License-Identifier: Apache-2.0
#include "apical/run/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "apical/cli/command.h"
#include "apical/cli/experiment_arguments.h"
#include "apical/cli/text_table.h"
#include "apical/io/json.h"
#include "apical/run/runs_in.h"
#include "apical/run/seals.h"

namespace apical::cli {
namespace {

struct VerifiedRun {
  io::Path run;
  std::vector<VerifiedFile> files;
  std::vector<std::string> repaired;
  bool is_bad() const {
    return std::any_of(files.begin(), files.end(), [](const VerifiedFile& f) { return f.is_bad(); });
  }
};

VerifiedRun verified(const io::Path& run, bool repair) {
  VerifiedRun out{run, {}, {}};
  if (repair) out.repaired = repair_run(run);
  out.files = verify_run(run);
  return out;
}

nlohmann::json json_of(const VerifiedRun& r) {
  nlohmann::json j{{"run", r.run.string()},
                   {"intact", !r.is_bad()},
                   {"files", nlohmann::json::array()},
                   {"repaired", r.repaired}};
  for (const VerifiedFile& f : r.files)
    j["files"].push_back({{"file", f.file}, {"state", name_of(f.state)}, {"remark", f.remark}});
  return j;
}

void print(std::ostream& out, const VerifiedRun& r) {
  std::vector<std::vector<std::string>> rows{{"file", "state", "remark"}};
  for (const VerifiedFile& f : r.files) rows.push_back({f.file, std::string(name_of(f.state)), f.remark});
  out << r.run.string() << '\n';
  for (const std::string& done : r.repaired) out << done << '\n';
  out << text_table(rows);
}

int run_verify(Context& context, const Arguments& arguments) {
  nlohmann::json all{{"schema", "apical-verify/1"}, {"runs", nlohmann::json::array()}};
  bool bad = false, any = false;
  const auto tell = [&](const VerifiedRun& run) {
    bad |= run.is_bad();
    if (arguments.has("--json")) {
      all["runs"].push_back(json_of(run));
    } else {
      print(context.out, run);
    }
  };
  std::vector<io::Path> folders = protocols_in(arguments.positionals.front());
  if (folders.empty()) folders.emplace_back(arguments.positionals.front());
  std::vector<io::Path> runs;
  for (const io::Path& folder : folders) {
    for (const io::Path& run : gone_from(folder))
      tell({run, {{"manifest.json", VerifiedFile::State::missing, "the comparison had finished"}}, {}});
    const std::vector<io::Path> some = runs_in(folder);
    runs.insert(runs.end(), some.begin(), some.end());
  }
  for (const io::Path& run : runs) {
    if (!io::file_exists(run / "experiment.toml")) continue;  // planned, not begun
    any = true;
    tell(verified(run, arguments.has("--repair")));
  }
  // Of a protocol, what all of its runs together found.
  for (const io::Path& folder : folders) {
    if (!io::file_exists(folder / "experiment.toml")) require_intact(folder, {"results.h5"});
  }
  if (!any && !bad) throw DataError(fmt::format("no run of {} has begun", arguments.positionals.front()));
  if (arguments.has("--json")) context.out << io::json_text(all);
  return static_cast<int>(bad ? ExitCode::check_failed : ExitCode::ok);
}

}  // namespace

Command verify_command() {
  Command c;
  c.name = "verify";
  c.summary = "whether the files of a run are those that it wrote";
  c.positionals = {{"RUN", "directory of a run or of a comparison", 1, 1}};
  c.options = {
      {"--repair", "", "remove pieces of files and torn lines, set damaged checkpoints and summaries aside"}};
  c.examples = {"apical verify runs/error-neurons-001"};
  c.run = run_verify;
  return c;
}

}  // namespace apical::cli
