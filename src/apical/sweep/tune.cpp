// SPDX-License-Identifier: Apache-2.0
#include "apical/sweep/tune.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>

#include "apical/analysis/metrics.h"
#include "apical/experiment/toml/toml_text.h"
#include "apical/io/directory.h"
#include "apical/io/json.h"
#include "apical/run/metrics_file.h"
#include "apical/sweep/as_variant.h"
#include "apical/sweep/status.h"
#include "apical/sweep/tuning_page.h"

namespace apical::sweep {
namespace {

struct Variant {
  TomlDocument document;
  Experiment experiment;
  Search search;
  std::vector<Trial> trials;
  std::vector<std::size_t> left;  ///< indices of trials, in the round
};

bool same_budget(const TuneOptions& a, const TuneOptions& b) {
  return a.trials == b.trials && a.rounds == b.rounds && a.keep_one_of == b.keep_one_of &&
         a.seeds == b.seeds && a.metric == b.metric;
}

std::vector<Variant> read_searched(const TomlDocument& document) {
  std::vector<Variant> out;
  for (TomlDocument& d : document.variants("variant")) {
    if (TomlReader(d).has("sweep"))
      throw ConfigError("'sweep' does not go with 'apical tune', which chooses values itself",
                        TomlReader(d).place("sweep"), "leave it out");
    Experiment e = read_experiment(d);
    Search search = read_search(d);
    out.push_back({std::move(d), std::move(e), std::move(search), {}, {}});
  }
  for (const Variant& v : out) {
    const Variant& first = out.front();
    if (!same_budget(v.search.options, first.search.options) ||
        v.experiment.plan.epochs != first.experiment.plan.epochs) {
      throw ConfigError(
          fmt::format("'{}' and '{}' are searched with unequal effort: trials, rounds, seeds, metric "
                      "and epochs are the same for all that is compared",
                      first.experiment.label, v.experiment.label),
          {document.origin(), 0, 0}, "give them in [tune] and [training], not in [variant.tune]");
    }
    for (const std::uint64_t seed : v.search.options.seeds) {
      const auto& tested = v.experiment.seeds;
      if (std::find(tested.begin(), tested.end(), seed) == tested.end()) continue;
      throw ConfigError(fmt::format("seed {} would be judged on and tested", seed),
                        TomlReader(v.document).table("tune").place("seeds"),
                        "give [tune] seeds that are not among [run] seeds, e.g. [101, 102]");
    }
    for (const SearchedKey& k : v.search.space) {
      constexpr std::array kGiven = {"label",
                                     "run.",
                                     "tune.",
                                     "training.epochs",
                                     "training.environment_steps",
                                     "training.minutes",
                                     "training.patience",
                                     "training.validate_every",
                                     "training.test_every"};
      if (std::none_of(kGiven.begin(), kGiven.end(), [&](const char* g) { return k.key.starts_with(g); }))
        continue;
      throw ConfigError(
          fmt::format("'{}' is part of the budget, which is the same for all, and not searched", k.key),
          k.place, "leave it out of [tune.space]");
    }
    if (v.experiment.plan.patience > 0)
      throw ConfigError(
          "'training.patience' does not go with 'apical tune': trials would have unequal epochs",
          TomlReader(v.document).table("training").place("patience"), "leave it out");
    if (v.experiment.plan.minutes > 0)
      throw ConfigError(
          "'training.minutes' does not go with 'apical tune', whose rounds are counted in epochs",
          TomlReader(v.document).table("training").place("minutes"), "leave it out");
  }
  return out;
}

/// The key of the space whose value in this trial is no value of the experiment, if it is one of them.
const SearchedKey* refused_key(const Variant& v, const Trial& trial) {
  for (std::size_t k = 0; k < v.search.space.size(); ++k) {
    TomlDocument d = v.document.copy();
    try {
      d.set(v.search.space[k].key + "=" + trial.values[k]);
      read_experiment(d);
    } catch (const ConfigError&) {
      return &v.search.space[k];
    }
  }
  return nullptr;
}

/// Of a trial in a round of so many epochs.
Experiment experiment_of(const Variant& v, const Trial& trial, std::size_t epochs) {
  TomlDocument d = v.document.copy();
  for (std::size_t k = 0; k < v.search.space.size(); ++k)
    d.set(v.search.space[k].key + "=" + trial.values[k]);
  d.set(fmt::format("run.seeds=[{}]", fmt::join(v.search.options.seeds, ", ")));
  d.set("label=" + toml_quoted(fmt::format("{}, trial {}", v.experiment.label, trial.number)));
  if (v.experiment.reward) {
    d.set(fmt::format("training.environment_steps={}",
                      epochs * v.experiment.reward->plan.steps_per_iteration()));
  } else {
    d.set(fmt::format("training.epochs={}", epochs));
  }
  // What only looks on takes time, and would be looked at.
  TomlReader root(d);
  if (root.kind("record") == TomlKind::table_list) d.set("record=[]");
  TomlReader training = root.table("training");
  for (const auto& [key, none] :
       {std::pair{"align_every", "0"}, {"test_every", "0"}, {"align_epochs", "[]"}}) {
    if (training.has(key)) d.set(fmt::format("training.{}={}", key, none));
  }
  try {
    return read_experiment(d);
  } catch (const ConfigError& e) {
    const SearchedKey* key = refused_key(v, trial);
    if (key == nullptr) throw;
    const bool between = key->law != SearchedKey::Law::choice && !key->whole &&
                         e.bare_message().find("whole number") != std::string::npos;
    throw ConfigError(fmt::format("'{}' gives a trial that cannot be: {}", key->key, e.bare_message()),
                      key->place, between ? "whole = true takes the whole numbers of a range" : e.hint());
  }
}

/// Where and by what trials are judged.
struct Judge {
  std::string where, metric;
  bool smaller_is_better = false;
};

/// Mean over seeds of what was measured last; NaN where it broke, nothing where nothing was measured.
std::optional<double> score_of(const std::vector<io::Path>& runs, const Judge& judge) {
  std::vector<double> last;
  for (const io::Path& run : runs) {
    const std::vector<Measurement> rows = read_measurements(run);
    for (const SeedValue& v : last_of(rows, judge.where, judge.metric)) last.push_back(v.value);
  }
  if (last.empty()) return {};
  return std::accumulate(last.begin(), last.end(), 0.0) / static_cast<double>(last.size());
}

/// Accuracy where it is measured, else loss.
Judge judge_for(const Variant& v, const std::vector<std::vector<io::Path>>& runs) {
  Judge judge{v.experiment.reward ? "train" : "validation", v.search.options.metric, false};
  std::vector<std::string> candidates{"accuracy", "loss"};
  if (v.experiment.reward) candidates = {"return"};
  if (!judge.metric.empty()) candidates = {judge.metric};
  for (const std::string& metric : candidates) {
    judge.metric = metric;
    const bool measured =
        std::any_of(runs.begin(), runs.end(), [&](const auto& r) { return score_of(r, judge).has_value(); });
    if (!measured) continue;
    judge.smaller_is_better = metric_of(metric).better == Better::lower;
    return judge;
  }
  throw DataError(
      fmt::format("no trial of '{}' measured {} of {}\n  see training.validate_every, and whether the "
                  "task has a validation split",
                  v.experiment.label, join_names(candidates, "or"), judge.where));
}

bool is_better(double a, double b, const Judge& judge) {
  if (std::isnan(a) || std::isnan(b)) return !std::isnan(a) && std::isnan(b);
  return judge.smaller_is_better ? a < b : a > b;
}

/// Runs of the tasks of each experiment; none of one that broke.
std::vector<std::vector<io::Path>> runs_of(const Plan& plan, const Status& status) {
  std::vector<std::vector<io::Path>> out(plan.experiments.size());
  std::vector<bool> broke(plan.experiments.size(), false);
  for (std::size_t i = 0; i < plan.tasks.size(); ++i) {
    const TaskView& view = status.tasks[i];
    if (view.state == TaskState::done) {
      out[plan.tasks[i].experiment].push_back(
          TaskFolder(plan.folder_of(plan.tasks[i])).run(view.done->attempt));
    } else {
      broke[plan.tasks[i].experiment] = true;
    }
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (broke[i]) out[i].clear();
  }
  return out;
}

/// All tasks are done, or broke by their numbers, which is an answer too. Error for tasks that failed.
bool is_answered(const Plan& plan, const Status& status) {
  bool all = true;
  for (std::size_t i = 0; i < plan.tasks.size(); ++i) {
    const TaskView& view = status.tasks[i];
    if (view.state == TaskState::done) continue;
    if (view.state != TaskState::failed && view.state != TaskState::damaged) {
      all = false;
    } else if (view.state == TaskState::damaged || !view.failures.back().lasting) {
      throw Error(
          ExitCode::check_failed,
          fmt::format("{} has tasks that failed: {}\n  'apical sweep status {}' says of all why, 'apical "
                      "sweep retry' lets them be tried again",
                      plan.folder.string(),
                      view.state == TaskState::damaged ? view.damage : view.failures.back().what,
                      plan.folder.string()));
    }
  }
  return all;
}

std::string table_of(const Tuned& t) {
  const auto quoted = [](const std::vector<std::string>& all) {
    std::vector<std::string> out(all.size());
    std::transform(all.begin(), all.end(), out.begin(), [](const std::string& s) { return toml_quoted(s); });
    return fmt::format("[{}]", fmt::join(out, ", "));
  };
  return fmt::format(
      "[tuned]\ntrials = {}\nrounds = [{}]\nepochs = [{}]\nseeds = [{}]\nmetric = {}\nwhere = {}\nscore = "
      "{}\ndraw_seed = {}\nspace = {}\nchosen = {}\n",
      t.trials, fmt::join(t.rounds, ", "), fmt::join(t.epochs, ", "), fmt::join(t.seeds, ", "),
      toml_quoted(t.metric), toml_quoted(t.where), toml_number(t.score), t.draw_seed, quoted(t.space),
      quoted(t.chosen));
}

TunedVariant chosen_of(const Variant& v, const std::vector<Search::Round>& rounds, const Judge& judge) {
  TunedVariant out;
  out.label = v.experiment.label;
  out.space = v.search.space;
  out.trials = v.trials;
  out.best = *std::min_element(v.left.begin(), v.left.end(), [&](std::size_t a, std::size_t b) {
    return is_better(v.trials[a].scores.back(), v.trials[b].scores.back(), judge);
  });
  const Trial& best = v.trials[out.best];
  if (std::isnan(best.scores.back()))
    throw DataError(fmt::format("every trial of '{}' broke: nothing can be chosen", out.label));
  out.found.trials = v.search.options.trials;
  for (const Search::Round& r : rounds) {
    out.found.rounds.push_back(r.trials);
    out.found.epochs.push_back(r.epochs);
  }
  out.found.seeds = v.search.options.seeds;
  out.found.metric = judge.metric;
  out.found.where = judge.where;
  out.found.score = best.scores.back();
  out.found.draw_seed = v.search.options.draw_seed;
  TomlDocument d = v.document.copy();
  for (std::size_t k = 0; k < v.search.space.size(); ++k) {
    out.found.space.push_back(v.search.space[k].in_words());
    out.found.chosen.push_back(fmt::format("{} = {}", v.search.space[k].key, best.values[k]));
    d.set(out.found.chosen.back());
  }
  d.overlay(TomlDocument::parse(table_of(out.found), "<tuned>"));
  out.resolved = read_experiment(d).resolved;
  return out;
}

nlohmann::json json_of(const Tuning& t) {
  nlohmann::json j{{"schema", "apical-tuning/1"}, {"variants", nlohmann::json::array()}};
  for (const TunedVariant& v : t.variants) {
    nlohmann::json one{{"label", v.label},
                       {"metric", v.found.metric},
                       {"where", v.found.where},
                       {"seeds", v.found.seeds},
                       {"rounds", v.found.rounds},
                       {"epochs", v.found.epochs},
                       {"best", v.trials[v.best].number},
                       {"score", io::json_number(v.found.score)},
                       {"trials", nlohmann::json::array()}};
    for (const Trial& trial : v.trials) {
      nlohmann::json entry{{"number", trial.number}, {"scores", nlohmann::json::array()}};
      for (std::size_t k = 0; k < v.space.size(); ++k) entry["values"][v.space[k].key] = trial.values[k];
      for (const double s : trial.scores) entry["scores"].push_back(io::json_number(s));
      one["trials"].push_back(std::move(entry));
    }
    j["variants"].push_back(std::move(one));
  }
  return j;
}

void write_outcome(const Tuning& t, const std::string& title, bool several, const io::Path& directory) {
  std::string text =
      "# Written by 'apical tune': settings that did best on validation data, and how they were found.\n";
  if (several && !title.empty()) text += fmt::format("title = {}\n", toml_quoted(title));
  for (const TunedVariant& v : t.variants) text += several ? as_variant(v.resolved) : v.resolved;
  io::write_atomically(directory / "tuned.toml", text);
  io::write_atomically(directory / "tuning.json", io::json_text(json_of(t)));
  io::write_atomically(directory / "report.html", tuning_page(t, title));
}

}  // namespace

Tuning tune(const TomlDocument& document, const TuneSetting& setting, const Resources& resources) {
  std::vector<Variant> variants = read_searched(document);
  const std::vector<Search::Round> rounds =
      variants.front().search.rounds(variants.front().experiment.plan.epochs);
  for (Variant& v : variants) {
    for (std::size_t i = 0; i < v.search.options.trials; ++i) {
      v.trials.push_back({i + 1, v.search.point(i), {}});
      v.left.push_back(i);
    }
  }
  Tuning out;
  out.rounds = rounds.size();
  std::vector<Judge> judges(variants.size());
  for (std::size_t r = 0; r < rounds.size(); ++r) {
    out.round = r + 1;
    std::vector<Experiment> experiments;
    for (Variant& v : variants) {
      // In the order in which they were drawn: which of them go on changes no label.
      std::sort(v.left.begin(), v.left.end());
      for (const std::size_t i : v.left)
        experiments.push_back(experiment_of(v, v.trials[i], rounds[r].epochs));
    }
    PlanOptions options;
    options.folder = setting.directory / fmt::format("round-{}", r + 1);
    options.comparison = true;
    options.probe_s = 0;
    const Plan plan = freeze(experiments, options, resources).plan;
    Status status = status_of(plan, resources.claim);
    if (!is_answered(plan, status) && setting.work) {
      setting.work(plan);
      status = status_of(plan, resources.claim);
    }
    if (!is_answered(plan, status)) {
      out.waits_for = plan.folder.string();
      return out;
    }
    const std::vector<std::vector<io::Path>> runs = runs_of(plan, status);
    std::size_t at = 0;
    for (std::size_t k = 0; k < variants.size(); ++k) {
      Variant& v = variants[k];
      const std::vector<std::vector<io::Path>> own(
          runs.begin() + static_cast<std::ptrdiff_t>(at),
          runs.begin() + static_cast<std::ptrdiff_t>(at + v.left.size()));
      at += v.left.size();
      if (r == 0) judges[k] = judge_for(v, own);
      for (std::size_t i = 0; i < v.left.size(); ++i) {
        v.trials[v.left[i]].scores.push_back(
            own[i].empty() ? std::numeric_limits<double>::quiet_NaN()
                           : score_of(own[i], judges[k]).value_or(std::numeric_limits<double>::quiet_NaN()));
        v.trials[v.left[i]].runs = own[i];
      }
      std::stable_sort(v.left.begin(), v.left.end(), [&](std::size_t a, std::size_t b) {
        return is_better(v.trials[a].scores.back(), v.trials[b].scores.back(), judges[k]);
      });
      if (r + 1 < rounds.size()) v.left.resize(std::min(v.left.size(), rounds[r + 1].trials));
    }
  }
  for (std::size_t k = 0; k < variants.size(); ++k)
    out.variants.push_back(chosen_of(variants[k], rounds, judges[k]));
  out.smaller_is_better = judges.front().smaller_is_better;
  out.complete = true;
  const bool several = TomlReader(document).has("variant");
  write_outcome(out, several ? TomlReader(document).text("title", "") : "", several, setting.directory);
  return out;
}

}  // namespace apical::sweep
