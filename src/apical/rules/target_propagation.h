// SPDX-License-Identifier: Apache-2.0
// Target propagation: every layer is told what it should have been, t_l, and moves there by its own local
// gradient,
//   dW_l = -((h_l - t_l) f'(a_l)) h_{l-1}^T below the top, -(h_L - t_L) h_{L-1}^T at the top, t_L = h_L -
//   step (h_L - y).
// Targets come down through learned feedback g_l(v) = f_l(V_l v + c_l):
//   TP (Bengio, arXiv:1407.7906)                t_l = g_l(t_{l+1})
//   DTP (Lee et al., ECML 2015)                 t_l = h_l + g_l(t_{l+1}) - g_l(h_{l+1})
//   DDTP-linear (Meulemans et al., NeurIPS 2020) t_l = h_l + Q_l (t_L - h_L)
// g_l is trained as an inverse of the layer above, 1/2 |g_l(F_{l+1}(v)) - v|^2 at v = h_l + sigma xi; Q_l by
// the difference reconstruction loss (|Q dh - s z|^2/s^2 + lambda |Q|^2)/2, dh = h_L(h_l + s z) - h_L(h_l),
// whose minimum is the damped pseudo-inverse J^T (J J^T + lambda I)^-1.
#pragma once

#include "apical/core/fields.h"
#include "apical/engine/layered/credit_rule.h"
#include "apical/rules/feedback_weights.h"
#include "apical/rules/rule_options.h"

