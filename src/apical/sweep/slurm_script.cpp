// SPDX-License-Identifier: Apache-2.0
#include "apical/sweep/slurm_script.h"

#include <fmt/format.h>

#include <algorithm>

namespace apical::sweep {
namespace {

/// For bash.
std::string quoted(const std::string& text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:/@%";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

/// Slurm takes letters of any kind in names, but people type them.
std::string job_name(const Plan& plan) {
  std::string name = plan.folder.filename().string();
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0 && c != '-' && c != '_'; },
      '_');
  return name.empty() ? "sweep" : name;
}

}  // namespace

std::string slurm_script(const Plan& plan, const std::vector<std::size_t>& tasks, const SlurmOptions& o) {
  constexpr std::size_t kLargestArray = 1000;  // MaxArraySize of Slurm, unless a site allows more
  const bool one_each = o.jobs == 0 && tasks.size() <= kLargestArray;
  const std::size_t jobs =
      one_each ? tasks.size() : std::min({o.jobs == 0 ? kLargestArray : o.jobs, tasks.size(), kLargestArray});
  const std::string folder = std::filesystem::absolute(plan.folder).string();
  std::string out =
      "#!/bin/bash\n"
      "# Written by 'apical sweep submit': what was not done then. Submitting it again does no harm.\n";
  const auto option = [&](const std::string& text) { out += "#SBATCH " + text + "\n"; };
  option("--job-name=" + job_name(plan));
  option(fmt::format("--array=0-{}{}", jobs - 1, o.at_once > 0 ? fmt::format("%{}", o.at_once) : ""));
  option("--requeue");
  option("--open-mode=append");
  option("--signal=B:USR1@120");  // to this script, two minutes before the time ends
  option("--output=" + quoted(folder + "/log/%A_%a.txt"));
  for (const std::string& given : o.sbatch) option(given);
  out += "\n";
  std::string command = quoted(o.program) + " sweep run " + quoted(folder);
  if (one_each) {
    out += fmt::format("tasks=({})\n", fmt::join(tasks, " "));
    command += " --task \"${tasks[$SLURM_ARRAY_TASK_ID]}\"";
  }
  for (const std::string& given : o.worker) command += " " + quoted(given);
  // In the background: bash keeps a signal to itself until a command in front of it has ended. A signal also
  // ends 'wait', which is then called again.
  out += command +
         " --quiet &\n"
         "worker=$!\n"
         "trap 'kill -USR1 \"$worker\"' USR1\n"
         "trap 'kill -TERM \"$worker\"' TERM\n"
         "wait \"$worker\"\n"
         "code=$?\n"
         "while [ \"$code\" -gt 128 ] && kill -0 \"$worker\" 2>/dev/null; do\n"
         "  wait \"$worker\"\n"
         "  code=$?\n"
         "done\n"
         "if [ \"$code\" -gt 128 ]; then\n"
         "  wait \"$worker\"\n"
         "  code=$?\n"
         "fi\n"
         "# 75: it has saved its state and wants to go on; 138: USR1 came before it could hear it.\n"
         "if [ \"$code\" -eq 75 ] || [ \"$code\" -eq 138 ]; then scontrol requeue \"$SLURM_JOB_ID\"; fi\n"
         "exit \"$code\"\n";
  return out;
}

}  // namespace apical::sweep
