// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/predictive_coding.h"

#include <cmath>

namespace apical::layered {

template <class T>
PredictiveCoding<T>::PredictiveCoding(const NetworkDescription& description, PredictiveOptions options)
    : options_(options) {
  if (options_.steps < 1)
    throw FieldError::about({"inference_steps"}, "predictive coding needs at least one inference step");
  if (!(options_.gamma > 0))
    throw FieldError::about({"gamma"}, "predictive coding: the inference step gamma must be above 0");
  if (!(options_.output_precision > 0))
    throw FieldError::about({"output_precision"}, "predictive coding: output_precision must be above 0");
  if (options_.inference == Inference::zero_divergence) {
    options_.steps = static_cast<int>(description.depth());
    options_.gamma = 1;
    options_.guard = false;
  }
  // The first direction is arbitrary but fixed: it decays to the dominant one within a few batches.
  resize(direction_, description, 1);
  for (std::size_t l = 0; l < direction_.size(); ++l) {
    for (std::size_t i = 0; i < direction_[l].cols(); ++i) {
      direction_[l].view()(0, i) =
          static_cast<T>(normal({0, Stream::perturbation, static_cast<std::uint32_t>(l), i}));
    }
  }
}

template <class T>
std::string_view PredictiveCoding<T>::name() const {
  switch (options_.inference) {
    case Inference::strict:
      return "predictive_coding";
    case Inference::fixed_prediction:
      return "predictive_coding_fixed_prediction";
    case Inference::zero_divergence:
      return "predictive_coding_zil";
    default:
      return "predictive_coding_incremental";
  }
}

template <class T>
int PredictiveCoding<T>::updates_per_batch() const {
  return options_.inference == Inference::incremental ? options_.steps : 1;
}

template <class T>
void PredictiveCoding<T>::visit_state(StateVisitor& visit) {
  for (std::size_t l = 0; l < direction_.size(); ++l)
    visit("curvature." + std::to_string(l + 1), direction_[l].flat());
}

template <class T>
void PredictiveCoding<T>::start(const Workers& workers, const Network<T>& network, const Batch<T>& batch) {
  const NetworkDescription& description = network.description;
  check_batch<T>(description, batch.X, batch.Y);
  forward<T>(workers, network, batch.X, forward_);
  for (LayerRows<T>* states : {&v_, &f_of_v_, &a_, &mu_, &eps_, &error_, &force_}) {
    resize(*states, description, batch.X.rows());
  }
  const bool of_drive = options_.prediction == Prediction::of_drive;
  for (std::size_t l = 0; l + 1 < description.depth(); ++l) {
    copy<T>(of_drive ? forward_.h[l].view() : forward_.a[l].view(), v_[l].view());
  }
  copy<T>(batch.Y, v_.back().view());
  copy<T>(forward_.a[0].view(), a_[0].view());
  const bool shown_as_drive = !of_drive && description.depth() > 1;
  copy<T>(shown_as_drive ? forward_.a[0].view() : forward_.h[0].view(), mu_[0].view());
  first_prediction_known_ = true;
  gamma_ = options_.gamma;
  if (options_.guard) gamma_ = std::min(gamma_, 1 / largest_curvature(network));
  energies_.clear();
}

/// error_l = eps_l f'(a_l), or eps_l itself where the nonlinearity sits in the presynaptic value.
template <class T>
void PredictiveCoding<T>::weigh_errors(const Workers& workers, const NetworkDescription& description,
                                       std::size_t l) {
  copy<T>(eps_[l].view(), error_[l].view());
  const bool of_drive = options_.prediction == Prediction::of_drive;
  const bool top = l + 1 == description.depth();
  if (top ? description.loss == Loss::mse : of_drive) {
    times_derivative<T>(workers, description.layers[l].activation,
                        of_drive || top ? mu_[l].view() : f_of_v_[l].view(), error_[l].view());
  }
}

template <class T>
void PredictiveCoding<T>::compute_errors(const Workers& workers, const Network<T>& network,
                                         const Batch<T>& batch) {
  const NetworkDescription& description = network.description;
  const bool of_drive = options_.prediction == Prediction::of_drive;
  const T precision = static_cast<T>(options_.output_precision);
  for (std::size_t l = 0; l < description.depth(); ++l) {
    const bool top = l + 1 == description.depth();
    if (!top && !of_drive)
      activate<T>(workers, description.layers[l].activation, v_[l].view(), f_of_v_[l].view());
    if (l > 0 || !first_prediction_known_) {
      project<T>(workers, network, l, presynaptic<T>(batch.X, pre(), l), a_[l].view());
      if (of_drive || top) {
        activate<T>(workers, description.layers[l].activation, a_[l].view(), mu_[l].view());
      } else {
        copy<T>(a_[l].view(), mu_[l].view());
      }
    }
    const T weight = top ? precision : T(1);
    blend<T>(workers, weight, v_[l].view(), -weight, mu_[l].view(), eps_[l].view());
    weigh_errors(workers, description, l);
  }
}

/// force_l = -dF/dv_l, from the errors as they stand.
template <class T>
void PredictiveCoding<T>::force(const Workers& workers, const Network<T>& network, std::size_t l) {
  const auto out = force_[l].view();
  project_back<T>(workers, network.description.connection(l + 1), error_[l + 1].view(),
                  network.parameters.W[l + 1].view(), out);
  if (options_.prediction == Prediction::of_activity) {
    times_derivative<T>(workers, network.description.layers[l].activation, f_of_v_[l].view(), out);
  }
  blend<T>(workers, 1, out, -1, eps_[l].view(), out);
}

template <class T>
void PredictiveCoding<T>::move_values(const Workers& workers, const Network<T>& network) {
  const T gamma = static_cast<T>(gamma_);
  for (std::size_t l = 0; l + 1 < v_.size(); ++l) {
    force(workers, network, l);
    blend<T>(workers, 1, v_[l].view(), gamma, force_[l].view(), v_[l].view());
  }
}

/// One step with everything but the errors held at the forward pass: eps moves as v does.
template <class T>
void PredictiveCoding<T>::relax_fixed(const Workers& workers, const Network<T>& network) {
  const T gamma = static_cast<T>(gamma_);
  for (std::size_t l = 0; l + 1 < v_.size(); ++l) {  // upwards: layer l reads the old error of layer l+1
    force(workers, network, l);
    blend<T>(workers, 1, eps_[l].view(), gamma, force_[l].view(), eps_[l].view());
    weigh_errors(workers, network.description, l);
  }
}

template <class T>
void PredictiveCoding<T>::learn(const Workers& workers, const NetworkDescription& description,
                                const Batch<T>& batch, std::size_t l, Credit<T>& out) {
  const T factor = static_cast<T>(1 / options_.output_precision);
  const Connection& connection = description.connection(l);
  correlate<T>(workers, connection, error_[l].view(), presynaptic<T>(batch.X, pre(), l), factor,
               out.dW[l].view());
  batch_mean<T>(connection, error_[l].view(), factor, out.db[l]);
}

template <class T>
double PredictiveCoding<T>::energy(const NetworkDescription& description, const Batch<T>& batch) {
  double F = 0;
  for (std::size_t l = 0; l + 1 < eps_.size(); ++l) {
    for (const T e : eps_[l].flat()) F += 0.5 * static_cast<double>(e) * static_cast<double>(e);
  }
  F /= static_cast<double>(batch.X.rows());
  output_now_.a.resize(1);
  output_now_.h.resize(1);
  copy<T>(a_.back().view(), output_now_.a[0].resize(batch.Y.rows(), batch.Y.cols()));
  copy<T>(mu_.back().view(), output_now_.h[0].resize(batch.Y.rows(), batch.Y.cols()));
  return F + options_.output_precision * mean_loss<T>(description, output_now_, batch.Y);
}

template <class T>
double PredictiveCoding<T>::largest_curvature(const Network<T>& network) {
  // F is 1/2 |D v|^2 to second order, with D = identity minus the slope-bounded weights of the layer below;
  // rows of D for the output have no identity. Power iteration on D^T D, continued from the direction of the
  // last batch.
  const NetworkDescription& description = network.description;
  const std::size_t hidden = description.depth() - 1;
  if (hidden == 0) return 1;
  const auto slope = [&](std::size_t l) {
    const std::size_t source = options_.prediction == Prediction::of_drive ? l : l - 1;
    const double steepest = description.layers[source].activation.steepest();
    const double weight = l == hidden ? std::sqrt(options_.output_precision) : 1;
    return static_cast<T>(weight * steepest);
  };
  resize(image_, description, 1);
  double curvature = 0;
  constexpr int kMostRounds = 100;
  for (int round = 0; round < kMostRounds; ++round) {
    double norm = 0;
    for (std::size_t l = 0; l < hidden; ++l) {
      for (const T x : direction_[l].flat()) norm += static_cast<double>(x) * static_cast<double>(x);
    }
    norm = std::sqrt(norm);
    for (std::size_t l = 0; l < hidden; ++l) {
      for (T& x : direction_[l].flat()) x = static_cast<T>(static_cast<double>(x) / norm);
    }
    for (std::size_t l = 0; l <= hidden; ++l) {
      const auto out = image_[l].view();
      if (l < hidden) {
        copy<T>(direction_[l].view(), out);
      } else {
        fill(out, 0);
      }
      if (l > 0) {
        transmit<T>(Workers(), description.connection(l), direction_[l - 1].view(),
                    network.parameters.W[l].view(), out, -slope(l), 1);
      }
    }
    double squared = 0;
    for (const Rows<T>& layer : image_) {
      for (const T x : layer.flat()) squared += static_cast<double>(x) * static_cast<double>(x);
    }
    for (std::size_t l = 0; l < hidden; ++l) {
      copy<T>(image_[l].view(), direction_[l].view());
      project_back<T>(Workers(), description.connection(l + 1), image_[l + 1].view(),
                      network.parameters.W[l + 1].view(), direction_[l].view(), -slope(l + 1), 1);
    }
    const double previous = curvature;
    curvature = squared;
    if (std::abs(curvature - previous) <= 0.01 * curvature) break;
  }
  return std::max(curvature, 1.0);
}

template <class T>
double PredictiveCoding<T>::credit(const Workers& workers, const Network<T>& network, const Batch<T>& batch,
                                   Credit<T>& out, int update) {
  const NetworkDescription& description = network.description;
  const std::size_t depth = description.depth();
  const auto record = [&] {
    if (options_.record_energy) energies_.push_back(energy(description, batch));
  };
  if (update == 0) {
    start(workers, network, batch);
  } else {
    first_prediction_known_ = false;
  }
  compute_errors(workers, network, batch);
  record();
  switch (options_.inference) {
    case Inference::strict:
      for (int step = 0; step < options_.steps; ++step) {
        move_values(workers, network);
        compute_errors(workers, network, batch);
        record();
      }
      for (std::size_t l = 0; l < depth; ++l) learn(workers, description, batch, l, out);
      break;
    case Inference::fixed_prediction:
      for (int step = 0; step < options_.steps; ++step) {
        relax_fixed(workers, network);
        record();
      }
      for (std::size_t l = 0; l < depth; ++l) learn(workers, description, batch, l, out);
      break;
    case Inference::zero_divergence:
      for (std::size_t step = 0; step < depth; ++step) {
        learn(workers, description, batch, depth - 1 - step, out);
        move_values(workers, network);
        compute_errors(workers, network, batch);
        record();
      }
      break;
    case Inference::incremental:
      for (std::size_t l = 0; l < depth; ++l) learn(workers, description, batch, l, out);
      move_values(workers, network);
      break;
  }
  return mean_loss<T>(description, forward_, batch.Y);
}

template <class T>
double PredictiveCoding<T>::stationarity(const Workers& workers, const Network<T>& network) {
  double largest = 0;
  for (std::size_t l = 0; l + 1 < v_.size(); ++l) {
    force(workers, network, l);
    for (const T x : force_[l].flat()) largest = std::max(largest, std::abs(static_cast<double>(x)));
  }
  return largest;
}

template class PredictiveCoding<float>;
template class PredictiveCoding<double>;

void fields(FieldVisitor& v, PredictiveOptions& o) {
  v.choice({"prediction", "", "f(W v + b), or W f(v) + b which is local to every synapse"}, o.prediction,
           {"of_drive", "of_activity"});
  v({"inference_steps", "steps", "steps of the value units per batch", at_least(1)}, o.steps);
  v({"gamma", "", "size of a step", more_than(0)}, o.gamma);
  v({"guard", "", "limit gamma to what the curvature of the energy allows"}, o.guard);
  v({"output_precision", "", "weight of the output error", more_than(0)}, o.output_precision);
}

RuleEntries predictive_coding_rules() {
  const auto entry = [](const char* name, PredictiveOptions options, const char* description,
                        const char* citation) {
    return RuleEntry{.name = name,
                     .description = description,
                     .citation = citation,
                     .options = options,
                     .model = regression()};
  };
  return {
      entry("predictive_coding", {},
            "value and error units settle with the output clamped, predictions following the values",
            "Rao & Ballard, Nat Neurosci 2:79, 1999; Whittington & Bogacz, Neural Comput 29:1229, 2017"),
      entry("predictive_coding_fixed_prediction", {.inference = Inference::fixed_prediction, .gamma = 0.3},
            "value and error units settle while predictions stay at the forward pass",
            "Millidge, Tschantz & Buckley, arXiv:2006.04182, 2020"),
      entry("predictive_coding_zil", {.inference = Inference::zero_divergence},
            "every layer learns at the inference step at which its error is that of backpropagation",
            "Song, Lukasiewicz, Xu & Bogacz, NeurIPS 2020"),
      entry("predictive_coding_incremental", {.inference = Inference::incremental},
            "weights change at every inference step", "Salvatori et al., arXiv:2212.00720, 2022")};
}

}  // namespace apical::layered
