// SPDX-License-Identifier: Apache-2.0
#include "apical/sweep/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <variant>

#include "apical/core/build_info.h"
#include "apical/experiment/same_experiment.h"
#include "apical/io/directory.h"
#include "apical/io/hash.h"
#include "apical/io/json.h"
#include "apical/io/run_lock.h"
#include "apical/run/forecast.h"
#include "apical/run/place_of_results.h"
#include "apical/run/provenance.h"
#include "apical/run/seed_packs.h"
#include "apical/study/compare.h"
#include "apical/sweep/as_variant.h"

namespace apical::sweep {
namespace {

constexpr const char* kSchema = "apical-sweep-plan/1";

/// What is run, apart from who planned it when and how long it may take.
nlohmann::json content_of(const Plan& plan) {
  nlohmann::json j{{"schema", kSchema},
                   {"comparison", plan.comparison},
                   {"lease_s", plan.lease_s},
                   {"attempts", plan.attempts},
                   {"experiments", nlohmann::json::array()},
                   {"tasks", nlohmann::json::array()}};
  if (plan.protocol) j["protocol"] = true;
  for (const PlannedExperiment& e : plan.experiments) {
    nlohmann::json one{{"label", e.label}, {"xxh3", e.xxh3}, {"seeds", e.seeds}};
    if (e.point) one["sweep"] = json_of(*e.point);
    j["experiments"].push_back(std::move(one));
  }
  for (const PlannedTask& t : plan.tasks)
    j["tasks"].push_back(
        {{"number", t.number}, {"experiment", t.experiment}, {"seeds", t.seeds}, {"xxh3", t.xxh3}});
  return j;
}

nlohmann::json json_of(const Plan& plan) {
  nlohmann::json j = content_of(plan);
  for (std::size_t i = 0; i < plan.tasks.size(); ++i) {
    if (plan.tasks[i].seconds) j["tasks"][i]["seconds"] = *plan.tasks[i].seconds;
  }
  j["apical"] = {{"version", plan.version}, {"revision", plan.revision}, {"numerics", plan.numerics}};
  j["created"] = utc_now();
  return j;
}

Plan plan_of(const nlohmann::json& j, const io::Path& folder) {
  Plan plan;
  plan.folder = folder;
  plan.comparison = j.at("comparison");
  plan.protocol = j.value("protocol", false);
  plan.lease_s = j.at("lease_s");
  plan.attempts = j.at("attempts");
  plan.version = j.at("apical").at("version");
  plan.revision = j.at("apical").at("revision");
  plan.numerics = j.at("apical").at("numerics");
  for (const nlohmann::json& e : j.at("experiments")) {
    PlannedExperiment one{e.at("label"), e.at("xxh3"), e.at("seeds").get<std::vector<std::uint64_t>>(), {}};
    if (e.contains("sweep")) {
      const nlohmann::json& p = e.at("sweep");
      one.point = SweepPoint{p.at("name"), p.at("at"), p.at("label"), p.at("logarithmic"), p.at("series")};
    }
    plan.experiments.push_back(std::move(one));
  }
  for (const nlohmann::json& t : j.at("tasks")) {
    PlannedTask one{t.at("number"),
                    t.at("experiment"),
                    t.at("seeds").get<std::vector<std::uint64_t>>(),
                    t.at("xxh3"),
                    {}};
    if (t.contains("seconds")) one.seconds = t.at("seconds").get<double>();
    plan.tasks.push_back(std::move(one));
  }
  return plan;
}

/// What both plans run, and why they are not the same.
std::vector<std::string> differences(const Plan& frozen, const Plan& now,
                                     const std::vector<Experiment>& experiments) {
  std::vector<std::string> out;
  const auto with_label = [](const Plan& plan, const std::string& label) {
    return std::find_if(plan.experiments.begin(), plan.experiments.end(),
                        [&](const PlannedExperiment& e) { return e.label == label; });
  };
  for (const PlannedExperiment& e : frozen.experiments) {
    if (with_label(now, e.label) == now.experiments.end())
      out.push_back(fmt::format("'{}' is in the frozen plan and not in this one", e.label));
  }
  for (std::size_t i = 0; i < now.experiments.size(); ++i) {
    const PlannedExperiment& e = now.experiments[i];
    const auto before = with_label(frozen, e.label);
    if (before == frozen.experiments.end()) {
      out.push_back(fmt::format("'{}' is in this plan and not in the frozen one", e.label));
      continue;
    }
    if (before->seeds != e.seeds) {
      out.push_back(fmt::format("'{}' has other seeds: {} in the frozen plan, {} in this one", e.label,
                                fmt::join(before->seeds, ","), fmt::join(e.seeds, ",")));
    } else if (before->xxh3 != e.xxh3) {
      const auto at = static_cast<std::size_t>(before - frozen.experiments.begin());
      const std::vector<std::string> keys =
          differing_keys(io::read_text(frozen.file_of(at)), experiments[i].resolved);
      out.push_back(fmt::format("'{}' is another experiment: {} {}", e.label, join_names(keys),
                                keys.size() == 1 ? "differs" : "differ"));
    }
  }
  if (out.empty() && frozen.lease_s != now.lease_s)
    out.push_back(fmt::format("the lease is {:g} s in the frozen plan, {:g} s in this one", frozen.lease_s,
                              now.lease_s));
  if (out.empty() && frozen.attempts != now.attempts)
    out.push_back(
        fmt::format("{} attempts in the frozen plan, {} in this one", frozen.attempts, now.attempts));
  if (out.empty())
    out.push_back(fmt::format("seeds are divided into {} tasks in the frozen plan, {} in this one",
                              frozen.tasks.size(), now.tasks.size()));
  return out;
}

std::optional<double> seconds_of(const Forecast& f) {
  for (const auto& [name, number] : f.figures) {
    if (name == "seconds") return std::visit([](const auto& x) { return static_cast<double>(x); }, number);
  }
  return {};
}

/// Empty if it is as frozen.
std::string changed_file(const io::Path& file, const std::string& xxh3) {
  if (!io::file_exists(file)) return fmt::format("{} is missing", file.string());
  return io::xxh3_hex(io::read_text(file)) == xxh3
             ? ""
             : fmt::format("{} was changed after the plan was frozen", file.string());
}

std::string changed_plan(const Plan& plan) {
  const io::Path frozen = plan.folder / "frozen";
  std::string hash = io::file_exists(frozen) ? io::read_text(frozen) : "";
  while (!hash.empty() && hash.back() == '\n') hash.pop_back();
  return changed_file(plan.folder / "plan.json", hash);
}

void refuse_changed(const std::string& changed) {
  if (!changed.empty()) throw DataError(changed + "\n  put it back, or plan anew in another folder");
}

void refuse_other_content(const io::Path& folder) {
  require_outside_of_runs(folder);
  if (!io::file_exists(folder)) return;
  if (!io::directory_exists(folder)) throw IoError(fmt::format("{} is not a directory", folder.string()));
  if (!io::list_directory(folder).empty())
    throw IoError(fmt::format("{} is not empty and holds no plan; choose another --out", folder.string()));
}

/// In a folder of its own, then renamed: a plan is there whole or not at all.
void write_plan(const Plan& plan, const std::vector<Experiment>& experiments,
                const std::vector<Experiment>& of_tasks) {
  Plan beside = plan;
  beside.folder += fmt::format(".planning-{}-{}", io::this_process().host, io::this_process().pid);
  try {
    io::make_directories(beside.folder / "experiments");
    for (std::size_t i = 0; i < experiments.size(); ++i)
      io::write_atomically(beside.file_of(i), experiments[i].resolved);
    for (std::size_t i = 0; i < plan.tasks.size(); ++i) {
      const io::Path folder = beside.folder_of(plan.tasks[i]);
      io::make_directories(folder);
      io::write_atomically(folder / "experiment.toml", of_tasks[i].resolved);
    }
    const std::string text = io::json_text(json_of(plan));
    io::write_atomically(beside.folder / "plan.json", text);
    io::write_atomically(beside.folder / "frozen", io::xxh3_hex(text) + "\n");
    io::rename_file(beside.folder, plan.folder);
  } catch (const Error&) {
    std::error_code kept;  // what cannot be removed, either, is in nobody's way
    std::filesystem::remove_all(beside.folder, kept);
    throw;
  }
}

}  // namespace

io::Path Plan::folder_of(const PlannedTask& task) const {
  constexpr std::size_t kPerFolder = 1000;  // more make some network disks slow
  return folder / "tasks" / fmt::format("{:04}", task.number / kPerFolder) /
         fmt::format("{:06}", task.number);
}

io::Path Plan::file_of(std::size_t experiment) const {
  return folder / "experiments" / fmt::format("{:04}.toml", experiment + 1);
}

std::string Plan::name_of(const PlannedTask& task) const {
  const std::vector<std::uint64_t>& s = task.seeds;
  const bool row = s.size() > 2 && s.back() - s.front() + 1 == s.size() && std::is_sorted(s.begin(), s.end());
  const std::string seeds =
      row ? fmt::format("{} to {}", s.front(), s.back()) : fmt::format("{}", fmt::join(s, ", "));
  return fmt::format("{}, {} {}", experiments.at(task.experiment).label, s.size() == 1 ? "seed" : "seeds",
                     seeds);
}

Frozen freeze(const std::vector<Experiment>& experiments, const PlanOptions& options,
              const Resources& resources) {
  Frozen out;
  if (options.comparison) out.notes = check_comparable(experiments);
  Plan& plan = out.plan;
  plan.folder = options.folder;
  plan.comparison = options.comparison;
  plan.protocol = options.protocol;
  plan.lease_s = options.lease_s;
  plan.attempts = options.attempts;
  plan.version = build_info().version;
  plan.revision = build_info().revision;
  plan.numerics = kNumericsVersion;
  std::vector<Experiment> of_tasks;
  for (std::size_t i = 0; i < experiments.size(); ++i) {
    const Experiment& e = experiments[i];
    plan.experiments.push_back({e.label, io::xxh3_hex(e.resolved), e.seeds, e.sweep});
    // What is probed is compared over seeds, which stay together.
    const auto packs = options.protocol ? std::vector<std::vector<std::uint64_t>>{e.seeds}
                                        : seed_packs(e, options.seeds_per_task);
    for (const auto& pack : packs) {
      of_tasks.push_back(part_of(e, pack));
      plan.tasks.push_back({plan.tasks.size() + 1, i, pack, io::xxh3_hex(of_tasks.back().resolved), {}});
    }
  }
  if (io::file_exists(options.folder / "plan.json")) {
    const Plan frozen = read_plan(options.folder);
    if (content_of(frozen) != content_of(plan)) {
      throw DataError(fmt::format("{} holds another plan, and a frozen plan stays as it is:\n  {}",
                                  options.folder.string(),
                                  fmt::join(differences(frozen, plan, experiments), "\n  ")));
    }
    for (const std::string& changed : changed_since_frozen(frozen)) refuse_changed(changed);
    out.plan = frozen;
    out.was_frozen = true;
    return out;
  }
  refuse_other_content(options.folder);
  const auto began = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < plan.tasks.size(); ++i) {
    PlannedTask& task = plan.tasks[i];
    const bool first = i == 0 || plan.tasks[i - 1].experiment != task.experiment;
    const double spent = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    if (!first) {
      const PlannedTask& before = plan.tasks[i - 1];
      if (before.seconds)
        task.seconds = *before.seconds * static_cast<double>(task.seeds.size()) /
                       static_cast<double>(before.seeds.size());
    } else if (spent < options.probe_s && !options.protocol) {
      try {
        const Forecast f = forecast(of_tasks[i], resources);
        if (!f.refusal.empty()) out.notes.push_back(fmt::format("'{}': {}", f.label, f.refusal));
        task.seconds = seconds_of(f);
      } catch (const NumericalFault&) {
        // It may well break at some value: the task will say so.
      }
    }
  }
  write_plan(plan, experiments, of_tasks);
  return out;
}

