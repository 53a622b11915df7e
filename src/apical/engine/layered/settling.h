// SPDX-License-Identifier: Apache-2.0
// Networks that settle: every layer also hears the layer above through the transposed forward weights,
//   u_l = W_l s_{l-1} + gain W_{l+1}^T s_{l+1} + b_l,
// and relaxes towards s_l = f_l(u_l). The output may be free, clamped to a target, or nudged towards it by
// beta (y - s_L) inside f (Laborieux et al. 2021). Contrastive Hebbian learning and equilibrium propagation
// share this loop. A softmax output does not settle: it reads the layer below, p = softmax(W_L s_{L-1} +
// b_L), outside the energy, and nudging pulls that layer by beta W_L^T (y - p), the gradient of the
// cross-entropy.
#pragma once

#include "apical/engine/layered/network.h"

namespace apical::layered {

enum class Dynamics {
  relaxation,    ///< all layers from the old state: s <- (1 - step) s + step f(u)
  sweeps,        ///< bottom-up, each layer from its newest neighbours, s <- f(u); `step` is not used
  leaky_clipped  ///< all layers from the old state: s <- clip(s + step (u - s), 0, 1) (Scellier & Bengio
                 ///< 2017)
};
std::string dynamics_name(Dynamics dynamics);
Dynamics dynamics_from_name(std::string_view name);

struct Settling {
  Dynamics dynamics = Dynamics::relaxation;
  int max_steps = 30;
  double step = 0.5;  ///< undamped relaxation can end in a 2-cycle
  double tolerance =
      0;  ///< stop when no unit changes more; 0: always max_steps, and no time spent on looking
};

/// Layers that settle: all, or all below a softmax readout.
std::size_t settling_layers(const NetworkDescription& description);

/// What happens at the output.
template <class T>
struct OutputCondition {
  enum Kind { free, clamped, nudged };
  Kind kind = free;
  MatrixView<const T> target;
  double beta = 0;
};

struct Settled {
  int steps = 0;
  double last_change = 0;  ///< largest change of a unit in the last step; only if a tolerance was asked for
};

template <class T>
class SettlingNetwork {
 public:
  /// Binds a batch: computes the constant drive of the input to the first layer. Call again when weights
  /// change.
  void present(const Workers& workers, const Network<T>& network, In<T> X);

  /// s = 0 for all layers.
  void rest(LayerRows<T>& s) const;

  /// Continues from `s`. A clamped output is set to the target at once; a softmax readout cannot be clamped
  /// and is computed when the layers below it have settled.
  Settled settle(const Workers& workers, const Network<T>& network, double gain,
                 const OutputCondition<T>& output, const Settling& settling, LayerRows<T>& s);

 private:
  void drive(const Workers& workers, const Network<T>& network, double gain, const OutputCondition<T>& output,
             const LayerRows<T>& s, std::size_t l);
  double take_step(const Workers& workers, Activation f, const Settling& settling, std::size_t l, Rows<T>& s);

  void read_out(const Workers& workers, const Network<T>& network, const LayerRows<T>& s,
                MatrixView<T> p) const;

  const NetworkDescription* description_ = nullptr;
  std::size_t settling_ = 0;
  Rows<T> input_drive_, missing_;
  LayerRows<T> u_;
};

/// 1/2 |s - y|^2, mean over the batch: of output activities, the cost that settling networks lower.
template <class T>
double squared_error(In<T> output, In<T> Y);

/// The loss of a settled output: squared_error(), or the cross-entropy of a softmax readout.
template <class T>
double settled_loss(const NetworkDescription& description, const LayerRows<T>& s, In<T> Y);

/// E = sum_i G(s_i) - sum_l s_l^T W_l s_{l-1} - sum_l b_l^T s_l with G' = f^-1, mean over the batch, for
/// networks with gain 1. G is known for linear, sigmoid, tanh and hard sigmoid units (ConfigError for
/// others).
template <class T>
double settling_energy(const Network<T>& network, In<T> X, const LayerRows<T>& s);

/// Exact gradient of the equilibrium cost (settled_loss) at the free fixed point s (gain 1), by relaxing the
/// adjoint m_l = f'(u_l) (W_l^T-neighbours of m + [l = L](s_L - y)), or W_L^T (p - y) below a softmax
/// readout: recurrent backpropagation (Almeida 1987; Pineda, PRL 59:2229, 1987). Written as a credit, i.e.
/// minus the gradient. What equilibrium propagation tends to for beta -> 0.
template <class T>
void equilibrium_credit(const Workers& workers, const Network<T>& network, In<T> X, In<T> Y,
                        const LayerRows<T>& s, const Settling& settling, Credit<T>& out);

}  // namespace apical::layered
