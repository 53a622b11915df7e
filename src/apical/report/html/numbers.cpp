// SPDX-License-Identifier: Apache-2.0
#include "apical/report/html/numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apical/report/plot/axis.h"

namespace apical {
namespace {

constexpr const char* kMinus = "\u2212";

std::string fixed(double value, int decimals) {
  const std::string digits = fmt::format("{:.{}f}", std::abs(value), decimals);
  return (value < 0 && digits.find_first_not_of("0.") != std::string::npos ? kMinus : "") + digits;
}

/// Two significant digits of the interval's half-width.
int decimals_for(const MeanInterval& i, int fewest, int most) {
  const double half = 0.5 * (i.high - i.low);
  if (!i.has_bounds() || !std::isfinite(half)) return fewest;
  if (half <= 0) return most;
  return std::clamp(1 - static_cast<int>(std::floor(std::log10(half))), fewest, most);
}

Figures figures(const MeanInterval& i, int decimals, const char* unit) {
  if (i.n == 0 || !std::isfinite(i.mean)) return {"–", ""};
  Figures f{fixed(i.mean, decimals) + unit, ""};
  if (i.has_bounds())
    f.bounds = fmt::format("[{},\u00A0{}]", fixed(i.low, decimals), fixed(i.high, decimals));
  return f;
}

MeanInterval scaled(const MeanInterval& i, double factor) {
  return {i.mean * factor, i.low * factor, i.high * factor, i.n};
}

}  // namespace

Figures percent_figures(const MeanInterval& fractions) {
  MeanInterval i = scaled(fractions, 100);
  const int decimals = std::max(1, decimals_for(i, 1, 2));
  if (i.has_bounds()) {
    i.low = std::max(i.low, 0.0);
    i.high = std::min(i.high, 100.0);
  }
  return figures(i, decimals, "\u00A0%");
}

Figures points_figures(const MeanInterval& fractions) {
  const MeanInterval i = scaled(fractions, 100);
  return figures(i, std::max(1, decimals_for(i, 1, 2)), "");
}

Figures count_figures(const MeanInterval& counts) { return figures(counts, 1, ""); }

Figures angle_figures(const MeanInterval& degrees) { return figures(degrees, 1, "°"); }

Figures loss_figures(const MeanInterval& losses) {
  if (losses.n == 0 || !std::isfinite(losses.mean)) return {"–", ""};
  if (losses.mean == 0) return figures(losses, 0, "");
  const int power = static_cast<int>(std::floor(std::log10(std::abs(losses.mean))));
  if (power >= -2 && power <= 3) return figures(losses, std::clamp(2 - power, 0, 4), "");
  Figures f = figures(scaled(losses, std::pow(10, -power)), 2, "");
  const std::string factor = "\u00A0×\u00A0" + power_of_ten(power);
  if (!f.bounds.empty()) {
    f.joint = f.text() + factor;
    f.bounds += factor;
  }
  f.value += factor;
  return f;
}

Figures plain_figures(const MeanInterval& i) {
  if (i.n == 0) return {"–", ""};
  return {fmt::format("{:.3g}", i.mean),
          i.has_bounds() ? fmt::format("[{:.3g}, {:.3g}]", i.low, i.high) : std::string()};
}

std::string figures_text(const MeanInterval& i) { return plain_figures(i).text(); }

std::string duration_text(double seconds) {
  if (!std::isfinite(seconds) || seconds <= 0) return "–";
  if (seconds < 10) return fmt::format("{:.2g} s", seconds);
  const auto s = static_cast<long long>(std::llround(seconds));
  if (s < 100) return fmt::format("{} s", s);
  if (s < 3600) return fmt::format("{} min {:02} s", s / 60, s % 60);
  return fmt::format("{} h {:02} min", s / 3600, s % 3600 / 60);
}

}  // namespace apical