Plan read_plan(const io::Path& folder) {
  if (!io::file_exists(folder / "plan.json")) {
    throw DataError(
        fmt::format("{} holds no plan (no plan.json)\n  apical sweep plan FILE --out {} makes one",
                    folder.string(), folder.string()));
  }
  const nlohmann::json j = io::read_json(folder / "plan.json");
  try {
    return plan_of(j, folder);
  } catch (const nlohmann::json::exception& e) {
    throw DataError(fmt::format("{}: {}", (folder / "plan.json").string(), e.what()));
  }
}

std::string changed_since_frozen(const Plan& plan, const PlannedTask& task) {
  return changed_file(plan.folder_of(task) / "experiment.toml", task.xxh3);
}

std::vector<std::string> changed_since_frozen(const Plan& plan) {
  std::vector<std::string> out{changed_plan(plan)};
  for (std::size_t i = 0; i < plan.experiments.size(); ++i)
    out.push_back(changed_file(plan.file_of(i), plan.experiments[i].xxh3));
  for (const PlannedTask& t : plan.tasks) out.push_back(changed_since_frozen(plan, t));
  std::erase(out, "");
  return out;
}

void require_frozen(const Plan& plan) {
  refuse_changed(changed_plan(plan));
  for (std::size_t i = 0; i < plan.experiments.size(); ++i)
    refuse_changed(changed_file(plan.file_of(i), plan.experiments[i].xxh3));
}

