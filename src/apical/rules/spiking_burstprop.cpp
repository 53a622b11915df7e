// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/spiking_burstprop.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "apical/core/random.h"
#include "apical/engine/layered/product_count.h"
#include "apical/engine/layered/settling.h"
#include "apical/rules/presentation_seed.h"

namespace apical::layered {
namespace {

/// Words of one picture, four at a time.
class Words {
 public:
  void begin(std::uint64_t seed, Stream stream) {
    seed_ = seed;
    stream_ = stream;
    next_ = 0;
  }
  double uniform() {
    if (next_ % 4 == 0) words_ = random_words({seed_, stream_, 1, next_ / 4});
    return words_[next_++ % 4] * 0x1p-32;
  }

 private:
  std::uint64_t seed_ = 0, next_ = 0;
  Stream stream_ = Stream::burst;
  std::array<std::uint32_t, 4> words_{};
};

constexpr std::array<std::uint32_t, 1> kFirst{0};

/// How many classes there are.
std::size_t check_network(const NetworkDescription& d, std::size_t classes, std::size_t receivers) {
  require_dense(d, "spiking_burstprop", "it simulates one unit after another");
  if (d.depth() != 2) {
    throw FieldError::about(
        {"layers"},
        fmt::format("spiking_burstprop has one hidden layer; the network has {} layers", d.depth()));
  }
  for (const Layer& layer : d.layers) {
    if (layer.activation.kind != Activation::sigmoid || d.loss != Loss::mse) {
      throw FieldError::about({"activation", "output", "loss"},
                              "spiking_burstprop works on sigmoid units in all layers with the loss mse");
    }
  }
  if (classes == 0 || d.outputs() % classes != 0 || receivers != d.layers.front().size) {
    throw ConfigError(
        "feedback weights do not fit the network: rows = classes, which divide the output units, columns = "
        "hidden units");
  }
  return classes;
}

/// What a class is taught is read at the first of its units.
template <class T>
void check_equal_in_classes(MatrixView<const T> Y, std::size_t units) {
  for (std::size_t n = 0; n < Y.rows(); ++n) {
    const auto y = Y.row(n);
    for (std::size_t k = 0; k < y.size(); ++k) {
      if (y[k] == y[k / units * units]) continue;
      throw DataError(fmt::format(
          "spiking bursts: with units_per_class = {0}, outputs {1} to {2} are one class, but sample "
          "{3} of the batch wants {4} of the first and {5} of output {6}; give the task the same "
          "units_per_class",
          units, k / units * units, k / units * units + units - 1, n,
          static_cast<double>(y[k / units * units]), static_cast<double>(y[k]), k));
    }
  }
}

template <class T>
void check_probabilities(MatrixView<const T> X) {
  for (std::size_t n = 0; n < X.rows(); ++n) {
    for (const T x : X.row(n)) {
      if (x >= 0 && x <= 1) continue;
      throw DataError(
          fmt::format("spiking bursts: inputs are shares of the highest rate, from 0 to 1, but sample {} of "
                      "the batch holds {}",
                      n, static_cast<double>(x)));
    }
  }
}

}  // namespace

template <class T>
class SpikingBurstprop<T>::Drawn final : public SpikeSource {
 public:
  void begin(std::uint64_t seed, std::span<const T> x, double chance) {
    seed_ = seed;
    active_.clear();
    for (std::size_t j = 0; j < x.size(); ++j) {
      if (x[j] > 0)
        active_.push_back({static_cast<std::uint32_t>(j), chance * static_cast<double>(x[j]) * 0x1p32});
    }
    bursts_.begin(seed, Stream::burst);
    events_.begin(seed, Stream::poisson_spike);
  }
  std::span<const std::uint32_t> inputs(std::size_t step) override {
    spikes_.clear();
    std::array<std::uint32_t, 4> words{};
    for (std::size_t k = 0; k < active_.size(); ++k) {
      if (k % 4 == 0)
        words = random_words({seed_, Stream::poisson_spike, 0, (std::uint64_t{step} << 32U) + k / 4});
      if (words[k % 4] < active_[k].limit) spikes_.push_back(active_[k].input);
    }
    return spikes_;
  }
  double burst_uniform() override { return bursts_.uniform(); }
  double event_uniform() override { return events_.uniform(); }

