// SPDX-License-Identifier: Apache-2.0
#include "core/reporter.h"

#include <nanobind/stl/string.h>

namespace nb = nanobind;

namespace apical::python {

namespace {
constexpr std::chrono::milliseconds kBetweenProgress{100};
}

void Reporter::tell(const char* kind, const std::function<void(nb::dict&)>& fill) {
  if (heard_.is_none()) return;
  caller_.call([&] {
    nb::dict fields;
    fields["label"] = label_;
    fields["epoch"] = progress_.epoch;
    fields["epochs"] = progress_.epochs;
    fields["done"] = progress_.done;
    fields["total"] = progress_.total;
    fields["unit"] = progress_.unit;
    fill(fields);
    const nb::object answer = heard_(kind, fields);
    if (answer.ptr() == Py_False) caller_.stop();
  });
}

void Reporter::tell_epoch() {
  tell("epoch", [&](nb::dict& fields) {
    fields["seconds"] = seconds_;
    nb::list rows;
    for (const Measurement& m : measured_)
      rows.append(nb::make_tuple(m.epoch, m.where, m.metric, m.seed, m.value));
    fields["measured"] = rows;
  });
  measured_.clear();
  ended_ = false;
}

void Reporter::on(const RunProgress& p) {
  if (p.epoch != progress_.epoch || p.epochs == 0) finish();
  progress_ = p;
  const auto now = Clock::now();
  if (now - told_ < kBetweenProgress) return;
  told_ = now;
  tell("progress", [](nb::dict&) {});
}

void Reporter::begin(const std::string& label) {
  finish();
  label_ = label;
  progress_ = {};
}

void Reporter::finish() {
  if (ended_ || !measured_.empty()) tell_epoch();
}

}  // namespace apical::python
