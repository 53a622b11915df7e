// SPDX-License-Identifier: Apache-2.0
// Spiking bursts on pictures: recorded input spikes and uniform numbers go through the rule as networks are
// trained with it; events, bursts, counts and weights come back.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apical/errors.h"
#include "apical/layered.h"
#include "apical/rules.h"
#include "golden/burst_networks.h"
#include "golden/comparison.h"
#include "golden/ngrad_case.h"

namespace apical::golden {
namespace {

using namespace apical::layered;

constexpr double kTolerance = 1e-12;

/// One recorded picture, and what was seen while it was shown.
class RecordedPicture final : public SpikeSource {
 public:
  explicit RecordedPicture(const json& picture) {
    for (const json& step : picture.at("input_spikes"))
      spikes_.push_back(step.get<std::vector<std::uint32_t>>());
    uniforms_ = picture.at("uniforms").get<std::vector<double>>();
  }
  std::span<const std::uint32_t> inputs(std::size_t step) override {
    if (step >= spikes_.size()) throw DataError(fmt::format("no input spikes for step {}", step));
    return spikes_[step];
  }
  double burst_uniform() override {
    if (used_ == uniforms_.size())
      throw DataError(fmt::format("more than {} events while taught", uniforms_.size()));
    return uniforms_[used_++];
  }
  double event_uniform() override { throw DataError("the files know regular events only"); }
  void event(bool of_output, std::size_t step, std::size_t unit, bool burst) override {
    (of_output ? output_ : hidden_).push_back({step, unit, burst ? std::size_t{1} : 0});
  }
  void compare(const json& picture, Comparison& compare, const std::string& at) const {
    compare.exact(at + "events of hidden units", json(hidden_), picture.at("events_hidden"));
    compare.exact(at + "events of the output", json(output_), picture.at("events_out"));
    compare.exact(at + "number of uniforms", static_cast<double>(used_),
                  static_cast<double>(uniforms_.size()));
  }

