// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "apical/cli/command.h"
#include "apical/cli/escaping_stream.h"
#include "apical/cli/result_table.h"
#include "apical/io/json.h"
#include "apical/run/diagnosis_file.h"
#include "apical/run/runs_in.h"

namespace apical::cli {
namespace {

/// A run whose end has been examined: anything before is judged by what was measured on the way.
bool has_finished(const io::Path& run) { return io::file_exists(run / "summary.json"); }

nlohmann::json json_of(const std::string& label, bool finished, const std::vector<Finding>& findings) {
  nlohmann::json j{{"label", label}, {"finished", finished}, {"findings", nlohmann::json::array()}};
  for (const Finding& f : findings) {
    j["findings"].push_back({{"check", f.check},
                             {"verdict", name_of(f.verdict)},
                             {"measured", f.measured},
                             {"why", f.why},
                             {"remedy", f.remedy}});
  }
  return j;
}

void print(std::ostream& out, const std::string& label, const std::vector<Finding>& findings) {
  std::vector<std::vector<std::string>> rows{{"check", "verdict", "measured"}};
  for (const Finding& f : findings) rows.push_back({f.check, std::string(name_of(f.verdict)), f.measured});
  out << label << '\n' << text_table(rows);
  for (const Finding& f : attention_to(findings))
    out << fmt::format("{}: {} Try: {}\n", f.check, f.why, f.remedy);
}

int run_diagnose(Context& context, const Arguments& arguments) {
  nlohmann::json all{{"schema", "apical-diagnosis/1"}, {"runs", nlohmann::json::array()}};
  bool wants_attention = false, any = false;
  for (const io::Path& run : runs_in(arguments.positionals.front())) {
    if (!io::file_exists(run / "manifest.json")) continue;  // planned, not begun
    any = true;
    const std::string label = io::read_json(run / "manifest.json").at("label");
    const std::vector<Finding> findings = diagnose_run(run);
    wants_attention |= !attention_to(findings).empty();
    if (!has_finished(run)) {
      context.err << fmt::format(
          "apical: {} has not finished ({}): only what was measured until now is judged\n",
          escaped_line(label), run.string());
    }
    if (arguments.has("--json")) {
      all["runs"].push_back(json_of(label, has_finished(run), findings));
    } else {
      print(context.out, label, findings);
    }
  }
  if (!any) throw DataError(fmt::format("no run of {} has begun", arguments.positionals.front()));
  if (arguments.has("--json")) context.out << io::json_text(all);
  return static_cast<int>(wants_attention ? ExitCode::check_failed : ExitCode::ok);
}

}  // namespace

Command diagnose_command() {
  Command c;
  c.name = "diagnose";
  c.summary = "whether results are to be trusted: saturated or dead units, chance, time step and more";
  c.positionals = {{"RUN", "directory of a run or of a comparison", 1, 1}};
  c.examples = {"apical diagnose runs/error-neurons-001"};
  c.run = run_diagnose;
  return c;
}

}  // namespace apical::cli
