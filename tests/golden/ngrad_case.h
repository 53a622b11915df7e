// SPDX-License-Identifier: Apache-2.0
// What all replays of "ngrad-golden/1" share: reading arrays and networks, comparing with what the file
// expects.
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "apical/layered.h"
#include "golden/golden.h"

namespace apical::golden {

using nlohmann::json;

template <class T>
AlignedBuffer<T> read_vector(const json& j) {
  AlignedBuffer<T> v;
  for (const json& x : j) v.push_back(static_cast<T>(x.get<double>()));
  return v;
}

template <class T>
Matrix<T> read_matrix(const json& j) {
  Matrix<T> m(j.size(), j.empty() ? 0 : j.at(0).size());
  for (std::size_t r = 0; r < m.rows(); ++r) {
    for (std::size_t c = 0; c < m.cols(); ++c) m(r, c) = static_cast<T>(j.at(r).at(c).get<double>());
  }
  return m;
}

template <class T>
std::vector<Matrix<T>> read_matrices(const json& j) {
  std::vector<Matrix<T>> list;
  for (const json& m : j) list.push_back(read_matrix<T>(m));
  return list;
}

template <class T>
Matrix<T> transposed(const Matrix<T>& m) {
  Matrix<T> t(m.cols(), m.rows());
  for (std::size_t r = 0; r < m.rows(); ++r) {
    for (std::size_t c = 0; c < m.cols(); ++c) t(c, r) = m(r, c);
  }
  return t;
}

template <class T>
std::vector<Matrix<T>> transposed(std::vector<Matrix<T>> list) {
  for (Matrix<T>& m : list) m = transposed(m);
  return list;
}

/// Numbers of a scalar, vector, matrix or (ragged) list of these, in reading order.
inline void flatten(const json& j, std::vector<double>& out) {
  if (j.is_array()) {
    for (const json& x : j) flatten(x, out);
  } else {
    out.push_back(j.get<double>());
  }
}
inline void flatten(double x, std::vector<double>& out) { out.push_back(x); }
inline void flatten(float x, std::vector<double>& out) { out.push_back(x); }
template <class T>
void flatten(MatrixView<T> m, std::vector<double>& out) {
  for (std::size_t r = 0; r < m.rows(); ++r) {
    for (const auto x : m.row(r)) out.push_back(x);
  }
}
template <class T>
void flatten(const Matrix<T>& m, std::vector<double>& out) {
  flatten(m.view(), out);
}
template <class T>
void flatten(const layered::Rows<T>& m, std::vector<double>& out) {
  flatten(m.view(), out);
}
template <class T, class A>
void flatten(const std::vector<T, A>& list, std::vector<double>& out) {
  for (const T& x : list) flatten(x, out);
}

/// Collects comparisons of one file in precision T.
template <class T>
class CaseComparison {
 public:
  explicit CaseComparison(const json& file)
      : abs_(file.at("tolerance").at("abs").get<double>()),
        rel_(file.at("tolerance").at("rel").get<double>()) {}

  static constexpr bool kSingle = std::is_same_v<T, float>;

  /// All numbers of `got` against all numbers of `expected`; `sign` multiplies `got`. `limit` is the
  /// single-precision bound on max|a-b| / max|b|; arrays are the innermost matrices where the file has lists
  /// of them.
  template <class Value>
  void check(const std::string& name, const Value& got, const json& expected, double sign = 1,
             double limit = 1e-4) {
    std::vector<double> a, b;
    flatten(got, a);
    flatten(expected, b);
    if (a.size() != b.size()) {
      throw DataError("'" + name + "' holds " + std::to_string(b.size()) + " numbers where " +
                      std::to_string(a.size()) + " were computed");
    }
    double largest = 0, difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      const double d = std::abs(sign * a[i] - b[i]);
      largest = std::max(largest, std::abs(b[i]));
      difference = std::max(difference, std::isnan(d) ? HUGE_VAL : d);
      if (!kSingle) note(name, d == 0 ? 0 : d / (abs_ + rel_ * std::abs(b[i])));
    }
    if (kSingle) note(name, difference == 0 ? 0 : difference / (limit * largest));
  }

