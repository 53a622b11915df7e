// SPDX-License-Identifier: Apache-2.0
#include "apical/sweep/slurm_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>

#include "apical/core/error.h"
#include "apical/core/text_pieces.h"

namespace apical::sweep {
namespace {

constexpr int kWarningS = 120;      // before the time ends
constexpr int kMostRequeues = 100;  // a task that cannot get on must end some day

/// For bash.
std::string quoted(const std::string& text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:/@%";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

/// Of a file name for sbatch, to which % begins a pattern.
std::string without_patterns(const std::string& path) {
  std::string out;
  for (const char c : path) out += c == '%' ? std::string("%%") : std::string(1, c);
  return out;
}

bool is_whole(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

/// "90", "90:00", "1:30:00", "1-2", "1-2:30" as sbatch reads them; nothing of what it may know beside.
std::optional<double> seconds_of(const std::string& text) {
  const std::size_t dash = text.find('-');
  std::vector<double> parts;
  for (const std::string& part : pieces_of(dash == std::string::npos ? text : text.substr(dash + 1), ':')) {
    if (!is_whole(part)) return {};
    parts.push_back(std::stod(part));
  }
  if (parts.size() > 3) return {};
  constexpr double kMinute = 60, kHour = 3600, kDay = 86400;
  if (dash == std::string::npos) {
    if (parts.size() == 3) return parts[0] * kHour + parts[1] * kMinute + parts[2];
    return parts[0] * kMinute + (parts.size() == 2 ? parts[1] : 0);
  }
  const std::string days = text.substr(0, dash);
  if (!is_whole(days)) return {};
  parts.resize(3);
  return std::stod(days) * kDay + parts[0] * kHour + parts[1] * kMinute + parts[2];
}

/// A job that is told to stop as soon as it starts is requeued over and over and does nothing.
void require_time_to_work(const std::vector<std::string>& sbatch) {
  double warning_s = kWarningS;
  for (const std::string& o : sbatch) {
    const std::size_t at = o.rfind('@');
    if (!o.starts_with("--signal=") || at == std::string::npos) continue;
    const std::string seconds = o.substr(at + 1);
    if (is_whole(seconds)) warning_s = std::stod(seconds);
  }
  for (const std::string& o : sbatch) {
    if (!o.starts_with("--time=") && !o.starts_with("-t")) continue;
    const std::string given = o.substr(o.starts_with("--") ? 7 : 2);
    const std::optional<double> seconds = seconds_of(given);
    if (!seconds || *seconds == 0 || *seconds > warning_s) continue;  // 0: no limit
    throw UsageError(fmt::format(
        "{} is {:g} s, and a job is told to save its state {:g} s before its time ends: it would do "
        "nothing\n  give it minutes or hours, e.g. --time=04:00:00",
        o, *seconds, warning_s));
  }
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
  option(fmt::format("--signal=B:USR1@{}", kWarningS));  // to this script, two minutes before the time ends
  option("--output=" + quoted(without_patterns(folder) + "/log/%A_%a.txt"));
  for (const std::string& given : o.sbatch) option(given);
  require_time_to_work(o.sbatch);
  out += "\n";
  std::string command = quoted(o.program) + " sweep run " + quoted(folder);
  if (one_each) {
    out += fmt::format("tasks=({})\n", fmt::join(tasks, " "));
    command += " --task \"${tasks[$SLURM_ARRAY_TASK_ID]}\"";
  }
  for (const std::string& given : o.worker) command += " " + quoted(given);
  // Traps come first: a signal before them would end the script without a word. The worker is in the
  // background, since bash keeps a signal to itself until a command in front of it has ended. A signal also
  // ends 'wait', which is then called again.
  out +=
      "worker= time_ends=0 told_to_end=0\n"
      "trap 'time_ends=1; [ -z \"$worker\" ] || kill -USR1 \"$worker\"' USR1\n"
      "trap 'told_to_end=1; [ -z \"$worker\" ] || kill -TERM \"$worker\"' TERM\n" +
      command +
      " --quiet &\n"
      "worker=$!\n"
      "if [ $((time_ends + told_to_end)) -gt 0 ]; then kill -TERM \"$worker\"; fi\n"
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
      "# 75: it has saved its state and wants to go on; 138, 143: a signal came before it could hear it. Who "
      "sends\n"
      "# TERM, as scancel does, wants it to end; a preempted job is requeued by Slurm itself.\n"
      "case $code in 75 | 138 | 143) stopped=1 ;; *) stopped=0 ;; esac\n"
      "if [ \"$stopped\" -eq 1 ] && [ \"$time_ends\" -eq 1 ] && [ \"$told_to_end\" -eq 0 ]; then\n" +
      fmt::format("  if [ \"${{SLURM_RESTART_COUNT:-0}}\" -lt {} ]; then\n", kMostRequeues) +
      "    scontrol requeue \"$SLURM_JOB_ID\"\n"
      "  else\n"
      "    echo 'requeued too often; its state is saved: apical sweep submit goes on' >&2\n"
      "  fi\n"
      "fi\n"
      "exit \"$code\"\n";
  return out;
}

}  // namespace apical::sweep
