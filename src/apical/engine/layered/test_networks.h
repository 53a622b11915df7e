// SPDX-License-Identifier: Apache-2.0
// Small random networks and batches for the tests of this room.
#pragma once

#include <cmath>
#include <vector>

#include "apical/engine/layered/alignment.h"
#include "apical/engine/layered/credit_rule.h"

namespace apical::layered {

template <class T = double>
Matrix<T> random_rows(std::size_t rows, std::size_t cols, std::uint64_t seed, double scale = 1) {
  Matrix<T> m(rows, cols);
  for (std::size_t i = 0; i < m.size(); ++i)
    m.flat()[i] = static_cast<T>(scale * normal({seed, Stream::task_input, 0, i}));
  return m;
}

/// A network whose weights and biases are all random, inputs, and targets that suit its output.
template <class T = double>
struct Case {
  Network<T> net;
  Matrix<T> x, y;
  Batch<T> batch() const { return {x.view(), y.view()}; }

  Case(const std::vector<std::size_t>& sizes, Activation hidden, Activation output, Loss loss,
       std::uint64_t seed, std::size_t rows = 3, double gain = 1.2)
      : Case(dense_network(sizes, hidden, output, loss), seed, rows, gain) {}

  Case(const NetworkDescription& description, std::uint64_t seed, std::size_t rows = 3, double gain = 1.2)
      : net(make_network<T>(description, WeightInit::glorot_normal, seed,
                            std::vector<double>(description.depth(), gain))),
        x(random_rows<T>(rows, description.inputs, seed + 1)),
        y(rows, description.outputs()) {
    for (auto& b : net.parameters.b) {
      for (std::size_t i = 0; i < b.size(); ++i) {
        b[i] = static_cast<T>(0.3 * normal({seed, Stream::task_input, 9, b.size() * 100 + i}));
      }
    }
    for (std::size_t n = 0; n < rows; ++n) {
      double sum = 0;
      for (std::size_t k = 0; k < y.cols(); ++k) {
        const double u = uniform({seed, Stream::task_input, 7, n * y.cols() + k}, 0.1, 0.9);
        y(n, k) = static_cast<T>(u);
        sum += u;
      }
      for (T& v : y.row(n)) v = description.loss == Loss::ce ? static_cast<T>(v / sum) : v;
    }
  }
};

/// 2x7x6 images, two convolutions (with stride and padding; averaged) and two dense layers.
inline NetworkDescription image_network(Activation hidden, Activation output, Loss loss) {
  const Convolution first{.in = {2, 7, 6},
                          .channels = 3,
                          .kernel_height = 3,
                          .kernel_width = 3,
                          .padding = 1,
                          .pool = 2,
                          .pool_stride = 2};
  const Convolution second{.in = first.out(), .channels = 4, .kernel_height = 2, .kernel_width = 2};
  NetworkDescription description{.inputs = first.in.units(),
                                 .layers = {convolution_layer(first, hidden),
                                            convolution_layer(second, hidden),
                                            {5, hidden},
                                            {3, output}},
                                 .loss = loss};
  description.validate();
  return description;
}

template <class T>
Credit<T> credit_of(CreditRule<T>& rule, const Network<T>& net, const Batch<T>& batch) {
  auto credit = Credit<T>::zeros(net.description);
  rule.credit(Workers(), net, batch, credit, 0);
  return credit;
}

/// sqrt of the sum of squares of all changes, weights and biases.
template <class T>
double norm(const Credit<T>& credit) {
  double sum = 0;
  for (const auto& m : credit.dW) {
    for (const T v : m.flat()) sum += static_cast<double>(v) * static_cast<double>(v);
  }
  for (const auto& b : credit.db) {
    for (const T v : b) sum += static_cast<double>(v) * static_cast<double>(v);
  }
  return std::sqrt(sum);
}

/// Norm of the difference of two credits over the norm of the second.
template <class T>
double distance(Credit<T> a, const Credit<T>& b) {
  for (std::size_t l = 0; l < a.dW.size(); ++l) {
    for (std::size_t i = 0; i < a.dW[l].size(); ++i) a.dW[l].flat()[i] -= b.dW[l].flat()[i];
    for (std::size_t i = 0; i < a.db[l].size(); ++i) a.db[l][i] -= b.db[l][i];
  }
  const double size = norm(b);
  return size == 0 ? norm(a) : norm(a) / size;
}

/// The mean of the credits of a batch's rows, each shown alone to a rule of its own that `make` returns.
template <class T, class Make>
Credit<T> mean_credit_of_rows(const Case<T>& c, Make&& make) {
  auto mean = Credit<T>::zeros(c.net.description);
  const T share = 1 / static_cast<T>(c.x.rows());
  for (std::size_t n = 0; n < c.x.rows(); ++n) {
    const auto rule = make();
    const auto single = credit_of<T>(*rule, c.net,
                                     {MatrixView<const T>(c.x.row(n).data(), 1, c.x.cols()),
                                      MatrixView<const T>(c.y.row(n).data(), 1, c.y.cols())});
    for (std::size_t l = 0; l < mean.dW.size(); ++l) {
      for (std::size_t i = 0; i < mean.dW[l].size(); ++i)
        mean.dW[l].flat()[i] += share * single.dW[l].flat()[i];
      for (std::size_t i = 0; i < mean.db[l].size(); ++i) mean.db[l][i] += share * single.db[l][i];
    }
  }
  return mean;
}

/// (f(p + step) - f(p - step)) / (2 step); the parameter is what it was afterwards.
template <class F>
double central_difference(double& parameter, F&& f, double step = 1e-5) {
  const double kept = parameter;
  parameter = kept + step;
  const double up = f();
  parameter = kept - step;
  const double down = f();
  parameter = kept;
  return (up - down) / (2 * step);
}

}  // namespace apical::layered
