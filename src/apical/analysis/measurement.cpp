// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/measurement.h"

#include <algorithm>
#include <map>
#include <set>

namespace apical {
namespace {

std::vector<SeedValue> one_of_each(std::span<const Measurement> rows, std::string_view where,
                                   std::string_view metric, bool first) {
  std::map<std::uint64_t, double> by_seed;
  for (const Measurement& m : rows) {
    if (m.where != where || m.metric != metric) continue;
    if (first) {
      by_seed.emplace(m.seed, m.value);
    } else {
      by_seed[m.seed] = m.value;
    }
  }
  std::vector<SeedValue> out;
  out.reserve(by_seed.size());
  for (const auto& [seed, value] : by_seed) out.push_back({seed, value});
  return out;
}

}  // namespace

void sort_by_key(std::vector<Measurement>& rows) {
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Measurement& a, const Measurement& b) { return a.key() < b.key(); });
}

std::vector<SeedCurve> curves_of(std::span<const Measurement> rows, std::string_view where,
                                 std::string_view metric) {
  std::vector<SeedCurve> out;
  for (const Measurement& m : rows) {
    if (m.where != where || m.metric != metric) continue;
    auto at = std::find_if(out.begin(), out.end(), [&](const SeedCurve& c) { return c.seed == m.seed; });
    if (at == out.end()) at = out.insert(out.end(), SeedCurve{m.seed, {}, {}});
    at->x.push_back(m.epoch);
    at->y.push_back(m.value);
  }
  return out;
}

std::vector<SeedValue> last_of(std::span<const Measurement> rows, std::string_view where,
                               std::string_view metric) {
  return one_of_each(rows, where, metric, false);
}

std::vector<SeedValue> first_of(std::span<const Measurement> rows, std::string_view where,
                                std::string_view metric) {
  return one_of_each(rows, where, metric, true);
}

std::vector<double> values_of(std::span<const SeedValue> seeds) {
  std::vector<double> out;
  for (const SeedValue& s : seeds) out.push_back(s.value);
  return out;
}

std::vector<MeasuredCourse> courses_of(std::span<const Measurement> rows) {
  std::set<MeasuredCourse> found;
  for (const Measurement& m : rows) found.insert({m.where, m.metric});
  return {found.begin(), found.end()};
}

}  // namespace apical
