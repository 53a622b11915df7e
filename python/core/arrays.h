// SPDX-License-Identifier: Apache-2.0
// Numbers as NumPy arrays.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <memory>
#include <span>
#include <vector>

#include "apical/core/matrix.h"

namespace apical::python {

using Vector = nanobind::ndarray<nanobind::numpy, double, nanobind::ndim<1>>;
using Rows = nanobind::ndarray<nanobind::numpy, double, nanobind::ndim<2>>;
using GivenVector =
    nanobind::ndarray<const double, nanobind::ndim<1>, nanobind::c_contig, nanobind::device::cpu>;
/// Of any type of number and any shape.
using GivenArray = nanobind::ndarray<nanobind::ro, nanobind::c_contig, nanobind::device::cpu>;
using GivenRows =
    nanobind::ndarray<const double, nanobind::ndim<2>, nanobind::c_contig, nanobind::device::cpu>;

/// The array owns what it shows.
template <class Values>
nanobind::capsule owner_of(std::unique_ptr<Values> values) {
  return nanobind::capsule(values.release(), [](void* p) noexcept { delete static_cast<Values*>(p); });
}

inline Vector array_of(std::vector<double> values) {
  auto kept = std::make_unique<std::vector<double>>(std::move(values));
  double* const data = kept->data();
  const std::size_t size = kept->size();
  return Vector(data, {size}, owner_of(std::move(kept)));
}

inline Rows array_of(Matrix<double> values) {
  auto kept = std::make_unique<Matrix<double>>(std::move(values));
  double* const data = kept->flat().data();
  const std::size_t rows = kept->rows(), cols = kept->cols();
  return Rows(data, {rows, cols}, owner_of(std::move(kept)));
}

inline std::span<const double> span_of(const GivenVector& v) { return {v.data(), v.shape(0)}; }

inline Matrix<double> matrix_of(const GivenRows& v) {
  Matrix<double> m(v.shape(0), v.shape(1));
  std::copy_n(v.data(), m.size(), m.flat().data());
  return m;
}

}  // namespace apical::python
