// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/layered/settling.h"

#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "apical/core/field_error.h"
#include "apical/engine/layered/kernels.h"

namespace apical::layered {
namespace {

constexpr std::array<std::string_view, 3> kDynamics{"relaxation", "sweeps", "leaky_clipped"};

/// Potential with G' = f^-1 at activity s.
double potential(Activation::Kind f, double s) {
  const auto x_log_x = [](double x) { return x > 0 ? x * std::log(x) : 0.0; };
  switch (f) {
    case Activation::linear:
    case Activation::hard_sigmoid:
      return 0.5 * s * s;
    case Activation::sigmoid:
      return x_log_x(s) + x_log_x(1 - s);
    case Activation::tanh:
      return 0.5 * (x_log_x(1 + s) + x_log_x(1 - s));
    default:
      throw FieldError::about({"activation", "output"},
                              "no settling energy is defined for " + activation_name(f) + " units");
  }
}

/// u_l += gain W_{l+1}^T s_{l+1}
template <class T>
void add_feedback(const Workers& workers, const Network<T>& network, double gain, const LayerRows<T>& s,
                  std::size_t l, MatrixView<T> u) {
  if (l + 1 == settling_layers(network.description) || gain == 0) return;
  project_back<T>(workers, network.description.connection(l + 1), s[l + 1].view(),
                  network.parameters.W[l + 1].view(), u, static_cast<T>(gain), 1);
}

}  // namespace

std::size_t settling_layers(const NetworkDescription& description) {
  return description.depth() - (description.output_activation().kind == Activation::softmax ? 1 : 0);
}

std::string dynamics_name(Dynamics dynamics) {
  return std::string(kDynamics[static_cast<std::size_t>(dynamics)]);
}

Dynamics dynamics_from_name(std::string_view name) {
  for (std::size_t k = 0; k < kDynamics.size(); ++k) {
    if (kDynamics[k] == name) return static_cast<Dynamics>(k);
  }
  throw ConfigError("unknown dynamics '" + std::string(name) + "'", {},
                    suggestion(name, std::vector<std::string>(kDynamics.begin(), kDynamics.end())));
}

template <class T>
void SettlingNetwork<T>::present(const Workers& workers, const Network<T>& network, In<T> X) {
  check_input<T>(network.description, X);
  description_ = &network.description;
  settling_ = settling_layers(network.description);
  project<T>(workers, network, 0, X, input_drive_.resize(X.rows(), network.description.layers[0].size));
  resize(u_, network.description, X.rows());
}

template <class T>
void SettlingNetwork<T>::rest(LayerRows<T>& s) const {
  resize(s, *description_, input_drive_.rows());
  for (Rows<T>& layer : s) fill(layer.view(), 0);
}

template <class T>
void SettlingNetwork<T>::drive(const Workers& workers, const Network<T>& network, double gain,
                               const OutputCondition<T>& output, const LayerRows<T>& s, std::size_t l) {
  const auto u = u_[l].view();
  if (l == 0) {
    copy(std::as_const(input_drive_).view(), u);
  } else {
    project<T>(workers, network, l, s[l - 1].view(), u);
  }
  add_feedback<T>(workers, network, gain, s, l, u);
  if (output.kind == OutputCondition<T>::nudged && l + 1 == settling_) {
    const T beta = static_cast<T>(output.beta);
    if (settling_ < network.description.depth()) {
      const auto missing = missing_.resize(output.target.rows(), output.target.cols());
      read_out(workers, network, s, missing);
      blend<T>(workers, 1, output.target, -1, missing, missing);
      project_back<T>(workers, network.description.connection(l + 1), missing,
                      network.parameters.W[l + 1].view(), u, beta, 1);
      return;
    }
    blend<T>(workers, 1, u, beta, output.target, u);
    blend<T>(workers, 1, u, -beta, s[l].view(), u);
  }
}

template <class T>
void SettlingNetwork<T>::read_out(const Workers& workers, const Network<T>& network, const LayerRows<T>& s,
                                  MatrixView<T> p) const {
  project<T>(workers, network, settling_, s[settling_ - 1].view(), p);
  activate<T>(workers, network.description.output_activation(), p, p);
}

template <class T>
double SettlingNetwork<T>::take_step(const Workers& workers, Activation f, const Settling& settling,
                                     std::size_t l, Rows<T>& s) {
  const auto u = u_[l].view();
  const T step = static_cast<T>(settling.step);
  switch (settling.dynamics) {
    case Dynamics::relaxation:
      activate(workers, f, u, u);
      blend<T>(workers, T(1) - step, s.view(), step, u, u);
      break;
    case Dynamics::sweeps:
      activate(workers, f, u, u);
      break;
    case Dynamics::leaky_clipped:
      workers.run_ranges(u.rows(), 16, [&](std::size_t first, std::size_t last) {
        for (std::size_t n = first; n < last; ++n)
          clipped_step<T>(step, std::as_const(s).view().row(n), u.row(n));
      });
      break;
  }
  double change = 0;
  if (settling.tolerance > 0) {
    const auto now = u_[l].flat(), before = s.flat();
    for (std::size_t i = 0; i < now.size(); ++i) {
      change = std::max(change, std::abs(static_cast<double>(now[i]) - static_cast<double>(before[i])));
    }
  }
  std::swap(u_[l], s);
  return change;
}

template <class T>
Settled SettlingNetwork<T>::settle(const Workers& workers, const Network<T>& network, double gain,
                                   const OutputCondition<T>& output, const Settling& settling,
                                   LayerRows<T>& s) {
  APICAL_CHECK(description_ == &network.description && s.size() == network.description.depth());
  const bool clamped = output.kind == OutputCondition<T>::clamped;
  APICAL_CHECK(!clamped || settling_ == s.size());
  if (clamped) copy(output.target, s.back().view());
  const std::size_t moving = settling_ - (clamped ? 1 : 0);
  const auto activation = [&](std::size_t l) { return network.description.layers[l].activation; };
  Settled result;
  while (result.steps < settling.max_steps) {
    double change = 0;
    if (settling.dynamics == Dynamics::sweeps) {
      for (std::size_t l = 0; l < moving; ++l) {
        drive(workers, network, gain, output, s, l);
        change = std::max(change, take_step(workers, activation(l), settling, l, s[l]));
      }
    } else {
      for (std::size_t l = 0; l < moving; ++l) drive(workers, network, gain, output, s, l);
      for (std::size_t l = 0; l < moving; ++l) {
        change = std::max(change, take_step(workers, activation(l), settling, l, s[l]));
      }
    }
    ++result.steps;
    result.last_change = change;
    if (settling.tolerance > 0 && change < settling.tolerance) break;
  }
  if (settling_ < s.size()) read_out(workers, network, s, s.back().view());
  return result;
}

template <class T>
double squared_error(In<T> output, In<T> Y) {
  double sum = 0;
  for (std::size_t n = 0; n < Y.rows(); ++n) {
    for (std::size_t k = 0; k < Y.cols(); ++k) {
      const double e = static_cast<double>(output(n, k)) - static_cast<double>(Y(n, k));
      sum += 0.5 * e * e;
    }
  }
  return sum / static_cast<double>(Y.rows());
}

template <class T>
double settled_loss(const NetworkDescription& description, const LayerRows<T>& s, In<T> Y) {
  if (description.loss == Loss::mse) return squared_error<T>(s.back().view(), Y);
  double sum = 0;
  for (std::size_t n = 0; n < Y.rows(); ++n) {
    for (std::size_t k = 0; k < Y.cols(); ++k) {
      // Single precision rounds small probabilities to 0.
      const double p = std::max(static_cast<double>(s.back().view()(n, k)),
                                static_cast<double>(std::numeric_limits<T>::min()));
      sum -= static_cast<double>(Y(n, k)) * std::log(p);
    }
  }
  return sum / static_cast<double>(Y.rows());
}

template <class T>
double settling_energy(const Network<T>& network, In<T> X, const LayerRows<T>& s) {
  double energy = 0;
  Rows<T> drive;
  for (std::size_t l = 0; l < settling_layers(network.description); ++l) {
    const auto state = s[l].view();
    const auto u = drive.resize(state.rows(), state.cols());
    project<T>(Workers(), network, l, presynaptic(X, s, l), u);
    for (std::size_t n = 0; n < state.rows(); ++n) {
      for (std::size_t i = 0; i < state.cols(); ++i) {
        const double x = state(n, i);
        energy +=
            potential(network.description.layers[l].activation.kind, x) - x * static_cast<double>(u(n, i));
      }
    }
  }
  return energy / static_cast<double>(X.rows());
}

template <class T>
void equilibrium_credit(const Workers& workers, const Network<T>& network, In<T> X, In<T> Y,
                        const LayerRows<T>& s, const Settling& settling, Credit<T>& out) {
  const std::size_t depth = settling_layers(network.description);
  const bool readout = depth < s.size();
  Rows<T> excess;  // p - y of a readout
  if (readout) blend<T>(workers, 1, s.back().view(), -1, Y, excess.resize(Y.rows(), Y.cols()));
  LayerRows<T> m, next;
  resize(m, network.description, X.rows());
  resize(next, network.description, X.rows());
  for (Rows<T>& layer : m) fill(layer.view(), 0);
  const T step = static_cast<T>(settling.step);
  for (int k = 0; k < settling.max_steps; ++k) {
    double change = 0;
    for (std::size_t l = 0; l < depth; ++l) {
      const auto view = next[l].view();
      if (l == 0) {
        fill(view, 0);
      } else {
        transmit<T>(workers, network.description.connection(l), m[l - 1].view(),
                    network.parameters.W[l].view(), view);
      }
      add_feedback<T>(workers, network, 1, m, l, view);
      if (l + 1 == depth && readout) {
        project_back<T>(workers, network.description.connection(depth), excess.view(),
                        network.parameters.W[depth].view(), view, 1, 1);
      } else if (l + 1 == depth) {
        blend<T>(workers, 1, view, 1, s[l].view(), view);
        blend<T>(workers, 1, view, -1, Y, view);
      }
      times_derivative<T>(workers, network.description.layers[l].activation, s[l].view(), view);
      blend<T>(workers, T(1) - step, m[l].view(), step, view, view);
      for (std::size_t i = 0; i < next[l].flat().size(); ++i) {
        change = std::max(change, std::abs(static_cast<double>(next[l].flat()[i] - m[l].flat()[i])));
      }
    }
    std::swap(m, next);
    if (change < settling.tolerance) break;
  }
  for (std::size_t l = 0; l < depth; ++l) {
    const Connection& connection = network.description.connection(l);
    correlate<T>(workers, connection, m[l].view(), presynaptic(X, s, l), -1, out.dW[l].view());
    // W_l also carries s_l back down, so it enters the fixed point twice.
    if (l > 0) correlate<T>(workers, connection, s[l].view(), m[l - 1].view(), -1, out.dW[l].view(), 1);
    batch_mean<T>(connection, m[l].view(), -1, out.db[l]);
  }
  if (!readout) return;
  const Connection& connection = network.description.connection(depth);
  correlate<T>(workers, connection, excess.view(), s[depth - 1].view(), -1, out.dW[depth].view());
  batch_mean<T>(connection, excess.view(), -1, out.db[depth]);
}

template class SettlingNetwork<float>;
template class SettlingNetwork<double>;
template double squared_error<float>(In<float>, In<float>);
template double squared_error<double>(In<double>, In<double>);
template double settled_loss<float>(const NetworkDescription&, const LayerRows<float>&, In<float>);
template double settled_loss<double>(const NetworkDescription&, const LayerRows<double>&, In<double>);
template double settling_energy<float>(const Network<float>&, In<float>, const LayerRows<float>&);
template double settling_energy<double>(const Network<double>&, In<double>, const LayerRows<double>&);
template void equilibrium_credit<float>(const Workers&, const Network<float>&, In<float>, In<float>,
                                        const LayerRows<float>&, const Settling&, Credit<float>&);
template void equilibrium_credit<double>(const Workers&, const Network<double>&, In<double>, In<double>,
                                         const LayerRows<double>&, const Settling&, Credit<double>&);

}  // namespace apical::layered
