// SPDX-License-Identifier: Apache-2.0
#include "apical/run/represented_run.h"

#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <variant>

#include "apical/experiment/experiment.h"
#include "apical/run/make_learner.h"
#include "apical/run/metrics_file.h"
#include "apical/run/runs_in.h"
#include "apical/run/saved_weights.h"
#include "apical/run/seals.h"

namespace apical {
namespace {

std::size_t inputs_of(const Experiment& e) {
  if (e.is_layered()) return e.layered().network.inputs;
  return e.circuit()[*e.circuit().stimulus()].size;
}

/// Areas at the side of a square; 0 if `pixels` is no square.
std::size_t side_of(std::size_t pixels) {
  const auto side = static_cast<std::size_t>(std::llround(std::sqrt(static_cast<double>(pixels))));
  return side * side == pixels ? side : 0;
}

NetworkInput input_of(const Experiment& e, const std::string& run) {
  const std::size_t inputs = inputs_of(e);
  if (const std::size_t side = side_of(inputs)) return {{side, side}, PixelColour::grey};
  if (const std::size_t side = inputs % 3 == 0 ? side_of(inputs / 3) : 0)
    return {{side, side}, PixelColour::rgb};
  throw DataError(
      fmt::format("{}: the model has {} inputs, which are neither one nor three square planes of pixels; "
                  "pictures cannot be "
                  "shown to it",
                  run, inputs));
}

/// Pixels are shown as x / 255, so a network must have been taught these.
void require_plain_pixels(const Experiment& e, const std::string& run) {
  for (const char* key : {"normalisation", "standardise"}) {
    const FieldValue* const value = e.task_parameters.find(key);
    const auto* const word = value == nullptr ? nullptr : std::get_if<std::string>(value);
    if (word == nullptr || *word == "unit" || *word == "none" || word->empty()) continue;
    throw DataError(
        fmt::format("{}: task '{}' was taught with {} = \"{}\"; pictures can be shown as x / 255 only", run,
                    e.task, key, *word));
  }
}

[[noreturn]] void refuse_recurrent(const std::string& run) {
  throw DataError(fmt::format(
      "{}: pictures that are held cannot be shown to recurrent networks, which learn sequences", run));
}

/// Learner by learner what its areas do, before and after the state of the run is in it.
template <class Real>
class Shower {
 public:
  Shower(const Experiment& e, const std::string& run, const RepresentOptions& options,
         const std::shared_ptr<const Dataset>& data, ThreadPool& pool, RepresentedRun& out)
      : e_(e), run_(run), options_(options), data_(e.seeds.size(), data), pool_(pool), out_(out) {}

  void operator()(const Circuit& circuit) const {
    const auto steps = [&](double ms) { return static_cast<rate::Step>(std::llround(ms / circuit.dt_ms)); };
    const rate::Step blank = steps(options_.blank_ms), hold = steps(options_.presentation_ms);
    if (hold < 2) {
      throw DataError(fmt::format("{}: a picture would be held for {} steps of {} ms; expected 2 or more",
                                  run_, hold, circuit.dt_ms));
    }
    for (const bool trained : {false, true}) {
      RateLearner<Real> learner(circuit, data_, e_.seeds, e_.presentation, pool_);
      begin(learner, trained);
      for (std::size_t r = 0; r < e_.seeds.size(); ++r) {
        (trained ? out_.trained : out_.untrained).push_back(represent(learner, r, blank, hold));
      }
    }
  }
  void operator()(const models::LayeredNetwork& network) const {
    if (e_.reward) throw DataError(fmt::format("{}: a policy is no classifier of pictures", run_));
    LayeredLearner<Real> learner(network, data_, e_.seeds, pool_);
    for (const bool trained : {false, true}) {
      begin(learner, trained);
      for (std::size_t r = 0; r < e_.seeds.size(); ++r) {
        (trained ? out_.trained : out_.untrained).push_back(represent(learner, r));
      }
    }
  }
  void operator()(const models::RecurrentNetwork&) const { refuse_recurrent(run_); }
  void operator()(const SpikingExperiment&) const {
    throw DataError(fmt::format("{}: pictures cannot be shown to circuits that spike yet", run_));
  }

 private:
  void begin(Learner& learner, bool trained) const {
    if (trained) {
      restore_learner(learner, e_, run_);
    } else if (!e_.start_from.empty()) {
      set_weights(learner, read_weights(e_.start_from, pool_), !e_.double_precision);
    }
  }

  const Experiment& e_;
  const std::string& run_;
  const RepresentOptions& options_;
  std::vector<std::shared_ptr<const Dataset>> data_;
  ThreadPool& pool_;
  RepresentedRun& out_;
};

}  // namespace

std::string text_of(const NetworkInput& input) {
  return fmt::format("{} x {} {}", input.size.rows, input.size.cols,
                     input.colour == PixelColour::grey ? "grey" : "RGB");
}

RepresentedRun represent_run(const io::Path& run, const StimulusSet& stimuli, const RepresentOptions& options,
                             ThreadPool& pool) {
  require_run(run);
  require_intact(run);
  if (!io::file_exists(run / "summary.json")) {
    throw DataError(fmt::format("{} has not finished; what its networks are like in the end is not known yet",
                                run.string()));
  }
  const Experiment e = read_experiment(TomlDocument::read((run / "experiment.toml").string()));
  RepresentedRun out;
  out.run = run.string();
  out.label = e.label;
  out.model = e.model;
  out.seeds = e.seeds;
  if (e.task.empty() || std::holds_alternative<SpikingExperiment>(e.subject)) {
    throw DataError(fmt::format("{}: pictures cannot be shown to circuits that spike yet", out.run));
  }
  if (e.is_recurrent()) refuse_recurrent(out.run);
  out.input = input_of(e, out.run);
  if (!e.task_info().pictures) {
    out.remark = fmt::format("task '{}' has no pictures; its {} inputs are taken for {} pixels", e.task,
                             inputs_of(e), text_of(out.input));
  }
  require_plain_pixels(e, out.run);
  Matrix<double> pixels = pixels_of(stimuli, out.input.size, out.input.colour);
  if (options.invert) {
    for (double& x : pixels.flat()) x = 1 - x;
  }
  const auto data = std::make_shared<const Dataset>(unanswered(e, std::move(pixels)));
  if (e.double_precision) {
    std::visit(Shower<double>(e, out.run, options, data, pool, out), e.subject);
  } else {
    std::visit(Shower<float>(e, out.run, options, data, pool, out), e.subject);
  }
  const std::vector<Measurement> rows = read_measurements(run);
  out.accuracy = values_of(last_of(rows, "test", "accuracy"));
  out.angle_deg = values_of(last_of(rows, "total", "angle_deg"));
  return out;
}

}  // namespace apical
