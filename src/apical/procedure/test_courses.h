// SPDX-License-Identifier: Apache-2.0
// Courses run to their end, for tests.
#pragma once

#include <map>
#include <string>
#include <tuple>

#include "apical/core/error.h"
#include "apical/models/payeur2021_xor.h"
#include "apical/procedure/spiking_course.h"

namespace apical::test {

/// XOR in seconds: few neurons and short examples.
inline payeur2021::XorOptions tiny_xor() {
  payeur2021::XorOptions o;
  o.neurons = 60;
  o.in_degree = 20;
  o.example_s = 0.5;
  o.alpha_s = 0.1;
  return o;
}

/// What a course measured, by where, epoch and name.
class Measured {
 public:
  void add(const std::vector<MeasureRow>& rows) {
    for (const MeasureRow& row : rows) {
      for (const auto& [name, value] : row.values) values_[{row.split, row.epoch, name}] = value;
    }
  }
  double operator()(const std::string& where, std::size_t epoch, const std::string& name) const {
    const auto at = values_.find({where, epoch, name});
    if (at == values_.end()) throw Error(ExitCode::invalid_input, "nothing measured under " + name);
    return at->second;
  }
  bool has(const std::string& where, std::size_t epoch, const std::string& name) const {
    return values_.contains({where, epoch, name});
  }
  bool operator==(const Measured&) const = default;

 private:
  std::map<std::tuple<std::string, std::size_t, std::string>, double> values_;
};

inline Measured run_to_its_end(SpikingCourse& course) {
  Measured all;
  for (std::size_t r = 0; r < course.rounds(); ++r) all.add(course.run_round(r));
  return all;
}

inline Measured measured(const SpikingCircuit& circuit, const Course& course, std::uint64_t seed,
                         ThreadPool* pool = nullptr) {
  CourseSetting setting;
  setting.seed = seed;
  setting.pool = pool;
  return run_to_its_end(*make_course(circuit, course, setting));
}

}  // namespace apical::test