  /// One array at a time, for lists of matrices: in single precision each has its own largest entry.
  template <class Value>
  void check_each(const std::string& name, const std::vector<Value>& got, const json& expected,
                  double sign = 1, double limit = 1e-4) {
    if (got.size() != expected.size()) {
      throw DataError("'" + name + "' holds " + std::to_string(expected.size()) + " arrays where " +
                      std::to_string(got.size()) + " were computed");
    }
    for (std::size_t l = 0; l < got.size(); ++l) {
      check(name + "[" + std::to_string(l) + "]", got[l], expected.at(l), sign, limit);
    }
  }

  /// Angles in degrees: 1e-4 absolute, because arccos has no precision near 0; single precision 0.05.
  void check_angle(const std::string& name, double got, double expected) {
    note(name, std::abs(got - expected) / (kSingle ? 0.05 : 1e-4));
  }

  /// Figures that cancellation makes meaningless in single precision. Values of round-off size mean only
  /// "round-off".
  void check_double_only(const std::string& name, double got, const json& expected) {
    if (kSingle) return;
    if (std::abs(expected.get<double>()) < 1e-12) {
      note(name, std::abs(got) / 1e-11);
    } else {
      check(name, got, expected);
    }
  }

  void mention(const std::string& what) { note_ += (note_.empty() ? "" : "; ") + what; }

  Verdict verdict() const {
    Verdict v;
    v.worst_deviation = worst_;
    v.tolerance = 1;
    v.worst_quantity = where_ + (kSingle ? ", max|a-b| over its limit" : ", |a-b| / (abs + rel|b|)");
    v.passed = compared_ > 0 && worst_ <= 1;
    v.note = note_;
    return v;
  }

 private:
  /// What is not a number deviates without bound, wherever it comes from.
  void note(const std::string& name, double deviation) {
    if (std::isnan(deviation)) deviation = HUGE_VAL;
    ++compared_;
    if (deviation > worst_ || where_.empty()) {
      worst_ = std::max(worst_, deviation);
      where_ = name;
    }
  }
  double abs_, rel_, worst_ = 0;
  std::string where_, note_;
  std::size_t compared_ = 0;
};

/// A network with the weights of `inputs` (keys W and b; b may be missing) and the given output.
template <class T>
layered::Network<T> read_network(const json& inputs, layered::Activation hidden, layered::Activation output,
                                 layered::Loss loss, const std::string& W = "W", const std::string& b = "b") {
  layered::Parameters<T> parameters;
  parameters.W = read_matrices<T>(inputs.at(W));
  std::vector<std::size_t> sizes{parameters.W.at(0).cols()};
  for (const Matrix<T>& m : parameters.W) {
    sizes.push_back(m.rows());
    parameters.b.emplace_back(m.rows(), T(0));
  }
  if (inputs.contains(b)) {
    for (std::size_t l = 0; l < parameters.b.size(); ++l)
      parameters.b[l] = read_vector<T>(inputs.at(b).at(l));
  }
  return {layered::dense_network(sizes, hidden, output, loss), std::move(parameters)};
}

/// As the file's config names activations and loss.
template <class T>
layered::Network<T> read_network(const json& file) {
  const json& config = file.at("config");
  return read_network<T>(file.at("inputs"),
                         layered::activation_from_name(config.at("hidden_activation").get<std::string>()),
                         layered::activation_from_name(config.at("output_activation").get<std::string>()),
                         layered::loss_from_name(config.at("loss").get<std::string>()));
}

// One replay per family of files.
template <class T>
void replay_delta_rules(const std::string& prefix, const json& file, CaseComparison<T>& compare);
template <class T>
void replay_settling_rules(const std::string& prefix, const json& file, CaseComparison<T>& compare);
template <class T>
void replay_predictive_coding(const std::string& prefix, const json& file, CaseComparison<T>& compare);
template <class T>
void replay_target_propagation(const std::string& prefix, const json& file, CaseComparison<T>& compare);
template <class T>
void replay_local_rules(const std::string& prefix, const json& file, CaseComparison<T>& compare);
template <class T>
void replay_policy_gradient(const std::string& prefix, const json& file, CaseComparison<T>& compare);

}  // namespace apical::golden
