// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/target_propagation.h"

#include <utility>

#include "apical/rules/delta_rule.h"

namespace apical::layered {
namespace {

/// The layers above index `first`, from an activity of that layer to the output.
template <class T>
void continue_forward(const Workers& workers, const Network<T>& network, std::size_t first, In<T> h,
                      LayerRows<T>& above) {
  above.resize(network.description.depth());
  for (std::size_t l = first + 1; l < network.description.depth(); ++l) {
    const auto out = above[l].resize(h.rows(), network.description.layers[l].size);
    const MatrixView<const T> in = l == first + 1 ? h : MatrixView<const T>(above[l - 1].view());
    project<T>(workers, network, l, in, out);
    activate<T>(workers, network.description.layers[l].activation, out, out);
  }
}

/// Of V_l: a matrix from layer l+1 to l, but beside a convolution its weights read backwards.
std::pair<std::size_t, std::size_t> inverse_shape(const NetworkDescription& description, std::size_t l) {
  if (description.connection(l + 1)) return {description.weight_rows(l + 1), description.weight_cols(l + 1)};
  return {description.layers[l].size, description.layers[l + 1].size};
}

}  // namespace

template <class T>
InverseMaps<T> random_inverse(const NetworkDescription& description, double gain, std::uint64_t seed) {
  InverseMaps<T> maps;
  for (std::size_t l = 0; l + 1 < description.depth(); ++l) {
    const auto [rows, cols] = inverse_shape(description, l);
    maps.V.emplace_back(rows, cols);
    maps.c.emplace_back(description.layers[l].size, T(0));
    initialise(maps.V[l], description.fan(l + 1), WeightInit::glorot_normal, gain, seed,
               Stream::feedback_deviation, static_cast<std::uint32_t>(l));
  }
  return maps;
}

template <class T>
std::vector<Matrix<T>> random_direct(const NetworkDescription& description, double gain, std::uint64_t seed) {
  std::vector<Matrix<T>> Q;
  for (std::size_t l = 0; l + 1 < description.depth(); ++l) {
    Q.emplace_back(description.layers[l].size, description.outputs());
    initialise(Q[l], WeightInit::glorot_normal, gain, seed, Stream::feedback_deviation,
               static_cast<std::uint32_t>(l));
  }
  return Q;
}

template <class T>
void invert(const Workers& workers, const Connection& connection, const Matrix<std::type_identity_t<T>>& V,
            const AlignedBuffer<std::type_identity_t<T>>& c, Activation f, In<T> above, MatrixView<T> below) {
  for (std::size_t n = 0; n < below.rows(); ++n) std::copy(c.begin(), c.end(), below.row(n).begin());
  if (connection) {
    project_back<T>(workers, connection, above, V.view(), below, 1, 1);
  } else {
    transmit<T>(workers, connection, above, V.view(), below, 1, 1);
  }
  activate<T>(workers, f, below, below);
}

template <class T>
void output_target(const Workers& workers, In<T> h, In<T> Y, double step, MatrixView<T> target) {
  const T s = static_cast<T>(step);
  copy<T>(h, target);
  combine<T>(workers, target, Y, [s](T activity, T y) { return activity - s * (activity - y); });
}

template <class T>
void target_credit(const Workers& workers, const NetworkDescription& description, In<T> X,
                   const LayerRows<T>& h, const LayerRows<T>& targets, double scale, LayerRows<T>& difference,
                   Credit<T>& out) {
  resize(difference, description, X.rows());
  for (std::size_t l = 0; l < description.depth(); ++l) {
    const auto d = difference[l].view();
    blend<T>(workers, 1, h[l].view(), -1, targets[l].view(), d);
    if (l + 1 < description.depth())
      times_derivative<T>(workers, description.layers[l].activation, h[l].view(), d);
  }
  correlate_layers<T>(workers, description, difference, X, h, static_cast<T>(-scale), out);
}

template <class T>
double inverse_credit(const Workers& workers, const Network<T>& network, std::size_t l, In<T> h, In<T> noise,
                      const InverseMaps<T>& maps, Rows<T>& noisy, Rows<T>& above, Rows<T>& back,
                      Matrix<T>& dV, std::span<T> dc) {
  const Activation f = network.description.layers[l].activation;
  const Connection& connection = network.description.connection(l + 1);
  const auto v = noisy.resize(h.rows(), h.cols());
  blend<T>(workers, 1, h, 1, noise, v);
  const auto z = above.resize(h.rows(), network.description.layers[l + 1].size);
  project<T>(workers, network, l + 1, v, z);
  activate<T>(workers, network.description.layers[l + 1].activation, z, z);
  const auto r = back.resize(h.rows(), h.cols());
  invert<T>(workers, connection, maps.V[l], maps.c[l], f, z, r);
  // v becomes the error r - v, then the error at the drive of g_l.
  blend<T>(workers, 1, r, -1, v, v);
  double loss = 0;
  for (const T e : noisy.flat()) loss += 0.5 * static_cast<double>(e) * static_cast<double>(e);
  times_derivative<T>(workers, f, r, v);
  if (connection) {
    correlate<T>(workers, connection, z, v, -1, dV.view());
  } else {
    correlate<T>(workers, kAllToAll, v, z, -1, dV.view());
  }
  batch_mean<T>(kAllToAll, v, -1, dc);
  return loss / static_cast<double>(h.rows());
}

template <class T>
void reconstruction_credit(const Workers& workers, const Network<T>& network, std::size_t l,
                           const LayerRows<T>& h, In<T> z1, In<T> z2, double s, double lambda,
                           const Matrix<T>& Q, LayerRows<T>& above, Rows<T>& scratch, Matrix<T>& dQ) {
  const T scale = static_cast<T>(s), shrink = static_cast<T>(1 / s);
  const auto noisy = scratch.resize(h[l].rows(), h[l].cols());
  blend<T>(workers, 1, h[l].view(), scale, z1, noisy);
  continue_forward<T>(workers, network, l, noisy, above);
  // In units of s: dh/s, and the error Q dh/s - z1. Nothing small is divided by anything small twice.
  const auto dh = above.back().view();
  combine<T>(workers, dh, h.back().view(), [shrink](T after, T before) { return shrink * (after - before); });
  const auto error = scratch.view();
  gemm<T>(workers, Op::none, Op::transpose, 1, dh, Q.view(), 0, error);
  blend<T>(workers, 1, error, -1, z1, error);
  correlate<T>(workers, kAllToAll, error, dh, -1, dQ.view());
  if (z2.rows() > 0) {
    gemm<T>(workers, Op::none, Op::transpose, 1, z2, Q.view(), 0, error);
    correlate<T>(workers, kAllToAll, error, z2, static_cast<T>(-lambda), dQ.view(), 1);
  } else {
    blend<T>(workers, 1, dQ.view(), static_cast<T>(-lambda), Q.view(), dQ.view());
  }
}

template <class T>
void TargetPropagation<T>::check_options() const {
  if (!(options_.step > 0)) throw FieldError::about({"step"}, "target propagation: step must be above 0");
  if (!(options_.sigma > 0)) throw FieldError::about({"sigma"}, "target propagation: sigma must be above 0");
}

template <class T>
TargetPropagation<T>::TargetPropagation(const NetworkDescription& description, TargetOptions options,
                                        InverseMaps<T> maps, std::uint64_t seed)
    : options_(options), maps_(std::move(maps)), maps_credit_(maps_), seed_(seed) {
  check_options();
  bool fits = options_.form != TargetForm::direct_linear && maps_.V.size() + 1 == description.depth() &&
              maps_.c.size() == maps_.V.size();
  for (std::size_t l = 0; fits && l < maps_.V.size(); ++l) {
    fits = std::pair(maps_.V[l].rows(), maps_.V[l].cols()) == inverse_shape(description, l) &&
           maps_.c[l].size() == description.layers[l].size;
  }
  if (!fits) {
    throw ConfigError(
        "target propagation: inverse maps need one V (n_l, n_{l+1}; beside a convolution the shape of its "
        "weights) and c (n_l) per hidden layer, and the "
        "form plain or difference");
  }
  for (std::size_t l = 0; l < maps_.V.size(); ++l) {
    slots_.push_back({maps_.V[l].flat(), maps_credit_.V[l].flat(), true});
    slots_.push_back({maps_.c[l], maps_credit_.c[l], false});
  }
}

template <class T>
TargetPropagation<T>::TargetPropagation(const NetworkDescription& description, TargetOptions options,
                                        std::vector<Matrix<T>> Q, std::uint64_t seed)
    : options_(options), Q_(std::move(Q)), Q_credit_(Q_), seed_(seed) {
  check_options();
  bool fits = options_.form == TargetForm::direct_linear && options_.first == FirstTarget::output &&
              Q_.size() + 1 == description.depth();
  for (std::size_t l = 0; fits && l < Q_.size(); ++l) {
    fits = Q_[l].rows() == description.layers[l].size && Q_[l].cols() == description.outputs();
  }
  if (!fits) {
    throw FieldError::about(
        {"first_target"},
        "direct target propagation needs one Q (n_l, n_L) per hidden layer, the form direct_linear and the "
        "first target at the output");
  }
  for (std::size_t l = 0; l < Q_.size(); ++l) slots_.push_back({Q_[l].flat(), Q_credit_[l].flat(), true});
}

template <class T>
std::string_view TargetPropagation<T>::name() const {
  switch (options_.form) {
    case TargetForm::plain:
      return "target_propagation";
    case TargetForm::difference:
      return "difference_target_propagation";
    default:
      return "direct_difference_target_propagation";
  }
}

template <class T>
void TargetPropagation<T>::visit_state(StateVisitor& visit) {
  visit_matrices<T>(visit, "inverse", maps_.V);
  for (std::size_t l = 0; l < maps_.c.size(); ++l)
    visit("inverse_offset." + std::to_string(l + 1), std::span<T>(maps_.c[l]));
  visit_matrices<T>(visit, "direct", Q_);
  visit("batches", batches_);
}

template <class T>
std::vector<OwnWeights<T>> TargetPropagation<T>::own_weights() {
  std::vector<OwnWeights<T>> out;
  for (std::size_t l = 0; l < maps_.V.size(); ++l) {
    out.push_back({.from = l + 2, .to = l + 1, .values = maps_.V[l].view()});
    out.push_back({.to = l + 1, .values = {maps_.c[l].data(), maps_.c[l].size(), 1}});
  }
  for (std::size_t l = 0; l < Q_.size(); ++l)
    out.push_back({.from = Q_.size() + 1, .to = l + 1, .values = Q_[l].view()});
  return out;
}

template <class T>
void TargetPropagation<T>::set_targets(const Workers& workers, const Network<T>& network,
                                       const Batch<T>& batch) {
  const NetworkDescription& description = network.description;
  const std::size_t depth = description.depth();
  const LayerRows<T>& h = forward_.h;
  resize(targets_, description, batch.X.rows());
  output_target<T>(workers, h.back().view(), batch.Y, options_.step, targets_.back().view());
  if (options_.form == TargetForm::direct_linear) {
    const auto shift = back_.resize(batch.Y.rows(), batch.Y.cols());
    blend<T>(workers, 1, targets_.back().view(), -1, h.back().view(), shift);
    for (std::size_t l = 0; l + 1 < depth; ++l) {
      copy<T>(h[l].view(), targets_[l].view());
      gemm<T>(workers, Op::none, Op::transpose, 1, shift, Q_[l].view(), 1, targets_[l].view());
    }
    return;
  }
  std::size_t from = depth - 1;
  if (options_.first == FirstTarget::penultimate && depth > 1) {
    // The top layer learns by its plain gradient: a target one gradient away, scaled like the others.
    const auto delta = back_.resize(batch.Y.rows(), batch.Y.cols());
    output_delta<T>(workers, description, h.back().view(), batch.Y, delta);
    const T step = static_cast<T>(options_.step);
    copy<T>(h[depth - 2].view(), targets_[depth - 2].view());
    project_back<T>(workers, description.connection(depth - 1), delta, network.parameters.W[depth - 1].view(),
                    targets_[depth - 2].view(), -step, 1);
    blend<T>(workers, 1, h[depth - 1].view(), -step, delta, targets_[depth - 1].view());
    from = depth - 2;
  }
  send_targets_down<T>(workers, h, from, options_.form == TargetForm::difference, targets_, back_,
                       [&](std::size_t l, MatrixView<const T> above, MatrixView<T> below) {
                         invert<T>(workers, description.connection(l + 1), maps_.V[l], maps_.c[l],
                                   description.layers[l].activation, above, below);
                       });
}

template <class T>
void TargetPropagation<T>::learn_feedback(const Workers& workers, const Network<T>& network) {
  const std::size_t hidden = network.description.depth() - 1;
  const bool direct = options_.form == TargetForm::direct_linear;
  for (std::size_t l = 0; l < hidden; ++l) {
    const auto& h = forward_.h[l];
    const auto noise = noise_.resize(h.rows(), h.cols());
    const double scale = direct ? 1 : options_.sigma;
    for (std::size_t i = 0; i < noise_.flat().size(); ++i) {
      noise_.flat()[i] =
          static_cast<T>(scale * normal({seed_, Stream::perturbation, static_cast<std::uint32_t>(l),
                                         (batches_ << 32U) + i}));
    }
    if (direct) {
      reconstruction_credit<T>(workers, network, l, forward_.h, noise, {}, options_.sigma, options_.lambda,
                               Q_[l], above_, noisy_, Q_credit_[l]);
    } else {
      inverse_credit<T>(workers, network, l, h.view(), noise, maps_, noisy_, image_, back_, maps_credit_.V[l],
                        maps_credit_.c[l]);
    }
  }
  ++batches_;
}

template <class T>
double TargetPropagation<T>::credit(const Workers& workers, const Network<T>& network, const Batch<T>& batch,
                                    Credit<T>& out, int /*update*/) {
  check_batch<T>(network.description, batch.X, batch.Y);
  forward<T>(workers, network, batch.X, forward_);
  set_targets(workers, network, batch);
  target_credit<T>(workers, network.description, batch.X, forward_.h, targets_,
                   options_.divide_by_step ? 1 / options_.step : 1, difference_, out);
  learn_feedback(workers, network);
  return mean_loss<T>(network.description, forward_, batch.Y);
}

#define APICAL_INSTANTIATE(T)                                                                           \
  template InverseMaps<T> random_inverse<T>(const NetworkDescription&, double, std::uint64_t);          \
  template std::vector<Matrix<T>> random_direct<T>(const NetworkDescription&, double, std::uint64_t);   \
  template void invert<T>(const Workers&, const Connection&, const Matrix<T>&, const AlignedBuffer<T>&, \
                          Activation, In<T>, MatrixView<T>);                                            \
  template void output_target<T>(const Workers&, In<T>, In<T>, double, MatrixView<T>);                  \
  template void target_credit<T>(const Workers&, const NetworkDescription&, In<T>, const LayerRows<T>&, \
                                 const LayerRows<T>&, double, LayerRows<T>&, Credit<T>&);               \
  template double inverse_credit<T>(const Workers&, const Network<T>&, std::size_t, In<T>, In<T>,       \
                                    const InverseMaps<T>&, Rows<T>&, Rows<T>&, Rows<T>&, Matrix<T>&,    \
                                    std::span<T>);                                                      \
  template void reconstruction_credit<T>(const Workers&, const Network<T>&, std::size_t,                \
                                         const LayerRows<T>&, In<T>, In<T>, double, double,             \
                                         const Matrix<T>&, LayerRows<T>&, Rows<T>&, Matrix<T>&);        \
  template class TargetPropagation<T>;
APICAL_INSTANTIATE(float)
APICAL_INSTANTIATE(double)
#undef APICAL_INSTANTIATE

void fields(FieldVisitor& v, TargetOptions& o) {
  v.choice({"first_target", "", "where the gradient step of the first target is taken"}, o.first,
           {"output", "penultimate"});
  v({"step", "", "size of that step", more_than(0)}, o.step);
  v({"divide_by_step", "", "divide updates by the step, so that one learning rate serves all steps"},
    o.divide_by_step);
  v({"sigma", "", "standard deviation of the noise that trains the feedback maps", more_than(0)}, o.sigma);
  if (o.form == TargetForm::direct_linear)
    v({"lambda", "", "decay inside the difference reconstruction loss"}, o.lambda);
}

void fields(FieldVisitor& v, TargetRuleOptions& o) {
  fields(v, o.target);
  v({"feedback_gain", "", "multiplies initial feedback weights"}, o.feedback_gain);
}

RuleEntries target_propagation_rules() {
  const auto entry = [](const char* name, TargetForm form, const char* description, const char* citation) {
    return RuleEntry{.name = name,
                     .description = description,
                     .citation = citation,
                     .options = TargetRuleOptions{.target = {.form = form}},
                     .model = smooth_classifier(),
                     .feedback_learns_apart = true};
  };
  return {entry("target_propagation", TargetForm::plain, "targets come down through learned inverses",
                "Bengio, arXiv:1407.7906, 2014"),
          entry("difference_target_propagation", TargetForm::difference,
                "targets come down through learned inverses, corrected by what they miss without a target",
                "Lee, Zhang, Fischer & Bengio, ECML PKDD 2015"),
          entry("direct_difference_target_propagation", TargetForm::direct_linear,
                "the output's displacement goes to every hidden layer through linear maps that learn by "
                "difference reconstruction",
                "Meulemans, Carzaniga, Suykens, Sacramento & Grewe, NeurIPS 2020")};
}

}  // namespace apical::layered