 private:
  struct Active {
    std::uint32_t input;
    double limit;  ///< of a word of 32 bits
  };
  std::uint64_t seed_ = 0;
  std::vector<Active> active_;
  std::vector<std::uint32_t> spikes_;
  Words bursts_, events_;
};

template <class T>
SpikingBurstprop<T>::~SpikingBurstprop() = default;

template <class T>
Matrix<T> class_feedback(const NetworkDescription& network, std::uint64_t seed, std::size_t units) {
  if (units == 0 || network.outputs() % units != 0) {
    throw FieldError::about(
        {"units_per_class", "layers"},
        fmt::format("{} output units do not divide into classes of {}", network.outputs(), units));
  }
  Matrix<T> Y(network.outputs() / units, network.layers.front().size);
  for (std::size_t i = 0; i < Y.size(); ++i)
    Y.flat()[i] = static_cast<T>(normal({seed, Stream::feedback_deviation, 0, i}));
  return Y;
}

template <class T>
SpikingBurstprop<T>::SpikingBurstprop(const NetworkDescription& d, SpikingBurstpropOptions options,
                                      Matrix<T> Y, std::uint64_t seed)
    : options_(options),
      seed_(seed),
      Y_(std::move(Y)),
      learning_(options.physiology, d.inputs, d.fan_in(d.depth() - 1), d.outputs(),
                check_network(d, Y_.rows(), Y_.cols())),
      answering_(options.physiology, d.inputs, d.fan_in(d.depth() - 1), d.outputs(), Y_.rows()),
      drawn_(std::make_unique<Drawn>()) {
  check_fields(options_);
  const std::size_t hidden = d.layers.front().size;
  excitability_.assign(hidden, T(0));
  mean_in_.assign(d.inputs, T(0));
  mean_hidden_.assign(hidden, T(0));
  in_ = Matrix<T>(d.inputs, hidden);
  out_ = Matrix<T>(hidden, d.outputs());
  feedback_ = Matrix<T>(Y_.rows(), Y_.cols());
  hidden_offset_.resize(hidden);
  wanted_.resize(Y_.rows());
  phases_.resize(hidden + d.outputs());
  if (options_.feedback == ClassFeedback::learned) {
    Y_credit_ = Matrix<T>(Y_.rows(), Y_.cols());
    slots_.push_back({Y_.flat(), std::as_const(Y_credit_).flat(), false, options_.follow});
  }
  for (std::size_t i = 0; i < phases_.size(); ++i)
    phases_[i] = static_cast<T>(uniform({seed, Stream::initial_voltage, 0, i}));
  learning_.begin(std::span<const T>(phases_).first(hidden), std::span<const T>(phases_).subspan(hidden));
}

template <class T>
void SpikingBurstprop<T>::visit_state(StateVisitor& visit) {
  visit("feedback", Y_.flat());
  visit("excitability", std::span<T>(excitability_));
  visit("mean_inputs", std::span<T>(mean_in_));
  visit("mean_hidden", std::span<T>(mean_hidden_));
  visit("pictures", pictures_);
  visit.section("neurons", [&] { learning_.visit_state(visit); });
}

template <class T>
void SpikingBurstprop<T>::prepare(const Network<T>& network) {
  const auto turn = [](const Matrix<T>& W, Matrix<T>& to) {
    for (std::size_t i = 0; i < W.rows(); ++i) {
      for (std::size_t j = 0; j < W.cols(); ++j) to(j, i) = W(i, j);
    }
  };
  turn(network.parameters.W[0], in_);
  turn(network.parameters.W[1], out_);
  output_offset_ = network.parameters.b[1];
  if (options_.feedback == ClassFeedback::symmetric) {
    const std::size_t n = network.description.outputs() / Y_.rows();
    for (std::size_t c = 0; c < Y_.rows(); ++c) {
      for (std::size_t i = 0; i < Y_.cols(); ++i) {
        T sum = 0;
        for (std::size_t k = c * n; k < (c + 1) * n; ++k) sum += network.parameters.W[1](k, i);
        Y_(c, i) = sum / static_cast<T>(n);
      }
    }
  }
  double squares = 0;
  for (const T y : Y_.flat()) squares += static_cast<double>(y) * static_cast<double>(y);
  const double rms = std::sqrt(squares / static_cast<double>(Y_.size()));
  for (std::size_t i = 0; i < Y_.size(); ++i)
    feedback_.flat()[i] = rms > 0 ? Y_.flat()[i] / static_cast<T>(rms) : T(0);
}

/// With the offsets as they are now; the matrices are those last prepared.
template <class T>
SpikingBurstWeights<T> SpikingBurstprop<T>::weights(const Network<T>& network) {
  for (std::size_t i = 0; i < excitability_.size(); ++i)
    hidden_offset_[i] = network.parameters.b[0][i] + excitability_[i];
  return {std::as_const(in_).view(), std::as_const(out_).view(), std::as_const(feedback_).view(),
          hidden_offset_, output_offset_};
}

template <class T>
void SpikingBurstprop<T>::answer(MatrixView<T> out, std::size_t row,
                                 const SpikingBursts<T>& simulation) const {
  const SpikingBurstPhysiology& p = options_.physiology;
  const auto& events = simulation.counts().predicted;
  for (std::size_t k = 0; k < events.size(); ++k)
    out(row, k) = static_cast<T>((events[k] / p.predict_s - p.low_Hz) / (p.high_Hz - p.low_Hz));
}

/// Pictures that are looked at before anything is learned: the first half tells the mean input, which sets
/// excitabilities, the second the mean rates.
template <class T>
void SpikingBurstprop<T>::calibrate(const Network<T>& network, MatrixView<const T> X, std::size_t row) {
  const std::uint64_t half = options_.calibration / 2;
  if (pictures_ >= half) return;
  const T share = static_cast<T>(1 / static_cast<double>(pictures_ + 1));
  for (std::size_t j = 0; j < mean_in_.size(); ++j) mean_in_[j] += share * (X(row, j) - mean_in_[j]);
  if (pictures_ + 1 < half) return;
  const Matrix<T>& W = network.parameters.W[0];
  for (std::size_t i = 0; i < excitability_.size(); ++i) {
    double sum = options_.offset;
    for (std::size_t j = 0; j < mean_in_.size(); ++j)
      sum -= static_cast<double>(W(i, j)) * static_cast<double>(mean_in_[j]);
    excitability_[i] = static_cast<T>(sum);
  }
}

template <class T>
void SpikingBurstprop<T>::learn_from(Credit<T>& out, double share) {
  const SpikingBurstPhysiology& p = options_.physiology;
  const auto& counts = learning_.counts();
  const double seconds = p.predict_s + p.teach_s;
  const auto learn = [&](const auto& post, const auto& spikes, double reference, std::span<const T> mean,
                         Matrix<T>& dW, std::span<T> db) {
    const double per_spike = 1 / (reference * seconds);
    pre_.resize(spikes.size());
    for (std::size_t j = 0; j < pre_.size(); ++j)
      pre_[j] = static_cast<T>(spikes[j] * per_spike) - (options_.centred ? mean[j] : T(0));
    for (std::size_t k = 0; k < post.size(); ++k) {
      if (post[k] == 0) continue;
      const T z = static_cast<T>(share) * post[k];
      decay_and_add_rows<T>(T(1), z, MatrixView<const T>(pre_.data(), 1, pre_.size()), kFirst, dW.row(k));
      db[k] += z;
    }
  };
  learn(counts.hidden_excess, counts.inputs, p.input_Hz, mean_in_, out.dW[0], out.db[0]);
  learn(counts.output_excess, counts.hidden, p.hidden_reference_Hz, mean_hidden_, out.dW[1], out.db[1]);
}

template <class T>
void SpikingBurstprop<T>::follow_means(bool calibrating) {
  const SpikingBurstPhysiology& p = options_.physiology;
  const auto& counts = learning_.counts();
  const double seconds = p.predict_s + p.teach_s;
  // While rates are found out, the plain mean of what has been seen of them.
  const double seen = static_cast<double>(pictures_) - static_cast<double>(options_.calibration / 2) + 1;
  const double share = calibrating ? 1 / seen : 1 / options_.mean_pictures;
  for (std::size_t j = 0; j < mean_in_.size() && !calibrating; ++j)
    mean_in_[j] += static_cast<T>(
        share * (counts.inputs[j] / (p.input_Hz * seconds) - static_cast<double>(mean_in_[j])));
  for (std::size_t i = 0; i < mean_hidden_.size(); ++i) {
    mean_hidden_[i] += static_cast<T>(share * (counts.hidden[i] / (p.hidden_reference_Hz * seconds) -
                                               static_cast<double>(mean_hidden_[i])));
    if (calibrating) continue;
    excitability_[i] +=
        static_cast<T>(options_.homeostasis * rate_factor_ *
                       (options_.homeostatic_Hz - counts.hidden[i] / seconds) / options_.homeostatic_Hz);
  }
}

template <class T>
double SpikingBurstprop<T>::credit(const Workers& /*workers*/, const Network<T>& network,
                                   const Batch<T>& batch, Credit<T>& out, int /*update*/) {
  const NetworkDescription& d = network.description;
  check_batch<T>(d, batch.X, batch.Y);
  check_probabilities<T>(batch.X);
  const std::size_t rows = batch.X.rows(), per_class = d.outputs() / Y_.rows();
  check_equal_in_classes<T>(batch.Y, per_class);
  const std::uint64_t transmitted = learning_.transmitted();
  output_.resize(rows, d.outputs());
  for (Matrix<T>& m : out.dW) std::fill(m.flat().begin(), m.flat().end(), T(0));
  for (auto& b : out.db) std::fill(b.begin(), b.end(), T(0));
  prepare(network);
  for (std::size_t n = 0; n < rows; ++n) {
    const bool calibrating = pictures_ < options_.calibration;
    if (calibrating && !resting_) calibrate(network, batch.X, n);
    for (std::size_t c = 0; c < wanted_.size(); ++c) wanted_[c] = batch.Y(n, c * per_class);
    if (!sources_)
      drawn_->begin(presentation_seed(seed_, Presentation::learning, pictures_), batch.X.row(n),
                    options_.physiology.input_Hz * options_.physiology.dt_s);
    SpikeSource& source = sources_ ? sources_(shown_++) : *drawn_;
    learning_.show(weights(network), wanted_, source);
    answer(output_.view(), n, learning_);
    if (!calibrating) learn_from(out, 1 / static_cast<double>(rows));
    if (!resting_ && pictures_ >= options_.calibration / 2) follow_means(calibrating);
    ++pictures_;
    if (watcher_) watcher_();
  }
  if (ProductCount* const count = current_product_count())
    count->transmitted += static_cast<double>(learning_.transmitted() - transmitted);
  if (!slots_.empty()) {
    const std::size_t n = per_class;
    for (std::size_t c = 0; c < Y_.rows(); ++c) {
      for (std::size_t i = 0; i < Y_.cols(); ++i) {
        T sum = 0;
        for (std::size_t k = c * n; k < (c + 1) * n; ++k) sum += out.dW[1](k, i);
        Y_credit_(c, i) = sum / static_cast<T>(n);
      }
    }
  }
  return squared_error<T>(output(), batch.Y);
}

template <class T>
void SpikingBurstprop<T>::predict(const Workers& /*workers*/, const Network<T>& network,
                                  MatrixView<const T> X, MatrixView<T> out) {
  answer_all(network, X, out, {});
}

template <class T>
void SpikingBurstprop<T>::activity(const Workers& /*workers*/, const Network<T>& network,
                                   MatrixView<const T> X, Activity<T>& out) {
  out.h.resize(2);
  const auto hidden = out.h[0].resize(X.rows(), excitability_.size());
  answer_all(network, X, out.h[1].resize(X.rows(), network.description.outputs()), hidden);
}

/// `hidden` may be without rows.
template <class T>
void SpikingBurstprop<T>::answer_all(const Network<T>& network, MatrixView<const T> X, MatrixView<T> out,
                                     MatrixView<T> hidden_rates) {
  const SpikingBurstPhysiology& p = options_.physiology;
  check_input<T>(network.description, X);
  check_probabilities<T>(X);
  prepare(network);
  const std::size_t hidden = excitability_.size();
  for (std::size_t n = 0; n < X.rows(); ++n) {
    const std::uint64_t seed = presentation_seed(seed_, Presentation::answering, fingerprint(X.row(n)));
    for (std::size_t i = 0; i < phases_.size(); ++i)
      phases_[i] = static_cast<T>(uniform({seed, Stream::initial_voltage, 0, i}));
    answering_.begin(std::span<const T>(phases_).first(hidden), std::span<const T>(phases_).subspan(hidden));
    drawn_->begin(seed, X.row(n), options_.physiology.input_Hz * options_.physiology.dt_s);
    answering_.show(weights(network), {}, *drawn_);
    answer(out, n, answering_);
    if (hidden_rates.rows() == 0) continue;
    const auto row = hidden_rates.row(n);
    for (std::size_t i = 0; i < row.size(); ++i)
      row[i] = static_cast<T>(answering_.counts().hidden[i] / p.predict_s / p.maximum_Hz);
  }
}

template <class T>
std::vector<std::pair<std::string_view, double>> SpikingBurstprop<T>::hidden_figures() const {
  if (pictures_ <= options_.calibration / 2) return {};
  double sum = 0, quiet = 0;
  for (const T h : mean_hidden_) {
    const double Hz = static_cast<double>(h) * options_.physiology.hidden_reference_Hz;
    sum += Hz;
    quiet += Hz < 0.5 ? 1 : 0;
  }
  const auto n = static_cast<double>(mean_hidden_.size());
  return {{"hidden_event_Hz", sum / n}, {"quiet_fraction", quiet / n}};
}

template <class T>
bool SpikingBurstprop<T>::exact_credit(const Workers& workers, const Network<T>& network,
                                       const Batch<T>& batch, Credit<T>& out) {
  const NetworkDescription& d = network.description;
  const SpikingBurstPhysiology& p = options_.physiology;
  const std::size_t rows = batch.X.rows();
  check_batch<T>(d, batch.X, batch.Y);
  weights(network);  // hidden offsets as they are
  const auto a1 = a1_.resize(rows, excitability_.size());
  project<T>(workers, kAllToAll, batch.X, network.parameters.W[0].view(), hidden_offset_, a1);
  activate<T>(workers, Activation::sigmoid, a1, a1);
  const T hidden_scale = static_cast<T>(p.maximum_Hz / p.hidden_reference_Hz);
  const auto h = h_.resize(rows, excitability_.size());
  blend<T>(workers, hidden_scale, a1, 0, a1, h);
  const auto a2 = a2_.resize(rows, d.outputs());
  project<T>(workers, kAllToAll, h, network.parameters.W[1].view(), network.parameters.b[1], a2);
  activate<T>(workers, Activation::sigmoid, a2, a2);
  const T slope = static_cast<T>(p.maximum_Hz / (p.high_Hz - p.low_Hz));
  const T low = static_cast<T>(p.low_Hz / (p.high_Hz - p.low_Hz));
  const auto delta2 = delta2_.resize(rows, d.outputs());
  copy<T>(a2, delta2);
  combine<T>(workers, delta2, batch.Y,
             [slope, low](T o, T y) { return (slope * o - low - y) * slope * o * (T(1) - o); });
  const auto delta1 = delta1_.resize(rows, excitability_.size());
  project_back<T>(workers, kAllToAll, delta2, network.parameters.W[1].view(), delta1, hidden_scale);
  times_derivative<T>(workers, Activation::sigmoid, a1, delta1);
  correlate<T>(workers, kAllToAll, delta1, batch.X, -1, out.dW[0].view());
  correlate<T>(workers, kAllToAll, delta2, h, -1, out.dW[1].view());
  batch_mean<T>(kAllToAll, delta1, -1, out.db[0]);
  batch_mean<T>(kAllToAll, delta2, -1, out.db[1]);
  return true;
}

template class SpikingBurstprop<float>;
template class SpikingBurstprop<double>;
template Matrix<float> class_feedback<float>(const NetworkDescription&, std::uint64_t, std::size_t);
template Matrix<double> class_feedback<double>(const NetworkDescription&, std::uint64_t, std::size_t);

void fields(FieldVisitor& v, SpikingBurstpropOptions& o) {
  fields(v, o.physiology);
  v.choice({"feedback", "",
            "weights from classes to dendrites stay, follow the forward weights, or are their mean"},
           o.feedback, {"fixed", "learned", "symmetric"});
  v({"follow", "", "learned: by so many times the mean change of the forward weights of a class",
     at_least(0)},
    o.follow);
  v({"homeostasis", "", "of excitability, per picture and share of the rate that is missing", at_least(0)},
    o.homeostasis);
  v({"homeostatic_rate", "Hz", "rate that it goes towards", more_than(0)}, o.homeostatic_Hz);
  v({"mean_pictures", "pictures", "time constant of slow means of activity", at_least(1)}, o.mean_pictures);
  v({"centred", "", "slow means are taken off presynaptic activity"}, o.centred);
  v({"units_per_class", "", "output units of each class, side by side", at_least(1)}, o.units_per_class);
  v({"calibration", "pictures",
     "before learning: half of them tell the mean input, the others the mean rates"},
    o.calibration);
  v({"hidden_offset", "", "of hidden potentials at the mean input, set when that is known"}, o.offset);
}

RuleEntries spiking_burstprop_rules() {
  ModelDefaults model = logistic_units();
  model.init = WeightInit::he_normal;
  model.batch = 10;
  model.optimiser = {.kind = OptimiserKind::sgd, .learning_rate = 0.09};
  return {{.name = "spiking_burstprop",
           .description =
               "spikes and bursts simulated in time: at the end of a picture weights change by the bursts "
               "beyond their share of events",
           .citation = "Stuck, Wang & Naud, Neuromorph. Comput. Eng. 5:014010, 2025; Payeur et al. 2021",
           .options = SpikingBurstpropOptions{},
           .model = model,
           .example = {4, 5, 2}}};
}

}  // namespace apical::layered
