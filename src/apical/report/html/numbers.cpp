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

Figures with_decimals(const MeanInterval& i, int decimals) {
  Figures f{fixed(i.mean, decimals), ""};
  if (i.has_bounds())
    f.bounds = fmt::format("[{},\u00A0{}]", fixed(i.low, decimals), fixed(i.high, decimals));
  return f;
}

MeanInterval scaled(const MeanInterval& i, double factor) {
  return {i.mean * factor, i.low * factor, i.high * factor, i.n};
}

/// Bounds decades apart have no digits in common.
bool spans_decades(const MeanInterval& i) {
  constexpr double kTimes = 100;
  return i.has_bounds() && i.low > 0 && i.high > kTimes * i.low;
}

Figures with_powers(const MeanInterval& i) {
  if (i.mean == 0) return with_decimals(i, 0);
  if (spans_decades(i)) {
    Figures f = with_powers({i.mean, i.mean, i.mean, 1});
    f.bounds = fmt::format("[{},\u00A0{}]", with_powers({i.low, i.low, i.low, 1}).value,
                           with_powers({i.high, i.high, i.high, 1}).value);
    return f;
  }
  const int power = static_cast<int>(std::floor(std::log10(std::abs(i.mean))));
  if (power >= -2 && power <= 3) return with_decimals(i, std::clamp(2 - power, 0, 4));
  Figures f = with_decimals(scaled(i, std::pow(10, -power)), 2);
  const std::string factor = "\u00A0×\u00A0" + power_of_ten(power);
  if (!f.bounds.empty()) {
    f.joint = f.text() + factor;
    f.bounds += factor;
  }
  f.value += factor;
  return f;
}

std::string significant(double value) { return fmt::format("{:.3g}", value); }

Figures in_digits(const MeanInterval& i, const Digits& digits) {
  switch (digits.kind) {
    case Digits::Kind::powers:
      return with_powers(i);
    case Digits::Kind::decimals:
      return with_decimals(i, decimals_for(i, digits.fewest, digits.most));
    case Digits::Kind::significant:
      break;
  }
  return {significant(i.mean), i.has_bounds()
                                   ? fmt::format("[{},\u00A0{}]", significant(i.low), significant(i.high))
                                   : std::string()};
}

}  // namespace

Figures figures_of(const MeanInterval& interval, const Digits& digits, const std::string& unit,
                   double times) {
  if (interval.n == 0 || !std::isfinite(interval.mean)) return {"–", ""};
  Figures f = in_digits(scaled(interval, times), digits);
  const std::string after = unit.empty() || unit == "°" ? unit : "\u00A0" + unit;
  f.value += after;
  if (!f.joint.empty()) f.joint += after;
  return f;
}

std::string figures_text(const MeanInterval& i) { return figures_of(i, {}).text(); }

std::string duration_text(double seconds) {
  if (!std::isfinite(seconds) || seconds <= 0) return "–";
  if (seconds < 10) return fmt::format("{:.2g} s", seconds);
  const auto s = static_cast<long long>(std::llround(seconds));
  if (s < 100) return fmt::format("{} s", s);
  if (s < 3600) return fmt::format("{} min {:02} s", s / 60, s % 60);
  return fmt::format("{} h {:02} min", s / 3600, s % 3600 / 60);
}

}  // namespace apical
