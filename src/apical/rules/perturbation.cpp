// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/perturbation.h"

#include "apical/rules/delta_rule.h"

namespace apical::layered {

template <class T>
void noisy_forward(const Workers& workers, const Network<T>& network, In<T> X, const LayerRows<T>& xi,
                   double sigma, Activity<T>& activity) {
  resize(activity.a, network.description, X.rows());
  resize(activity.h, network.description, X.rows());
  const T scale = static_cast<T>(sigma);
  for (std::size_t l = 0; l < network.description.depth(); ++l) {
    const auto a = activity.a[l].view();
    project<T>(workers, network, l, presynaptic<T>(X, activity.h, l), a);
    blend<T>(workers, 1, a, scale, xi[l].view(), a);
    activate<T>(workers, network.description.layers[l].activation, a, activity.h[l].view());
  }
}

template <class T>
void draw_noise(const NetworkDescription& description, std::size_t rows, std::uint64_t seed,
                std::uint64_t number, LayerRows<T>& xi) {
  resize(xi, description, rows);
  for (std::size_t l = 0; l < xi.size(); ++l) {
    const auto values = xi[l].flat();
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = static_cast<T>(
          normal({seed, Stream::perturbation, static_cast<std::uint32_t>(l), (number << 32U) + i}));
    }
  }
}

template <class T>
void reward_credit(const Workers& workers, const NetworkDescription& description, In<T> X,
                   const LayerRows<T>& xi, const LayerRows<T>& pre, std::span<const double> reward,
                   double sigma, LayerRows<T>& scaled, Credit<T>& out) {
  scaled.resize(xi.size());
  for (std::size_t l = 0; l < xi.size(); ++l) {
    const auto post = scaled[l].resize(xi[l].rows(), xi[l].cols());
    for (std::size_t n = 0; n < post.rows(); ++n) {
      const T factor = static_cast<T>(reward[n] / sigma);
      const auto noise = xi[l].view().row(n);
      for (std::size_t i = 0; i < post.cols(); ++i) post(n, i) = factor * noise[i];
    }
  }
  correlate_layers<T>(workers, description, scaled, X, pre, 1, out);
}

template <class T>
PerturbationRule<T>::PerturbationRule(const NetworkDescription& /*description*/, PerturbationOptions options,
                                      std::uint64_t seed)
    : options_(options), seed_(seed) {
  if (!(options_.sigma > 0))
    throw FieldError::about({"sigma"}, "perturbation rules need a noise sigma above 0");
  if (options_.form == PerturbationForm::reinforce && options_.baseline == Baseline::antithetic) {
    throw FieldError::about(
        {"baseline"},
        "the reinforce form correlates noise with the noisy presynaptic side, which differs between the two "
        "passes of an antithetic pair",
        "use node_perturbation with the antithetic baseline");
  }
}

template <class T>
std::string_view PerturbationRule<T>::name() const {
  return options_.form == PerturbationForm::reinforce ? "reinforce" : "node_perturbation";
}

template <class T>
void PerturbationRule<T>::visit_state(StateVisitor& visit) {
  visit("batches", batches_);
  visit("mean_loss", mean_loss_);
}

template <class T>
double PerturbationRule<T>::credit(const Workers& workers, const Network<T>& network, const Batch<T>& batch,
                                   Credit<T>& out, int /*update*/) {
  const NetworkDescription& description = network.description;
  check_batch<T>(description, batch.X, batch.Y);
  const std::size_t rows = batch.X.rows();
  for (auto* v : {&loss_, &other_loss_, &reward_}) v->resize(rows);
  forward<T>(workers, network, batch.X, clean_);
  draw_noise<T>(description, rows, seed_, batches_, xi_);
  noisy_forward<T>(workers, network, batch.X, xi_, options_.sigma, noisy_);
  sample_losses<T>(description, noisy_, batch.Y, loss_);
  const double clean_loss = mean_loss<T>(description, clean_, batch.Y);
  const auto& pre = options_.form == PerturbationForm::reinforce ? noisy_.h : clean_.h;
  switch (options_.baseline) {
    case Baseline::clean_pass:
      sample_losses<T>(description, clean_, batch.Y, other_loss_);
      for (std::size_t n = 0; n < rows; ++n) reward_[n] = -(loss_[n] - other_loss_[n]);
      break;
    case Baseline::running_mean: {
      double mean = 0;
      for (const double loss : loss_) mean += loss / static_cast<double>(rows);
      if (batches_ == 0) mean_loss_ = mean;
      for (std::size_t n = 0; n < rows; ++n) reward_[n] = -(loss_[n] - mean_loss_);
      mean_loss_ += options_.baseline_rate * (mean - mean_loss_);
      break;
    }
    case Baseline::antithetic:
      noisy_forward<T>(workers, network, batch.X, xi_, -options_.sigma, noisy_);
      sample_losses<T>(description, noisy_, batch.Y, other_loss_);
      for (std::size_t n = 0; n < rows; ++n) reward_[n] = -0.5 * (loss_[n] - other_loss_[n]);
      break;
  }
  ++batches_;
  reward_credit<T>(workers, description, batch.X, xi_, pre, reward_, options_.sigma, scaled_, out);
  return clean_loss;
}

#define APICAL_INSTANTIATE(T)                                                                           \
  template void noisy_forward<T>(const Workers&, const Network<T>&, In<T>, const LayerRows<T>&, double, \
                                 Activity<T>&);                                                         \
  template void draw_noise<T>(const NetworkDescription&, std::size_t, std::uint64_t, std::uint64_t,     \
                              LayerRows<T>&);                                                           \
  template void reward_credit<T>(const Workers&, const NetworkDescription&, In<T>, const LayerRows<T>&, \
                                 const LayerRows<T>&, std::span<const double>, double, LayerRows<T>&,   \
                                 Credit<T>&);                                                           \
  template class PerturbationRule<T>;
APICAL_INSTANTIATE(float)
APICAL_INSTANTIATE(double)
#undef APICAL_INSTANTIATE

void fields(FieldVisitor& v, PerturbationOptions& o) {
  v({"sigma", "", "standard deviation of the noise on every unit's drive", more_than(0)}, o.sigma);
  v.choice({"baseline", "",
            "what the noisy loss is compared with: the loss without noise, its running mean, or the loss "
            "with the opposite noise"},
           o.baseline, {"clean_pass", "running_mean", "antithetic"});
  v({"baseline_rate", "", "running_mean: weight of the newest batch"}, o.baseline_rate);
}

RuleEntries perturbation_rules() {
  return {{.name = "node_perturbation",
           .description = "units add noise to their drive and are told by one scalar whether it helped",
           .citation = "Fiete & Seung, Phys Rev Lett 97:048104, 2006",
           .options = PerturbationOptions{}},
          {.name = "reinforce",
           .description = "the score-function estimator for units with Gaussian noise",
           .citation = "Williams, Mach Learn 8:229, 1992",
           .options = PerturbationOptions{.form = PerturbationForm::reinforce}}};
}

}  // namespace apical::layered
