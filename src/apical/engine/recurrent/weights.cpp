// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/recurrent/weights.h"

#include <algorithm>
#include <cmath>

#include "apical/core/random.h"

namespace apical::recurrent {
namespace {

/// Number of a projection in addresses of draws.
enum Drawn : std::uint32_t { kInput, kRecurrent, kReadout, kFeedback };

Matrix<double> drawn(std::size_t rows, std::size_t cols, double sd, std::uint64_t seed, Drawn projection) {
  Matrix<double> m(rows, cols);
  for (std::size_t k = 0; k < m.size(); ++k)
    m.flat()[k] = sd * normal({seed, Stream::initial_weight, projection, k});
  return m;
}

double root_of_share(std::size_t n) { return n > 0 ? 1 / std::sqrt(static_cast<double>(n)) : 0; }

}  // namespace

Weights draw_weights(std::size_t inputs, std::size_t units, std::size_t outputs, double gain, bool spiking,
                     std::uint64_t seed) {
  Weights w{.U = drawn(units, inputs, root_of_share(inputs), seed, kInput),
            .W = drawn(units, units, gain * root_of_share(units), seed, kRecurrent),
            .b = Vector(spiking ? 0 : units, 0.0),
            .V = drawn(outputs, units, root_of_share(units), seed, kReadout),
            .c = Vector(spiking ? 0 : outputs, 0.0)};
  for (std::size_t i = 0; spiking && i < units; ++i) w.W(i, i) = 0;
  return w;
}

Matrix<double> draw_feedback(std::size_t units, std::size_t outputs, double variance, std::uint64_t seed) {
  return drawn(units, outputs, std::sqrt(variance), seed, kFeedback);
}

void set_weights(Network& network, const Weights& w) {
  const std::size_t n = w.W.rows(), inputs = w.U.cols();
  network.th = Matrix<double>(n, n + inputs + 1);
  for (std::size_t i = 0; i < n; ++i) {
    const auto row = network.th.row(i);
    std::copy(w.W.row(i).begin(), w.W.row(i).end(), row.begin());
    std::copy(w.U.row(i).begin(), w.U.row(i).end(), row.begin() + static_cast<std::ptrdiff_t>(n));
    row.back() = w.b[i];
  }
  network.V = w.V;
  network.c = w.c;
}

void set_weights(SpikingNetwork& network, const Weights& w) {
  network.U = w.U;
  network.W = w.W;
  network.V = w.V;
}

Weights by_projection(const Gradient& g) {
  const std::size_t n = g.th.rows(), inputs = g.th.cols() - n - 1;
  Weights w{.U = Matrix<double>(n, inputs), .W = Matrix<double>(n, n), .b = Vector(n), .V = g.V, .c = g.c};
  for (std::size_t i = 0; i < n; ++i) {
    const auto row = g.th.row(i);
    std::copy_n(row.begin(), n, w.W.row(i).begin());
    std::copy_n(row.begin() + static_cast<std::ptrdiff_t>(n), inputs, w.U.row(i).begin());
    w.b[i] = row.back();
  }
  return w;
}

Weights by_projection(const SpikingGradient& g) { return {.U = g.U, .W = g.W, .b = {}, .V = g.V, .c = {}}; }

Weights zeros_like(const Weights& w) {
  return {.U = Matrix<double>(w.U.rows(), w.U.cols()),
          .W = Matrix<double>(w.W.rows(), w.W.cols()),
          .b = Vector(w.b.size(), 0.0),
          .V = Matrix<double>(w.V.rows(), w.V.cols()),
          .c = Vector(w.c.size(), 0.0)};
}

void add(Weights& to, double factor, const Weights& from) {
  plain::add_scaled(to.U.flat(), factor, from.U.flat());
  plain::add_scaled(to.W.flat(), factor, from.W.flat());
  plain::add_scaled(to.b, factor, from.b);
  plain::add_scaled(to.V.flat(), factor, from.V.flat());
  plain::add_scaled(to.c, factor, from.c);
}

}  // namespace apical::recurrent
