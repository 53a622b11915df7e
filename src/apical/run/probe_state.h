// SPDX-License-Identifier: Apache-2.0
// What probing a model has shown: averages over trials under each condition, tests, and how conditions
// differ.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apical/core/matrix.h"
#include "apical/run/protocol_record.h"

namespace apical {

/// A figure of the tests under one condition, by seed.
struct Tested {
  std::string condition;
  std::size_t epochs = 0;
  std::string metric;
  std::vector<double> values;
  template <class Archive>
  void visit_state(Archive& a) {
    a("condition", condition);
    a("epochs", epochs);
    a("metric", metric);
    a.resized("values", values);
  }
};

namespace detail {
/// A matrix that takes the stored shape when it is read.
template <class Archive>
void visit_matrix(Archive& a, const std::string& name, Matrix<double>& m) {
  std::uint64_t rows = m.rows(), cols = m.cols();
  a(name + "/rows", rows);
  a(name + "/cols", cols);
  if constexpr (Archive::kReading) m = Matrix<double>(rows, cols);
  a(name, m);
}
}  // namespace detail

template <class Archive>
void visit_state(Archive& a, Trace& t) {
  a("measure", t.measure);
  a("condition", t.condition);
  a("epochs", t.epochs);
  detail::visit_matrix(a, "mean", t.mean);
  std::uint64_t seeds = t.units.size();
  a("units/seeds", seeds);
  t.units.resize(seeds);
  for (std::size_t r = 0; r < t.units.size(); ++r)
    detail::visit_matrix(a, "units/" + std::to_string(r), t.units[r]);
}

}  // namespace apical