void require_frozen(const Plan& plan, const PlannedTask& task) {
  refuse_changed(changed_since_frozen(plan, task));
}

void require_own_numerics(const Plan& plan) {
  if (plan.numerics == kNumericsVersion) return;
  throw DataError(
      fmt::format("{} was frozen by apical {} (numerics {}); this is {} (numerics {}), which "
                  "gives other numbers\n  finish it with that version, or plan anew",
                  plan.folder.string(), plan.version, plan.numerics, build_info().version, kNumericsVersion));
}

Experiment read_experiment_of(const Plan& plan, std::size_t experiment) {
  Experiment e = read_experiment(TomlDocument::read(plan.file_of(experiment).string()));
  e.sweep = plan.experiments.at(experiment).point;
  return e;
}

Experiment read_experiment_of(const Plan& plan, const PlannedTask& task) {
  return read_experiment(TomlDocument::read((plan.folder_of(task) / "experiment.toml").string()));
}

std::vector<ProbedModel> read_protocol_of(const Plan& plan) {
  std::string all;
  for (std::size_t i = 0; i < plan.experiments.size(); ++i) all += as_variant(io::read_text(plan.file_of(i)));
  return read_protocol(TomlDocument::parse(all, (plan.folder / "experiments").string()));
}

}  // namespace apical::sweep
