// SPDX-License-Identifier: Apache-2.0
#include "apical/core/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "apical/core/synonyms.h"

namespace apical {

std::string Place::text() const {
  std::string out = file;
  if (line > 0) out += fmt::format(":{}", line);
  if (line > 0 && column > 0) out += fmt::format(":{}", column);
  return out;
}

namespace {
std::string placed(const std::string& message, const Place& place, const std::string& hint) {
  std::string out = place.file.empty() ? message : place.text() + ": " + message;
  if (!hint.empty()) out += "\n  " + hint;
  return out;
}
}  // namespace

ConfigError::ConfigError(const std::string& what_is_wrong, Place place, const std::string& hint)
    : Error(ExitCode::invalid_input, placed(what_is_wrong, place, hint)),
      place_(std::move(place)),
      bare_(what_is_wrong),
      hint_(hint) {}

NumericalFault::NumericalFault(Where where) : NumericalFault(std::move(where), {}) {}

NumericalFault::NumericalFault(Where where, const std::string& kept)
    : Error(ExitCode::numerical_fault,
            fmt::format("numerical fault: {} of '{}' is {} in unit {} at step {} ({}seed {})\n"
                        "  a smaller time step or learning rate often helps{}{}",
                        where.quantity, where.population, where.value, where.unit, where.step,
                        where.time_ms == 0 ? "" : fmt::format("t = {:g} ms, ", where.time_ms), where.seed,
                        kept.empty() ? "" : "\n  ", kept)),
      where_(std::move(where)) {}

std::string join_names(const std::vector<std::string>& names, std::string_view last) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += i + 1 == names.size() ? fmt::format(" {} ", last) : std::string(", ");
    out += names[i];
  }
  return out;
}

namespace {
/// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before = std::exchange(last, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}
}  // namespace

std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(1, name.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

std::string suggestion(std::string_view name, const std::vector<std::string>& candidates) {
  const std::string near = nearest_name(name, candidates);
  if (!near.empty()) return fmt::format("did you mean '{}'?", near);
  for (const std::string& meant : meant_by(name)) {
    if (std::find(candidates.begin(), candidates.end(), meant) != candidates.end())
      return fmt::format("did you mean '{}'?", meant);
  }
  if (candidates.empty()) return "there are none";
  return "known: " + join_names(candidates);
}

namespace detail {
void check_failed(const char* condition, const char* file, int line) {
  throw std::logic_error(fmt::format("a defect in Apical, please report it: '{}' does not hold at {}:{}",
                                     condition, file, line));
}
}  // namespace detail

}  // namespace apical
