// SPDX-License-Identifier: Apache-2.0
#include "apical/run/saved_weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apical/io/directory.h"
#include "apical/io/file.h"
#include "apical/io/hash.h"
#include "apical/io/npy_reader.h"
#include "apical/io/safetensors.h"
#include "apical/run/last_checkpoint.h"
#include "apical/run/make_learner.h"
#include "apical/run/manifest_facts.h"
#include "apical/run/runs_in.h"
#include "apical/run/seed_group.h"
#include "apical/tasks/representable.h"

namespace apical {
namespace {

/// "seed-3/input->a1" → 3 and "input->a1".
std::optional<std::pair<std::uint64_t, std::string>> seed_and_name(std::string_view name) {
  const auto slash = name.find('/');
  if (slash == std::string_view::npos) return {};
  const std::optional<std::uint64_t> seed = seed_of_group(name.substr(0, slash));
  if (!seed) return {};
  return std::pair{*seed, std::string(name.substr(slash + 1))};
}

SavedWeights from_file(const io::Path& file, const io::Arrays& arrays) {
  SavedWeights weights;
  weights.origin = file.string();
  for (const auto& [name, array] : arrays) {
    if (auto of_seed = seed_and_name(name)) {
      weights.of_seed[of_seed->first].emplace(std::move(of_seed->second), array);
    } else {
      weights.of_all.emplace(name, array);
    }
  }
  if (arrays.empty()) throw DataError(fmt::format("{}: has no arrays", file.string()));
  if (!weights.of_seed.empty() && !weights.of_all.empty())
    throw DataError(fmt::format(
        "{}: '{}' is for every seed, but others are for one (seed-{}/…); expected all of one kind",
        file.string(), weights.of_all.begin()->first, weights.of_seed.begin()->first));
  return weights;
}

SavedWeights from_run(const io::Path& run, ThreadPool& pool) {
  const SavedModel model(run, pool);
  SavedWeights weights;
  weights.origin = run.string();
  const std::vector<Parameter> parameters = model.weights().parameters();
  for (std::size_t r = 0; r < model.experiment().seeds.size(); ++r) {
    io::Arrays& arrays = weights.of_seed[model.experiment().seeds[r]];
    for (std::size_t k = 0; k < parameters.size(); ++k)
      arrays.emplace(parameters[k].name, model.array(parameters[k], k, r));
  }
  if (weights.of_seed.size() == 1) {  // of one seed: where every seed of the next experiment begins
    weights.of_all = std::move(weights.of_seed.begin()->second);
    weights.of_seed.clear();
  }
  return weights;
}

Experiment experiment_of(const io::Path& run) {
  require_run(run);
  return read_experiment(TomlDocument::read((run / "experiment.toml").string()));
}

/// As the checkpoint has them. What they show is not read: a course asks for it when it is shown.
std::vector<std::unique_ptr<SpikingCourse>> saved_courses(const Experiment& e, const io::Path& run) {
  const SpikingExperiment& s = e.spiking();
  if (s.course.protocol)
    throw DataError(fmt::format("{} has no weights: model '{}' is a protocol of its own without a network",
                                run.string(), e.model));
  const io::Checkpoint checkpoint = last_checkpoint(run);
  std::vector<std::unique_ptr<SpikingCourse>> out;
  for (const std::uint64_t seed : e.seeds) {
    CourseSetting setting;
    setting.seed = seed;
    setting.samples = std::make_shared<const Dataset>();
    setting.replays = std::make_shared<const Replays>();
    out.push_back(make_course(s.circuit, s.course, setting));
    const std::string section = seed_group(seed);
    out.back()->load(checkpoint.section(section),
                     fmt::format("{}, checkpoint, section '{}'", run.string(), section));
  }
  return out;
}

bool fits(const Parameter& p, const io::Array& a) {
  if (p.shape == a.shape) return true;
  const bool convolution = p.shape.size() == 4 && a.shape.size() == 2;
  return convolution && a.shape[0] == p.shape[0] && a.size() == p.size();
}

std::string axes_in_words(const Parameter& p) {
  return p.shape.size() == 4   ? "channels, channels below, height, width"
         : p.shape.size() == 2 ? "postsynaptic, presynaptic"
                               : "units";
}

std::vector<double> numbers_for(const Parameter& p, const io::Array& a, const std::string& origin,
                                bool single) {
  if (!fits(p, a)) {
    const bool turned =
        a.shape.size() == 2 && p.shape.size() == 2 && a.shape[0] == p.shape[1] && a.shape[1] == p.shape[0];
    throw DataError(fmt::format("{}: '{}' is {}; expected {} ({}){}", origin, p.name, io::shape_text(a.shape),
                                io::shape_text(p.shape), axes_in_words(p), turned ? "\n  transpose it" : ""));
  }
  std::vector<double> numbers(a.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = a.number(i);
    const bool finite = std::isfinite(numbers[i]) || (p.sparse && std::isnan(numbers[i]));
    const std::string beyond = single && std::isfinite(numbers[i]) ? beyond_single(numbers[i]) : "";
    if (finite && beyond.empty()) continue;
    throw DataError(fmt::format("{}: '{}'{} is {}", origin, p.name, io::index_text(a.shape, i),
                                finite ? beyond : fmt::format("{}; expected finite numbers", numbers[i])));
  }
  return numbers;
}

}  // namespace

const io::Arrays& SavedWeights::for_seed(std::uint64_t seed) const {
  if (of_seed.empty()) return of_all;
  const auto at = of_seed.find(seed);
  if (at != of_seed.end()) return at->second;
  std::vector<std::uint64_t> there;
  for (const auto& [of, arrays] : of_seed) there.push_back(of);
  throw DataError(
      fmt::format("{} has weights of the seeds {}, and none of seed {}\n  weights of a single seed are "
                  "where every seed begins",
                  origin, fmt::join(there, ", "), seed));
}

SavedModel::SavedModel(const io::Path& run, ThreadPool& pool) : experiment_(experiment_of(run)) {
  if (std::holds_alternative<SpikingExperiment>(experiment_.subject)) {
    courses_ = saved_courses(experiment_, run);
    std::vector<spike::Network<float>*> networks;
    for (const auto& course : courses_) networks.push_back(course->simulated());
    spiking_ = std::make_unique<SpikingWeights>(experiment_.seeds, std::move(networks));
    return;
  }
  learner_ = make_model(experiment_, pool);
  restore_learner(*learner_, experiment_, run);
}

io::Array SavedModel::array(const Parameter& p, std::size_t index, std::size_t replica) const {
  std::vector<double> numbers = weights().parameter(index, replica);
  if (experiment_.double_precision) return io::array_of(p.shape, std::move(numbers));
  return io::array_of(p.shape, std::vector<float>(numbers.begin(), numbers.end()));
}

SavedWeights read_weights(const io::Path& source, ThreadPool& pool) {
  if (io::directory_exists(source)) return from_run(source, pool);
  if (source.extension() == ".npz") return from_file(source, io::read_npz(source));
  if (source.extension() == ".safetensors") return from_file(source, io::read_safetensors(source));
  throw DataError(fmt::format("{} {}; expected the directory of a run, a .npz or a .safetensors file",
                              source.string(),
                              io::file_exists(source) ? "is of no known kind" : "is not there"));
}

std::string in_words(const TakenWeights& t) {
  return fmt::format("weights from {}: {}{}{}", t.source, join_names(t.taken),
                     t.kept.empty() ? "" : fmt::format("; initialised as ever: {}", join_names(t.kept)),
                     t.left.empty() ? "" : fmt::format("; this model has no {}", join_names(t.left, "or")));
}

void add_start(nlohmann::json& m, const TakenWeights& t) {
  if (t.source.empty()) return;
  m["start_from"] = {{"source", t.source}, {"xxh3", t.xxh3}, {"taken", t.taken}, {"kept", t.kept}};
  if (!t.left.empty()) m["start_from"]["left"] = t.left;
  add_method(m, "Start", in_words(t));
}

TakenWeights set_weights(Weighted& model, const SavedWeights& weights, bool single) {
  const std::vector<Parameter> parameters = model.parameters();
  std::vector<std::string> names;
  names.reserve(parameters.size());
  for (const Parameter& p : parameters) names.push_back(p.name);
  TakenWeights out{.source = weights.origin, .xxh3 = {}, .taken = {}, .kept = names, .left = {}};
  std::vector<ParameterValues> values(model.replicas());
  io::RunningHash hash;
  for (std::size_t r = 0; r < model.replicas(); ++r) {
    for (const auto& [name, array] : weights.for_seed(model.seeds()[r])) {
      const auto at = std::find(names.begin(), names.end(), name);
      if (at == names.end() && model.can_do_without(name)) {
        if (r == 0) out.left.push_back(name);
        continue;
      }
      if (at == names.end()) {
        throw DataError(fmt::format("{}: '{}' is no projection of this model; {}", weights.origin, name,
                                    suggestion(name, names)));
      }
      const auto index = static_cast<std::size_t>(at - names.begin());
      values[r][index] = numbers_for(parameters[index], array, weights.origin, single);
      hash.add(io::bytes_of(name));
      hash.add(std::as_bytes(std::span(values[r][index])));
      if (r == 0) {
        out.taken.push_back(name);
        std::erase(out.kept, name);
      }
    }
  }
  out.xxh3 = io::hex(hash.value());
  model.set_parameters(values);
  return out;
}

}  // namespace apical
