// SPDX-License-Identifier: Apache-2.0
#include "apical/cli/result_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace apical::cli {
namespace {

std::string with_interval(const std::vector<double>& values, const char* format_mean, double scale) {
  std::vector<double> scaled;
  for (double v : values) scaled.push_back(v * scale);
  const auto number = [&](double v) { return fmt::format(fmt::runtime(format_mean), v); };
  if (scaled.empty()) return "-";
  if (scaled.size() < 2) return number(mean(scaled)) + " (one seed)";
  const Interval i = student_interval(scaled);
  return fmt::format("{} [{}, {}]", number(mean(scaled)), number(i.low), number(i.high));
}

/// Display width: bytes that continue a UTF-8 character take no column.
std::size_t width(const std::string& s) {
  return static_cast<std::size_t>(std::count_if(
      s.begin(), s.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

std::string aligned_table(const std::vector<std::vector<std::string>>& rows) { return text_table(rows); }

std::string text_table(const std::vector<std::vector<std::string>>& rows) {
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      std::size_t widest = 0;
      for (const auto& other : rows) widest = std::max(widest, width(other[c]));
      out += row[c] + std::string(widest - width(row[c]) + 2, ' ');
    }
    out.erase(out.find_last_not_of(' ') + 1);
    out += '\n';
  }
  return out;
}

namespace {

/// Of runs that learn from reward: how soon, and how well.
std::string reward_table(const std::vector<RunResult>& runs) {
  std::vector<std::vector<std::string>> rows;
  rows.push_back({"model", "environment steps to solve, by seed", "training return at the end",
                  "test return [95 %]", "angle to gradient", "seeds", "wall"});
  for (const RunResult& r : runs) {
    std::vector<double> training, test;
    std::vector<std::string> solved;
    for (const SeedResult& s : r.seeds) {
      training.push_back(s.training_return);
      test.push_back(s.test_return);
      solved.push_back(std::isfinite(s.steps_to_solve) ? fmt::format("{:.0f}", s.steps_to_solve)
                                                       : std::string("never"));
    }
    std::vector<std::string>& row = rows.emplace_back();
    row.push_back(r.label);
    row.push_back(solved.empty() ? std::string("-") : fmt::format("{}", fmt::join(solved, ", ")));
    row.push_back(with_interval(training, "{:.1f}", 1));
    row.push_back(with_interval(test, "{:.1f}", 1));
    row.push_back(r.has_mean_angle() ? fmt::format("{:.1f}°", mean(r.total_angle)) : std::string("-"));
    row.push_back(fmt::format("{}", r.seeds.size()));
    row.push_back(fmt::format("{:.1f} s", r.wall_seconds));
  }
  return aligned_table(rows);
}

}  // namespace

std::string result_table(const std::vector<RunResult>& runs) {
  if (!runs.empty() && runs.front().rewards) return reward_table(runs);
  const bool classifies = !runs.empty() && runs.front().classifies,
             steers = !runs.empty() && runs.front().steers;
  const std::string figure = classifies ? "test accuracy % [95 %]"
                             : steers   ? "median test falls (teacher's)"
                                        : "median test loss";
  const std::string loss = classifies ? "test loss [95 %]" : "mean test loss [95 %]";
  std::vector<std::vector<std::string>> rows;
  rows.push_back({"model", figure, loss, "angle to gradient", "seeds", "wall"});
  for (const RunResult& r : runs) {
    std::vector<double> losses, accuracies, falls, teacher_falls;
    for (const SeedResult& s : r.seeds) {
      losses.push_back(s.test_loss);
      accuracies.push_back(s.test_accuracy);
      falls.push_back(s.test_falls);
      teacher_falls.push_back(s.teacher_falls);
    }
    std::vector<std::string>& row = rows.emplace_back();
    row.push_back(r.label);
    if (steers) {
      row.push_back(falls.empty() ? std::string("-")
                                  : fmt::format("{:g} ({:g})", median(falls), median(teacher_falls)));
    } else if (classifies) {
      row.push_back(with_interval(accuracies, "{:.2f}", 100));
    } else {
      row.push_back(losses.empty() ? std::string("-") : fmt::format("{:.3g}", median(losses)));
    }
    row.push_back(with_interval(losses, "{:.3g}", 1));
    row.push_back(r.has_mean_angle() ? fmt::format("{:.1f}°", mean(r.total_angle)) : std::string("-"));
    row.push_back(fmt::format("{}", r.seeds.size()));
    row.push_back(fmt::format("{:.1f} s", r.wall_seconds));
  }
  return aligned_table(rows);
}

}  // namespace apical::cli
