// SPDX-License-Identifier: Apache-2.0
#include "golden/comparison.h"

#include <cmath>
#include <limits>

namespace apical::golden {

Comparison::Comparison(double abs, double rel) : abs_(abs), rel_(rel) {
  verdict_.tolerance = std::max(abs, rel);
}

void Comparison::close(const std::string& quantity, double found, double expected) {
  compare(quantity, found, expected, abs_ + rel_ * std::abs(expected));
}

void Comparison::within(const std::string& quantity, double found, double expected, double allowed) {
  compare(quantity, found, expected, allowed);
}

void Comparison::exact(const std::string& quantity, double found, double expected) {
  compare(quantity, found, expected, 0);
}

void Comparison::exact(const std::string& quantity, const nlohmann::json& found,
                       const nlohmann::json& expected) {
  compare(quantity, found == expected ? 0 : 1, 0, 0);
}

void Comparison::note_unknown_keys(const nlohmann::json& object, const std::set<std::string>& known,
                                   const std::string& where) {
  for (const auto& item : object.items()) {
    if (known.count(item.key()) > 0) continue;
    verdict_.note += (verdict_.note.empty() ? "not compared: " : ", ") + where + item.key();
  }
}

Verdict Comparison::verdict() const {
  Verdict v = verdict_;
  v.passed = passed_ && compared_ > 0;
  if (compared_ == 0) v.note = "nothing in it could be compared";
  return v;
}

void Comparison::compare(const std::string& quantity, double found, double expected, double allowed) {
  ++compared_;
  const double difference = std::abs(found - expected);
  const bool ok = difference <= allowed;  // false for NaN
  // Reported so that a value which only just passes has a deviation equal to the tolerance.
  double deviation = allowed > 0 ? difference / allowed * verdict_.tolerance : difference;
  if (std::isnan(deviation)) deviation = std::numeric_limits<double>::infinity();
  // Failures displace passes, whatever their size: exact quantities and close ones are not of one scale.
  const bool first_failure = passed_ && !ok;
  const bool worse = ok == passed_ && deviation > verdict_.worst_deviation;
  if (first_failure || worse || compared_ == 1) {
    verdict_.worst_deviation = deviation;
    verdict_.worst_quantity = quantity;
  }
  passed_ = passed_ && ok;
}

}  // namespace apical::golden
