// SPDX-License-Identifier: Apache-2.0
#include "apical/sweep/status.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <map>

#include "apical/core/build_info.h"
#include "apical/io/claimed_file.h"

namespace apical::sweep {
namespace {

constexpr double kClockToleranceS = 2;

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

void add_troubles(const Plan& plan, const PlannedTask& task, const TaskView& view, double now_s,
                  std::vector<std::string>& out) {
  const std::string name = fmt::format("task {} ({})", task.number, plan.name_of(task));
  if (view.state == TaskState::failed) {
    const FailureRecord& last = view.failures.back();
    out.push_back(
        fmt::format("{} failed {}: {}", name,
                    last.lasting ? "and would again" : fmt::format("{} times", view.failures.size()),
                    first_line(last.what)));
  }
  if (view.state == TaskState::open && !view.failures.empty()) {
    out.push_back(fmt::format("{} failed {} of {} times and will be tried again: {}", name,
                              view.failures.size(), plan.attempts, first_line(view.failures.back().what)));
  }
  if (view.state == TaskState::lost) {
    const ClaimRecord& c = view.claims.back();
    out.push_back(
        fmt::format("{} lost its worker, process {} on {}, last heard of {:.0f} s ago; the next "
                    "worker goes on with it",
                    name, c.who.pid, c.who.host, std::max(0.0, now_s - c.heard_s)));
  }
  if (view.state == TaskState::damaged)
    out.push_back(fmt::format("{} has a result that is not whole: {}; 'apical sweep retry' does it anew",
                              name, view.damage));
  for (const std::string& what : view.differing)
    out.push_back(fmt::format("{}: {}; 'apical sweep retry' does it anew", name, what));
}

/// Each once, however many tasks it has.
void add_worker_troubles(const Plan& plan, const std::vector<TaskView>& tasks,
                         std::vector<std::string>& out) {
  std::map<std::string, double> ahead;
  std::map<std::string, std::size_t> of_revision;
  for (const TaskView& view : tasks) {
    for (const ClaimRecord& c : view.claims) ahead[c.who.host] = c.clock_ahead_s;
    const std::string& version = view.done ? view.done->version : plan.version;
    const std::string& revision = view.done ? view.done->revision : plan.revision;
    if (version != plan.version || revision != plan.revision)
      ++of_revision[fmt::format("apical {} ({})", version, revision)];
  }
  for (const auto& [who, tasks_done] : of_revision) {
    out.push_back(fmt::format("{} {} done by {}, the plan was frozen by apical {} ({})", tasks_done,
                              tasks_done == 1 ? "task was" : "tasks were", who, plan.version, plan.revision));
  }
  for (const auto& [host, seconds] : ahead) {
    if (std::abs(seconds) < kClockToleranceS) continue;
    out.push_back(
        fmt::format("the clock of {} is {:.0f} s {} that of the file server; leases go by the latter", host,
                    std::abs(seconds), seconds > 0 ? "ahead of" : "behind"));
  }
}

}  // namespace

Status status_of(const Plan& plan, const Claim& known) {
  Status s;
  s.troubles = changed_since_frozen(plan);
  double now_s = 0;
  try {
    now_s = io::server_now_s(plan.folder);
  } catch (const Error& e) {
    s.troubles.push_back(fmt::format("nothing can be written here: {}", e.what()));
    now_s = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  }
  if (plan.numerics != kNumericsVersion)
    s.troubles.push_back(
        fmt::format("the plan was frozen by apical {} (numerics {}); this is {} (numerics {}) "
                    "and would give other numbers",
                    plan.version, plan.numerics, build_info().version, kNumericsVersion));
  for (const PlannedTask& task : plan.tasks) {
    s.tasks.push_back(TaskFolder(plan.folder_of(task)).look(now_s, plan.lease_s, plan.attempts, known));
    const TaskView& view = s.tasks.back();
    ++s.count.at(static_cast<std::size_t>(view.state));
    if (view.state != TaskState::done && view.state != TaskState::failed)
      s.seconds_left += task.seconds.value_or(0);
    add_troubles(plan, task, view, now_s, s.troubles);
  }
  add_worker_troubles(plan, s.tasks, s.troubles);
  return s;
}

std::size_t retry(const Plan& plan, const Claim& known) {
  std::size_t count = 0;
  const double now_s = io::server_now_s(plan.folder);
  for (const PlannedTask& task : plan.tasks) {
    const TaskFolder folder(plan.folder_of(task));
    if (folder.retry(folder.look(now_s, plan.lease_s, plan.attempts, known))) ++count;
  }
  return count;
}

}  // namespace apical::sweep
