// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/spiking_segregated_dendrites.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <span>

#include "apical/engine/layered/settling.h"
#include "apical/rules/delta_rule.h"
#include "apical/rules/presentation_seed.h"

namespace apical::layered {
namespace {

std::size_t steps_of(double time, double dt) {
  const double steps = std::round(time / dt);
  if (!(steps >= 1 && steps < 1e6) || std::abs(steps * dt - time) > 1e-9 * time) {
    throw FieldError::about(
        {"phase", "average", "dt"},
        "segregated dendrites: phase and average must be whole numbers of time steps, one or more");
  }
  return static_cast<std::size_t>(steps);
}

/// Spikes in a step of a Poisson neuron that expects `mean` of them, from one uniform number.
double poisson_count(double mean, double u) {
  double p = std::exp(-mean), sum = p;
  int k = 0;
  while (u >= sum && k < 1000) {
    ++k;
    p *= mean / k;
    sum += p;
  }
  return k;
}

template <class T>
void accumulate(const Workers& workers, MatrixView<const T> values, double share, Rows<T>& mean) {
  const T s = static_cast<T>(share);
  combine<T>(workers, mean.view(), values, [s](T m, T v) { return m + s * v; });
}

template <class T>
void clear(Rows<T>& x, std::size_t rows, std::size_t cols) {
  fill(x.resize(rows, cols), 0);
}

}  // namespace

template <class T>
SpikingSegregatedDendrites<T>::SpikingSegregatedDendrites(const NetworkDescription& description,
                                                          SpikingSegregatedOptions options,
                                                          FeedbackWeights<T> Y, std::uint64_t seed)
    : options_(options), Y_(std::move(Y)), seed_(seed) {
  check_feedback(description, FeedbackPath::direct, Y_);
  check_sigmoid_units(description);
  const SpikingSegregatedOptions& o = options_;
  if (!(o.dt > 0 && o.tau_short > 0 && o.tau_long > o.tau_short)) {
    throw FieldError::about({"dt", "tau_long", "tau_short"},
                            "segregated dendrites: expected dt > 0 and tau_long > tau_short > 0");
  }
  // Euler steps diverge beyond 2; the teacher's conductances sum to 1.
  if (o.dt * (o.steady.g_L + std::max(o.steady.g_B + o.g_A, o.steady.g_D + 1)) > 2) {
    throw FieldError::about({"dt"}, "segregated dendrites: dt is too long for the membrane");
  }
  steps_ = steps_of(o.phase, o.dt);
  averaged_ = steps_of(o.average, o.dt);
  if (o.input_neurons == 0)
    throw FieldError::about(
        {"input_neurons"},
        "segregated dendrites: input_neurons is 0; expected at least one neuron per input");
  if (averaged_ > steps_)
    throw FieldError::about({"average", "phase"},
                            "segregated dendrites: averages cannot be longer than a phase");
  const double slow = std::exp(-o.dt / o.tau_long), fast = std::exp(-o.dt / o.tau_short);
  keep_slow_ = static_cast<T>(slow);
  keep_fast_ = static_cast<T>(fast);
  // The response to one spike sums to 1/dt, so that the PSP of a rate is the rate.
  psp_gain_ = static_cast<T>(1 / (o.dt * (1 / (1 - slow) - 1 / (1 - fast))));
}

template <class T>
void SpikingSegregatedDendrites<T>::rest(const NetworkDescription& description, std::size_t rows) {
  const auto clear_trains = [rows](Trains& t, std::size_t n) {
    for (Rows<T>* r : {&t.slow, &t.fast, &t.psp}) clear(*r, rows, n);
  };
  clear_trains(input_, description.inputs);
  trains_.resize(description.depth());
  for (LayerRows<T>* states : {&V_, &drive_, &apical_}) resize(*states, description, rows);
  for (std::size_t l = 0; l < description.depth(); ++l) {
    clear_trains(trains_[l], description.layers[l].size);
    fill(V_[l].view(), 0);
    fill(apical_[l].view(), 0);
  }
}

template <class T>
void SpikingSegregatedDendrites<T>::fire(const Workers& workers, MatrixView<const T> rates, double scale,
                                         T gain, Trains& trains, std::uint32_t object, std::uint64_t step) {
  workers.run_ranges(rates.rows(), 16, [&](std::size_t first, std::size_t last) {
    for (std::size_t n = first; n < last; ++n) {
      std::array<std::uint32_t, 4> words{};  // of four neurons
      for (std::size_t i = 0; i < rates.cols(); ++i) {
        if (i % 4 == 0)
          words = random_words({sample_seed_[n], Stream::poisson_spike, object, (step << 32U) + i});
        const double u = words[i % 4] * 0x1p-32;
        const T spikes = static_cast<T>(poisson_count(scale * static_cast<double>(rates(n, i)), u));
        T &slow = trains.slow.view()(n, i), &fast = trains.fast.view()(n, i);
        slow = keep_slow_ * slow + spikes;
        fast = keep_fast_ * fast + spikes;
        trains.psp.view()(n, i) = gain * (slow - fast);
      }
    }
  });
}

template <class T>
void SpikingSegregatedDendrites<T>::membrane(const Workers& workers, const Network<T>& network, std::size_t l,
                                             MatrixView<const T> Y, Phase phase) {
  const SegregatedOptions& o = options_.steady;
  const bool top = l + 1 == V_.size();
  const auto V = V_[l].view();
  project<T>(workers, network, l, (l == 0 ? input_ : trains_[l - 1]).psp.view(), drive_[l].view());
  const T dt = static_cast<T>(options_.dt), g_L = static_cast<T>(o.g_L);
  const T g = static_cast<T>(top ? o.g_D : o.g_B), g_A = static_cast<T>(options_.g_A);
  const T E_E = static_cast<T>(o.E_E), E_I = static_cast<T>(o.E_I);
  if (top && phase == Phase::target) {
    // The teacher first, so that one step reads one potential: drive + (I/g) enters as one basal potential.
    const auto drive = drive_[l].view();
    combine<T>(workers, drive, V, [=](T u, T v) { return u - v / g; });
    combine<T>(workers, drive, Y, [=](T u, T y) { return u + (y * E_E + (T(1) - y) * E_I) / g; });
  }
  if (!top) {
    project_back<T>(workers, kAllToAll, trains_.back().psp.view(), Y_[l].view(), apical_[l].view());
    const auto drive = drive_[l].view();
    combine<T>(workers, drive, apical_[l].view(), [=](T u, T a) { return u + g_A / g * a; });
  }
  const T leak = g_L + g + (top ? T(0) : g_A);
  combine<T>(workers, V, drive_[l].view(), [=](T v, T u) { return v + dt * (g * u - leak * v); });
}

template <class T>
void SpikingSegregatedDendrites<T>::show(const Workers& workers, const Network<T>& network,
                                         MatrixView<const T> X, MatrixView<const T> Y, Phase phase,
                                         std::size_t first_step) {
  const NetworkDescription& description = network.description;
  const std::size_t depth = description.depth(), rows = X.rows();
  mean_V_.resize(depth);
  mean_psp_.resize(depth);
  mean_apical_.resize(depth);
  for (std::size_t l = 0; l < depth; ++l) {
    if (phase == Phase::forward) {
      clear(mean_V_[l], rows, description.layers[l].size);
      clear(mean_psp_[l], rows, description.layers[l].size);
    }
    clear(mean_apical_[l], rows, description.layers[l].size);
  }
  if (phase == Phase::forward) clear(mean_input_, rows, description.inputs);
  clear(mean_rate_, rows, description.outputs());
  const double share = 1 / static_cast<double>(averaged_), n_in = static_cast<double>(options_.input_neurons);
  for (std::size_t t = 0; t < steps_; ++t) {
    const std::uint64_t step = first_step + t;
    fire(workers, X, n_in * options_.dt, psp_gain_ / static_cast<T>(n_in), input_, 0, step);
    // Somata move by what arrived so far, then all fire: one step of delay per layer.
    for (std::size_t l = 0; l < depth; ++l) membrane(workers, network, l, Y, phase);
    for (std::size_t l = 0; l < depth; ++l) {
      const auto rate = rate_.resize(rows, description.layers[l].size);
      activate<T>(workers, Activation::sigmoid, V_[l].view(), rate);
      fire(workers, rate, options_.steady.phi_max * options_.dt, psp_gain_, trains_[l],
           static_cast<std::uint32_t>(l + 1), step);
      if (l + 1 == depth && t + averaged_ >= steps_)
        accumulate<T>(workers, rate, options_.steady.phi_max * share, mean_rate_);
    }
    if (t + averaged_ < steps_) continue;
    for (std::size_t l = 0; l < depth; ++l) {
      if (phase == Phase::forward) {
        accumulate<T>(workers, V_[l].view(), share, mean_V_[l]);
        accumulate<T>(workers, trains_[l].psp.view(), share, mean_psp_[l]);
      }
      accumulate<T>(workers, apical_[l].view(), share, mean_apical_[l]);
    }
    if (phase == Phase::forward) accumulate<T>(workers, input_.psp.view(), share, mean_input_);
  }
}

template <class T>
void SpikingSegregatedDendrites<T>::forward_answer(const Workers& workers, const Network<T>& network,
                                                   MatrixView<const T> X) {
  check_input<T>(network.description, X);
  for (std::size_t n = 0; n < X.rows(); ++n) {
    for (const T x : X.row(n)) {
      if (x < 0)
        throw DataError("segregated dendrites with spikes: inputs are rates in spikes per ms, but sample " +
                        std::to_string(n) + " of the batch holds " + std::to_string(static_cast<double>(x)));
    }
  }
  rest(network.description, X.rows());
  show(workers, network, X, {}, Phase::forward, 0);
  activate<T>(workers, Activation::sigmoid, mean_V_.back().view(),
              output_.resize(X.rows(), network.description.outputs()));
}

template <class T>
double SpikingSegregatedDendrites<T>::credit(const Workers& workers, const Network<T>& network,
                                             const Batch<T>& batch, Credit<T>& out, int /*update*/) {
  const NetworkDescription& description = network.description;
  const SegregatedOptions& o = options_.steady;
  check_batch<T>(description, batch.X, batch.Y);
  const std::size_t rows = batch.X.rows(), top = description.depth() - 1;
  const auto plateaus = [&](LayerRows<T>& alpha) {
    alpha.resize(top);
    for (std::size_t l = 0; l < top; ++l) {
      activate<T>(workers, Activation::sigmoid, mean_apical_[l].view(),
                  alpha[l].resize(rows, description.layers[l].size));
    }
  };
  ++batches_;
  sample_seed_.resize(rows);
  for (std::size_t n = 0; n < rows; ++n)
    sample_seed_[n] = presentation_seed(seed_, Presentation::learning, (batches_ << 32U) + n);
  forward_answer(workers, network, batch.X);
  plateaus(alpha_forward_);
  show(workers, network, batch.X, batch.Y, Phase::target, steps_);
  plateaus(alpha_target_);

  // post = factor (after - before) phi_max sigmoid'(V)
  resize(post_, description, rows);
  const auto learn = [&](std::size_t l, In<T> after, In<T> before, double scale_before, double factor) {
    const auto post = post_[l].view();
    const T k = static_cast<T>(factor * o.phi_max), s = static_cast<T>(scale_before);
    copy<T>(after, post);
    combine<T>(workers, post, before, [k, s](T x, T y) { return k * (x - s * y); });
    const auto slope = rate_.resize(rows, description.layers[l].size);
    activate<T>(workers, Activation::sigmoid, mean_V_[l].view(), slope);
    combine<T>(workers, post, slope, [](T d, T sigma) { return d * (sigma * (T(1) - sigma)); });
  };
  const double k_B = o.g_B / (o.g_L + o.g_B + options_.g_A), k_D = o.g_D / (o.g_L + o.g_D);
  for (std::size_t l = 0; l < top; ++l)
    learn(l, alpha_target_[l].view(), alpha_forward_[l].view(), 1, o.P_hidden * k_B);
  learn(top, mean_rate_.view(), output_.view(), o.phi_max, o.P_out * k_D);
  correlate_layers<T>(workers, description, post_, mean_input_.view(), mean_psp_, 1, out);
  return squared_error<T>(output_.view(), batch.Y);
}

template <class T>
void SpikingSegregatedDendrites<T>::predict(const Workers& workers, const Network<T>& network,
                                            MatrixView<const T> X, MatrixView<T> out) {
  sample_seed_.resize(X.rows());
  for (std::size_t n = 0; n < X.rows(); ++n)
    sample_seed_[n] = presentation_seed(seed_, Presentation::answering, fingerprint(X.row(n)));
  forward_answer(workers, network, X);
  copy<T>(output_.view(), out);
}

template class SpikingSegregatedDendrites<float>;
template class SpikingSegregatedDendrites<double>;

void fields(FieldVisitor& v, SpikingSegregatedOptions& p) {
  fields(v, p.steady);
  v({"g_apical", "", "conductance from the apical dendrite to the soma of a hidden neuron"}, p.g_A);
  v({"dt", "ms", "time step", more_than(0)}, p.dt);
  v({"phase", "ms", "duration of the forward and of the target phase", more_than(0)}, p.phase);
  v({"average", "ms", "end of a phase over which potentials, rates and postsynaptic potentials are averaged",
     more_than(0)},
    p.average);
  v({"tau_long", "ms", "postsynaptic potentials: slower time constant", more_than(0)}, p.tau_long);
  v({"tau_short", "ms", "postsynaptic potentials: faster time constant", more_than(0)}, p.tau_short);
  v({"input_neurons", "neurons", "Poisson neurons that carry each input", at_least(1)}, p.input_neurons);
}

void fields(FieldVisitor& v, SpikingSegregatedRuleOptions& o) {
  fields(v, o.physiology);
  fields(v, o.feedback);
}

RuleEntries spiking_segregated_dendrites_rules() {
  return {
      {.name = "segregated_dendrites_spiking",
       .description =
           "segregated dendrites with Poisson spikes, simulated in time: a forward and a target phase per "
           "sample",
       .citation = "Guerguiev, Lillicrap & Richards, eLife 6:e22901, 2017",
       .options = SpikingSegregatedRuleOptions{},
       .model = logistic_units()}};
}

}  // namespace apical::layered
