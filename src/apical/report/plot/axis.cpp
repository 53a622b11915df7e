// SPDX-License-Identifier: Apache-2.0
#include "apical/report/plot/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
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

constexpr std::array kRound{1, 2, 3, 4, 5, 6, 8};
constexpr std::array kFewRound{1, 2, 5};

template <class Round, class Act>
void for_each_round(const Round& round, const Axis& axis, Act&& act) {
  const int last = static_cast<int>(std::ceil(std::log10(axis.high)));
  for (int decade = static_cast<int>(std::floor(std::log10(axis.low))); decade <= last; ++decade) {
    for (const int factor : round) act(factor * std::pow(10, decade), decade);
  }
}

/// To the values below and above that can be labelled, if they are near.
void widen_to_round(Axis& axis) {
  constexpr double kNear = 0.15;  // of the axis
  const double near = kNear * (std::log10(axis.high) - std::log10(axis.low));
  const Axis data = axis;
  for_each_round(kRound, data, [&](double value, int) {
    const double at = std::log10(value);
    if (value < data.low && std::log10(data.low) - at <= near) axis.low = value;
    if (value > data.high && at - std::log10(data.high) <= near && axis.high == data.high) axis.high = value;
  });
}

template <class Round>
std::vector<Tick> round_ticks(const Round& round, const Axis& axis) {
  std::vector<Tick> out;
  for_each_round(round, axis, [&](double value, int decade) {
    const bool is_plain = decade >= -3 && decade <= 4;
    const bool is_shown = value >= axis.low * (1 - 1e-12) && value <= axis.high * (1 + 1e-12);
    if (is_shown)
      out.push_back({value, is_plain ? decimal(value, std::max(0, -decade)) : fmt::format("{:.3g}", value)});
  });
  return out;
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
  if (to - from < 1) {
    // Less than a decade: what is round within one, and equal steps where that is hardly anything.
    widen_to_round(axis);
    constexpr std::size_t kMost = 8;
    axis.ticks = round_ticks(kRound, axis);
    if (axis.ticks.size() > kMost) axis.ticks = round_ticks(kFewRound, axis);
    if (axis.ticks.size() < 3) axis.ticks = linear_axis(axis.low, axis.high, 4, false).ticks;
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
  constexpr const char* kDigits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string out = exponent < 0 ? "10⁻" : "10";
  for (char c : std::to_string(std::abs(exponent))) out += kDigits[c - '0'];
  return out;
}

}  // namespace apical
