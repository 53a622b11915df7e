// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/online_recurrent.h"

#include <cmath>

#include "apical/core/error.h"

namespace apical::recurrent {

using plain::add_outer;
using plain::add_scaled;
using plain::dot;
using plain::transposed_product;
namespace {

double norm(std::span<const double> x) { return std::sqrt(dot(x, x)); }

/// J M, column by column of M at once.
Matrix<double> carried(const Network& network, const Step& step, const Matrix<double>& M) {
  const std::size_t n = M.rows();
  Matrix<double> out(n, M.cols());
  for (std::size_t i = 0; i < n; ++i) {
    if (step.keep[i] != 0) add_scaled(out.row(i), step.keep[i], M.row(i));
    if (step.reach[i] == 0) continue;
    for (std::size_t j = 0; j < n; ++j) {
      add_scaled(out.row(i), step.reach[i] * network.th(i, j) * step.sent[j], M.row(j));
    }
  }
  return out;
}

void check_signs(std::span<const double> signs, std::size_t expected) {
  APICAL_CHECK(signs.size() == expected);
  for (const double s : signs) APICAL_CHECK(s == 1 || s == -1);
}

}  // namespace

RealTimeRecurrent::RealTimeRecurrent(const Network& network)
    : rows_(network.th.rows()), cols_(network.th.cols()), influence_(rows_, rows_ * cols_) {}

void RealTimeRecurrent::follow(const Network& network, const Step& step) {
  influence_ = carried(network, step, influence_);
  for (std::size_t i = 0; i < rows_; ++i) {
    add_scaled(influence_.row(i).subspan(i * cols_, cols_), step.reach[i], step.z);
  }
}

void RealTimeRecurrent::credit(std::span<const double> signal, Matrix<double>& th) const {
  for (std::size_t i = 0; i < rows_; ++i) add_scaled(th.flat(), signal[i], influence_.row(i));
}

SynapseTrace::SynapseTrace(const Network& network, Follows follows)
    : follows_(follows), trace_(network.th.rows(), network.th.cols()) {}

void SynapseTrace::follow(const Network& network, const Step& step) {
  for (std::size_t i = 0; i < trace_.rows(); ++i) {
    double own = step.keep[i];
    if (follows_ == Follows::diagonal) own += step.reach[i] * network.th(i, i) * step.sent[i];
    const auto row = trace_.row(i);
    for (std::size_t j = 0; j < row.size(); ++j) row[j] = own * row[j] + step.reach[i] * step.z[j];
  }
}

void SynapseTrace::credit(std::span<const double> signal, Matrix<double>& th) const {
  for (std::size_t i = 0; i < trace_.rows(); ++i) {
    if (signal[i] != 0) add_scaled(th.row(i), signal[i], trace_.row(i));
  }
}

UnbiasedOnline::UnbiasedOnline(const Network& network)
    : s_(network.units(), 0.0), theta_(network.th.rows(), network.th.cols()) {}

void UnbiasedOnline::follow(const Network& network, const Step& step, std::span<const double> signs) {
  check_signs(signs, s_.size());
  const Vector carried_s = carry(network, step, s_);
  Vector direct(s_.size());
  for (std::size_t i = 0; i < direct.size(); ++i) direct[i] = signs[i] * step.reach[i];
  // |direct (x) z| is the product of the two lengths.
  const double q = norm(direct) * norm(step.z);
  rho0_ = std::sqrt(norm(theta_.flat()) / (norm(carried_s) + kEpsilon)) + kEpsilon;
  rho1_ = std::sqrt(q / (norm(signs) + kEpsilon)) + kEpsilon;
  for (std::size_t i = 0; i < s_.size(); ++i) s_[i] = rho0_ * carried_s[i] + rho1_ * signs[i];
  for (std::size_t i = 0; i < s_.size(); ++i) {
    const auto row = theta_.row(i);
    for (std::size_t j = 0; j < row.size(); ++j) row[j] = row[j] / rho0_ + direct[i] * step.z[j] / rho1_;
  }
}

void UnbiasedOnline::credit(std::span<const double> signal, Matrix<double>& th) const {
  add_scaled(th.flat(), dot(signal, s_), theta_.flat());
}

KroneckerFactored::KroneckerFactored(const Network& network)
    : A_(network.th.cols(), 0.0), B_(network.units(), network.units()) {}

void KroneckerFactored::follow(const Network& network, const Step& step, std::span<const double> signs) {
  check_signs(signs, 2);
  Matrix<double> B_next = carried(network, step, B_);
  const auto root_of_ratio = [](double above, double below) {
    return above == 0 || below == 0 ? 1 : std::sqrt(above / below);
  };
  p0_ = root_of_ratio(norm(B_next.flat()), norm(A_));
  p1_ = root_of_ratio(norm(step.reach), norm(step.z));
  for (std::size_t j = 0; j < A_.size(); ++j) A_[j] = signs[0] * p0_ * A_[j] + signs[1] * p1_ * step.z[j];
  for (double& b : B_next.flat()) b *= signs[0] / p0_;
  for (std::size_t i = 0; i < step.reach.size(); ++i) B_next(i, i) += signs[1] * step.reach[i] / p1_;
  B_ = std::move(B_next);
}

void KroneckerFactored::credit(std::span<const double> signal, Matrix<double>& th) const {
  add_outer(th, transposed_product(B_, signal), A_);
}

}  // namespace apical::recurrent