 private:
  std::vector<std::vector<std::uint32_t>> spikes_;
  std::vector<double> uniforms_;
  std::size_t used_ = 0;
  std::vector<std::array<std::size_t, 3>> hidden_, output_;
};

SpikingBurstpropOptions options_of(const json& p) {
  SpikingBurstpropOptions o;
  SpikingBurstPhysiology& y = o.physiology;
  y.dt_s = p.at("dt_s");
  const auto steps = p.at("steps").get<std::vector<double>>();
  if (steps.size() != 3) throw DataError("'steps' are those of settling, prediction and teaching");
  y.settle_s = steps[0] * y.dt_s;
  y.predict_s = steps[1] * y.dt_s;
  y.teach_s = steps[2] * y.dt_s;
  y.tau_s = p.at("tau_s");
  y.dendrite_tau_s = p.at("tau_dendrite_s");
  y.input_Hz = p.at("input_Hz");
  y.maximum_Hz = p.at("lambda_max_Hz");
  y.refractory_s = p.at("refractory_steps").get<double>() * y.dt_s;
  y.hidden_reference_Hz = p.at("hidden_reference_Hz");
  y.hidden_baseline = p.at("P_hidden");
  y.output_baseline = p.at("P_out");
  y.high_Hz = p.at("target_Hz").at(0);
  y.low_Hz = p.at("target_Hz").at(1);
  y.gain = p.at("gain");
  y.gate = p.at("gate");
  const std::string feedback = p.at("feedback");
  if (feedback == "learned") {
    o.feedback = ClassFeedback::learned;
  } else if (feedback == "fixed") {
    o.feedback = ClassFeedback::fixed;
  } else if (feedback == "symmetric") {
    o.feedback = ClassFeedback::symmetric;
  } else {
    throw DataError(fmt::format("unknown feedback '{}'", feedback));
  }
  o.follow = p.value("follow", o.follow);
  o.homeostasis = p.at("eta_homeostasis");
  o.homeostatic_Hz = p.at("homeostatic_Hz");
  o.mean_pictures = p.at("mean_tau");
  o.calibration = 0;
  return o;
}

std::vector<double> numbers(const json& j) {
  std::vector<double> out;
  flatten(j, out);
  return out;
}
template <class Value>
std::vector<double> numbers_of(const Value& value) {
  std::vector<double> out;
  flatten(value, out);
  return out;
}

void copy_into(const json& from, std::span<double> to, const char* what) {
  const std::vector<double> values = numbers(from);
  if (values.size() != to.size())
    throw DataError(fmt::format("'{}' holds {} numbers; expected {}", what, values.size(), to.size()));
  std::copy(values.begin(), values.end(), to.begin());
}

Verdict replay_digits(const json& file) {
  Comparison compare(kTolerance, kTolerance);
  compare.note_unknown_keys(
      file, {"name", "provenance", "model", "sizes", "parameters", "initial", "pictures", "final"});
  const json &p = file.at("parameters"), &initial = file.at("initial"), &final = file.at("final");
  const auto sizes = file.at("sizes").get<std::vector<std::size_t>>();
  if (sizes.size() != 4)
    throw DataError("'sizes' are inputs, hidden units, classes, output units of a class");
  const std::size_t classes = sizes[2];
  const SpikingBurstpropOptions options = options_of(p);
  NetworkDescription d = dense_network({sizes[0], sizes[1], classes * sizes[3]}, Activation::sigmoid,
                                       Activation::sigmoid, Loss::mse);
  layered::Network<double> network{d, {}};
  network.parameters.W = {transposed(read_matrix<double>(initial.at("W"))),
                          transposed(read_matrix<double>(initial.at("O")))};
  network.parameters.b = {read_vector<double>(initial.at("b")), read_vector<double>(initial.at("bo"))};

  auto owned =
      std::make_unique<SpikingBurstprop<double>>(d, options, read_matrix<double>(initial.at("Y")), 1);
  SpikingBurstprop<double>& rule = *owned;
  copy_into(initial.at("mean_in"), rule.mean_inputs(), "mean_in");
  copy_into(initial.at("mean_hidden"), rule.mean_hidden(), "mean_hidden");
  const auto hidden_phases = initial.at("phase_hidden").get<std::vector<double>>();
  const auto output_phases = initial.at("phase_out").get<std::vector<double>>();
  rule.simulation().begin(hidden_phases, output_phases);

  // The recipe adds what a group of pictures asks for; credit is its mean.
  const auto group = p.at("group").get<std::size_t>();
  const double eta_hidden = p.at("eta_hidden"), eta_out = p.at("eta_out");
  LayeredSettings settings{{.kind = OptimiserKind::sgd, .learning_rate = static_cast<double>(group)}, {}};
  settings.layer_rates = {eta_hidden, eta_out};
  LayeredModel<double> model(std::move(network), std::move(owned), settings);

  const json& pictures = file.at("pictures");
  std::vector<RecordedPicture> recorded;
  for (const json& picture : pictures) recorded.emplace_back(picture);
  std::size_t shown = 0;
  rule.use_sources([&](std::size_t k) -> SpikeSource& { return recorded.at(k); });
  rule.after_picture([&] {
    const json& picture = pictures.at(shown);
    const std::string at = fmt::format("picture {}: ", shown + 1);
    recorded[shown].compare(picture, compare, at);
    const auto& counts = rule.simulation().counts();
    compare.close_all(at + "predicted counts", counts.predicted, picture.at("predicted_counts"));
    compare.close_all(at + "teacher's burst probabilities", counts.taught, picture.at("teacher_burst_prob"));
    compare.close_all(at + "z of hidden units", counts.hidden_excess, picture.at("z_hidden"));
    compare.close_all(at + "z of the output", counts.output_excess, picture.at("z_out"));
    compare.close_all(at + "dendritic traces", rule.simulation().class_traces(),
                      picture.at("dendritic_trace"));
    ++shown;
  });
  while (shown < pictures.size()) {
    const std::size_t first = shown, n = std::min(group, pictures.size() - first);
    Matrix<double> x(n, d.inputs), y(n, d.outputs());
    for (std::size_t i = 0; i < n; ++i) {
      copy_into(pictures[first + i].at("intensities"), x.row(i), "intensities");
      const auto label = pictures[first + i].at("label").get<std::size_t>();
      for (std::size_t k = 0; k < d.outputs(); ++k) y(i, k) = k / sizes[3] == label ? 1 : 0;
    }
    if (n == group) {
      model.learn_batch(x.view(), y.view());
    } else {
      model.credit(x.view(), y.view());  // an unfinished group adds nothing
    }
  }

  auto offsets = numbers_of(model.network().parameters.b[0]);
  for (std::size_t i = 0; i < offsets.size(); ++i) offsets[i] += rule.excitability()[i];
  const auto finally = [&](const char* key, const std::vector<double>& found) {
    compare.close_all(fmt::format("finally {}", key), found, json(numbers(final.at(key))));
  };
  finally("W", numbers_of(transposed(model.network().parameters.W[0])));
  finally("O", numbers_of(transposed(model.network().parameters.W[1])));
  finally("b", offsets);
  finally("bo", numbers_of(model.network().parameters.b[1]));
  if (options.feedback != ClassFeedback::symmetric) finally("Y", numbers_of(rule.class_feedback()));
  const auto list = [](auto span) { return std::vector<double>(span.begin(), span.end()); };
  finally("mean_in", list(rule.mean_inputs()));
  finally("mean_hidden", list(rule.mean_hidden()));
  finally("phase_hidden", list(rule.simulation().hidden_phases()));
  finally("phase_out", list(rule.simulation().output_phases()));
  Verdict v = compare.verdict();
  if (v.note.empty()) v.note = fmt::format("{} numbers", compare.compared());
  return v;
}

}  // namespace

void add_burst_digit_formats(std::vector<Format>& list) {
  list.push_back(
      {"spiking bursts on pictures",
       [](const json& file) { return file.is_object() && file.value("model", "") == "burst_digits"; },
       replay_digits});
}

}  // namespace apical::golden