namespace apical::layered {

enum class TargetForm { plain, difference, direct_linear };

enum class FirstTarget {
  output,      ///< t_L = h_L - step (h_L - y)
  penultimate  ///< t_{L-1} = h_{L-1} - step dLoss/dh_{L-1}; the top layer learns by its plain gradient (Lee
               ///< et al.)
};

struct TargetOptions {
  TargetForm form = TargetForm::difference;
  FirstTarget first = FirstTarget::output;
  double step = 0.1;
  bool divide_by_step = true;  ///< so that one learning rate serves all steps
  double sigma = 0.05;         ///< standard deviation of the noise that trains the feedback
  double lambda = 0;           ///< direct_linear: decay inside the difference reconstruction loss
};
void fields(FieldVisitor& v, TargetOptions& o);

/// Maps of layer l+1 (index l+1) onto layer l (index l): V (n_l, n_{l+1}), c (n_l); one per hidden layer.
template <class T>
struct InverseMaps {
  std::vector<Matrix<T>> V;
  std::vector<AlignedBuffer<T>> c;
};

/// V Glorot-normal times gain, c = 0. V_l is (n_l, n_{l+1}), or has the shape of W_{l+1} where that is a
/// convolution; c_l has one entry per unit.
template <class T>
InverseMaps<T> random_inverse(const NetworkDescription& description, double gain, std::uint64_t seed);
/// Q_l (n_l, n_L), Glorot-normal times gain.
template <class T>
std::vector<Matrix<T>> random_direct(const NetworkDescription& description, double gain, std::uint64_t seed);

/// below = f(V above + c), through the transpose of `connection` with V in place of its weights where that is
/// a convolution.
template <class T>
void invert(const Workers& workers, const Connection& connection, const Matrix<std::type_identity_t<T>>& V,
            const AlignedBuffer<std::type_identity_t<T>>& c, Activation f, In<T> above, MatrixView<T> below);

/// Targets of the hidden layers given t_L (or t_{L-1}) in targets[from]: t_l = g_l(t_{l+1}), with the
/// correction h_l - g_l(h_{l+1}) if `difference`. map(l, above, below) applies g_l.
template <class T, class Map>
void send_targets_down(const Workers& workers, const LayerRows<T>& h, std::size_t from, bool difference,
                       LayerRows<T>& targets, Rows<T>& scratch, Map&& map) {
  for (std::size_t l = from; l-- > 0;) {
    const auto t = targets[l].view();
    map(l, targets[l + 1].view(), t);
    if (!difference) continue;
    const auto own = scratch.resize(t.rows(), t.cols());
    map(l, h[l + 1].view(), own);
    blend<T>(workers, 1, t, -1, own, t);
    blend<T>(workers, 1, t, 1, h[l].view(), t);
  }
}

/// t_L = h_L - step (h_L - y)
template <class T>
void output_target(const Workers& workers, In<T> h, In<T> Y, double step, MatrixView<T> target);

/// -d_l h_{l-1}^T with d_l = (h_l - t_l) f'(a_l) below the top and h_L - t_L at the top; `scale` multiplies.
template <class T>
void target_credit(const Workers& workers, const NetworkDescription& description, In<T> X,
                   const LayerRows<T>& h, const LayerRows<T>& targets, double scale, LayerRows<T>& difference,
                   Credit<T>& out);

/// Inverse loss of hidden layer index l and minus its gradient in V_l, c_l. noise (N, n_l) has standard
/// deviation sigma.
template <class T>
double inverse_credit(const Workers& workers, const Network<T>& network, std::size_t l, In<T> h, In<T> noise,
                      const InverseMaps<T>& maps, Rows<T>& noisy, Rows<T>& above, Rows<T>& back,
                      Matrix<T>& dV, std::span<T> dc);

/// Minus the gradient in Q of the difference reconstruction loss of hidden layer index l. z1 (N, n_l) has
/// unit variance; z2 (N, n_L) samples the decay term, and an empty view takes its expectation lambda Q.
template <class T>
void reconstruction_credit(const Workers& workers, const Network<T>& network, std::size_t l,
                           const LayerRows<T>& h, In<T> z1, In<T> z2, double s, double lambda,
                           const Matrix<T>& Q, LayerRows<T>& above, Rows<T>& scratch, Matrix<T>& dQ);

template <class T>
class TargetPropagation final : public CreditRule<T> {
 public:
  /// plain and difference. Throws ConfigError if shapes do not fit, step or sigma are not positive, or form
  /// is direct_linear.
  TargetPropagation(const NetworkDescription& description, TargetOptions options, InverseMaps<T> maps,
                    std::uint64_t seed);
  /// direct_linear.
  TargetPropagation(const NetworkDescription& description, TargetOptions options, std::vector<Matrix<T>> Q,
                    std::uint64_t seed);
  std::string_view name() const override;
  Needs needs() const override { return {.separate_phases = true}; }
  double credit(const Workers& workers, const Network<T>& network, const Batch<T>& batch, Credit<T>& out,
                int update) override;
  MatrixView<const T> output() const override { return forward_.h.back().view(); }
  std::span<const Trainable<T>> learned_feedback() override { return slots_; }
  void visit_state(StateVisitor& visit) override;
  std::vector<OwnWeights<T>> own_weights() override;

  const LayerRows<T>& activities() const { return forward_.h; }
  const LayerRows<T>& targets() const { return targets_; }

 private:
  void check_options() const;
  void set_targets(const Workers& workers, const Network<T>& network, const Batch<T>& batch);
  void learn_feedback(const Workers& workers, const Network<T>& network);

  TargetOptions options_;
  InverseMaps<T> maps_, maps_credit_;
  std::vector<Matrix<T>> Q_, Q_credit_;
  std::uint64_t seed_, batches_ = 0;
  Activity<T> forward_;
  LayerRows<T> targets_, difference_, above_;
  Rows<T> noise_, noisy_, image_, back_;
  std::vector<Trainable<T>> slots_;
};

struct TargetRuleOptions {
  TargetOptions target;
  double feedback_gain = 1;
  template <class T>
  RulePointer<T> make(const NetworkDescription& network, std::uint64_t seed) const {
    if (target.form == TargetForm::direct_linear) {
      return std::make_unique<TargetPropagation<T>>(network, target,
                                                    random_direct<T>(network, feedback_gain, seed), seed);
    }
    return std::make_unique<TargetPropagation<T>>(network, target,
                                                  random_inverse<T>(network, feedback_gain, seed), seed);
  }
};
void fields(FieldVisitor& v, TargetRuleOptions& o);
RuleEntries target_propagation_rules();

}  // namespace apical::layered
