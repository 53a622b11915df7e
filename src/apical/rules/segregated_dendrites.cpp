// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/segregated_dendrites.h"

#include "apical/engine/layered/settling.h"
#include "apical/rules/delta_rule.h"

namespace apical::layered {

void check_sigmoid_units(const NetworkDescription& description) {
  for (const Layer& layer : description.layers) {
    if (layer.activation.kind != Activation::sigmoid) {
      throw FieldError::about({"activation", "output"},
                              "segregated dendrites have sigmoid units in all layers, not " +
                                  activation_name(layer.activation.kind));
    }
  }
}

template <class T>
SegregatedDendrites<T>::SegregatedDendrites(const NetworkDescription& description, SegregatedOptions options,
                                            FeedbackWeights<T> Y)
    : options_(options),
      k_B_(options.g_B / (options.g_L + options.g_B)),
      k_D_(options.g_D / (options.g_L + options.g_D)),
      Y_(std::move(Y)) {
  check_feedback(description, FeedbackPath::direct, Y_);
  check_sigmoid_units(description);
}

template <class T>
void SegregatedDendrites<T>::rates(const Workers& workers, Rows<T>& V, Rows<T>& r) const {
  const T phi = static_cast<T>(options_.phi_max);
  const auto view = r.resize(V.rows(), V.cols());
  activate<T>(workers, Activation::sigmoid, V.view(), view);
  combine<T>(workers, view, V.view(), [phi](T s, T) { return phi * s; });
}

template <class T>
void SegregatedDendrites<T>::forward_phase(const Workers& workers, const Network<T>& network,
                                           MatrixView<const T> X) {
  const NetworkDescription& description = network.description;
  check_input<T>(description, X);
  resize(V_, description, X.rows());
  r_.resize(description.depth());
  for (std::size_t l = 0; l < description.depth(); ++l) {
    const bool top = l + 1 == description.depth();
    const auto V = V_[l].view();
    project<T>(workers, network, l, presynaptic<T>(X, r_, l), V);
    if (top) copy<T>(V, U_.resize(V.rows(), V.cols()));
    const T k = static_cast<T>(top ? k_D_ : k_B_);
    combine<T>(workers, V, V, [k](T u, T) { return k * u; });
    rates(workers, V_[l], r_[l]);
  }
  const T scale = static_cast<T>(1 / options_.phi_max);
  const auto out = output_.resize(X.rows(), description.outputs());
  combine<T>(workers, out, r_.back().view(), [scale](T, T r) { return scale * r; });
}

template <class T>
double SegregatedDendrites<T>::credit(const Workers& workers, const Network<T>& network,
                                      const Batch<T>& batch, Credit<T>& out, int /*update*/) {
  const NetworkDescription& description = network.description;
  check_batch<T>(description, batch.X, batch.Y);
  forward_phase(workers, network, batch.X);
  const std::size_t rows = batch.X.rows(), top = description.depth() - 1;
  const auto target = V_target_.resize(rows, description.outputs());
  copy<T>(U_.view(), target);
  const T g_D = static_cast<T>(options_.g_D), g_L = static_cast<T>(options_.g_L);
  const T E_E = static_cast<T>(options_.E_E), E_I = static_cast<T>(options_.E_I);
  combine<T>(workers, target, batch.Y,
             [=](T U, T y) { return (g_D * U + y * E_E + (T(1) - y) * E_I) / (g_L + g_D + y + (T(1) - y)); });
  rates(workers, V_target_, r_target_);

  // post = factor (after - before) phi_max sigmoid'(V); with r = phi_max sigmoid that is r (1 - r/phi_max).
  const T phi = static_cast<T>(options_.phi_max);
  resize(post_, description, rows);
  const auto learn = [&](std::size_t l, In<T> after, In<T> before, double factor) {
    const auto post = post_[l].view();
    const T k = static_cast<T>(factor);
    copy<T>(after, post);
    combine<T>(workers, post, before, [k](T x, T y) { return k * (x - y); });
    combine<T>(workers, post, r_[l].view(), [phi](T d, T r) { return d * (r * (T(1) - r / phi)); });
  };
  alpha_forward_.resize(top);
  alpha_target_.resize(top);
  for (std::size_t l = 0; l < top; ++l) {
    const auto plateau = [&](const Rows<T>& rate, Rows<T>& alpha) {
      const auto view = alpha.resize(rows, description.layers[l].size);
      project_back<T>(workers, kAllToAll, rate.view(), Y_[l].view(), view);
      activate<T>(workers, Activation::sigmoid, view, view);
    };
    plateau(r_.back(), alpha_forward_[l]);
    plateau(r_target_, alpha_target_[l]);
    learn(l, alpha_target_[l].view(), alpha_forward_[l].view(), options_.P_hidden * k_B_);
  }
  learn(top, r_target_.view(), r_.back().view(), options_.P_out * k_D_);
  correlate_layers<T>(workers, description, post_, batch.X, r_, 1, out);
  return squared_error<T>(output_.view(), batch.Y);
}

template <class T>
void SegregatedDendrites<T>::predict(const Workers& workers, const Network<T>& network, MatrixView<const T> X,
                                     MatrixView<T> out) {
  forward_phase(workers, network, X);
  copy<T>(output_.view(), out);
}

template class SegregatedDendrites<float>;
template class SegregatedDendrites<double>;

void fields(FieldVisitor& v, SegregatedOptions& p) {
  v({"phi_max", "1/ms", "highest rate"}, p.phi_max);
  v({"g_basal", "", "conductance from the basal dendrite to the soma of a hidden neuron"}, p.g_B);
  v({"g_leak", "", "leak conductance"}, p.g_L);
  v({"g_dendrite", "", "conductance from the dendrite to the soma of an output neuron"}, p.g_D);
  v({"E_excitatory", "", "reversal potential of the exciting teacher"}, p.E_E);
  v({"E_inhibitory", "", "reversal potential of the inhibiting teacher"}, p.E_I);
  v({"P_hidden", "", "scale of hidden updates (published: 20/phi_max)"}, p.P_hidden);
  v({"P_output", "", "scale of output updates (published: 20/phi_max^2)"}, p.P_out);
}

void fields(FieldVisitor& v, SegregatedRuleOptions& o) {
  fields(v, o.physiology);
  fields(v, o.feedback);
}

RuleEntries segregated_dendrites_rules() {
  return {{.name = "segregated_dendrites",
           .description =
               "hidden neurons learn from the difference of two plateau potentials of their apical dendrite "
               "(steady-state rates)",
           .citation = "Guerguiev, Lillicrap & Richards, eLife 6:e22901, 2017",
           .options = SegregatedRuleOptions{},
           .model = logistic_units()}};
}

}  // namespace apical::layered
