// SPDX-License-Identifier: Apache-2.0
#include "apical/report/plot/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "apical/core/error.h"

namespace apical {
namespace {

constexpr const char* kMinusSign = "\u2212";

std::string decimal(double value, int decimals) {
  const std::string digits = fmt::format("{:.{}f}", std::abs(value), decimals);
  const bool zero = digits.find_first_not_of("0.") == std::string::npos;
  return (value < 0 && !zero ? kMinusSign : "") + digits;
}

}  // namespace

double Axis::at(double value) const {
  if (!log) return (value - low) / (high - low);
  if (!(value > 0)) return std::numeric_limits<double>::quiet_NaN();
  return (std::log10(value) - std::log10(low)) / (std::log10(high) - std::log10(low));
}

Axis linear_axis(double low, double high, int wanted, bool to_ticks) {
  APICAL_CHECK(std::isfinite(low) && std::isfinite(high) && wanted > 0);
  if (high < low) std::swap(low, high);
  if (high - low <= 1e-12 * std::max(std::abs(low), std::abs(high)) || high == low) {
    const double widen = low == 0 ? 1 : 0.1 * std::abs(low);
    low -= widen;
    high += widen;
  }
  const double raw = (high - low) / wanted;
  const double power = std::pow(10, std::floor(std::log10(raw)));
  const double step = power * (raw <= 1.5 * power ? 1 : raw <= 3.5 * power ? 2 : raw <= 7.5 * power ? 5 : 10);
  const int decimals = std::max(0, -static_cast<int>(std::floor(std::log10(step * 1.0001))));
  double first = std::floor(low / step + 1e-9), last = std::ceil(high / step - 1e-9);
  if (!to_ticks) {
    first = std::ceil(low / step - 1e-9);
    last = std::floor(high / step + 1e-9);
  }
  Axis axis{.low = to_ticks ? first * step : low, .high = to_ticks ? last * step : high};
  const bool extreme = std::abs(high) >= 1e6 || std::abs(low) >= 1e6 || decimals > 4;
  for (double k = first; k <= last + 0.5; ++k) {
    axis.ticks.push_back({k * step, extreme ? fmt::format("{:.3g}", k * step) : decimal(k * step, decimals)});
  }
  return axis;
}

Axis log_axis(double low, double high) {
  APICAL_CHECK(low > 0 && high >= low && std::isfinite(high));
  double from = std::log10(low), to = std::log10(high);
  if (to - from < 0.1) {
    from -= 0.1;
    to += 0.1;
  }
  Axis axis{.low = std::pow(10, from - 0.03 * (to - from)),
            .high = std::pow(10, to + 0.03 * (to - from)),
            .log = true};
  if (to - from < 1) {  // less than a decade: equal steps read better than one lonely power of ten
    axis.ticks = linear_axis(axis.low, axis.high, 4, false).ticks;
    return axis;
  }
  const int first = static_cast<int>(std::floor(from)), last = static_cast<int>(std::ceil(to));
  const bool few = to - from < 2;  // decades alone would leave one or two ticks
  const int stride = std::max(1, (last - first + 5) / 6);
  for (int decade = first; decade <= last; decade += stride) {
    for (int factor : {1, 2, 5}) {
      const double value = factor * std::pow(10, decade);
      if (value < axis.low || value > axis.high || (factor > 1 && !few)) continue;
      const bool plain = few && first >= -3 && last <= 4;
      axis.ticks.push_back({value, plain         ? decimal(value, std::max(0, -decade))
                                   : factor == 1 ? power_of_ten(decade)
                                                 : fmt::format("{}·{}", factor, power_of_ten(decade))});
    }
  }
  return axis;
}

Axis fixed_axis(const std::vector<double>& ticks) {
  APICAL_CHECK(ticks.size() >= 2);
  Axis axis{.low = ticks.front(), .high = ticks.back()};
  for (double t : ticks) axis.ticks.push_back({t, decimal(t, 0)});
  return axis;
}

std::string power_of_ten(int exponent) {
  constexpr const char* digits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string out = exponent < 0 ? "10⁻" : "10";
  for (char c : std::to_string(std::abs(exponent))) out += digits[c - '0'];
  return out;
}

}  // namespace apical
