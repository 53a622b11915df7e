// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/finite_state.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "apical/core/divergence.h"
#include "apical/core/error.h"
#include "apical/core/state_visitor.h"

namespace apical {
namespace {

class Finite final : public StateVisitor {
 public:
  Finite(const Learner& learner, std::int64_t step, bool takes_parts)
      : StateVisitor(false), learner_(learner), step_(step), takes_parts_(takes_parts) {}
  bool takes_parts() const override { return takes_parts_; }

 private:
  void visit(std::string_view name, Element element, bool, std::span<std::byte> bytes) override {
    if (element == Element::f32) look<float>(name, bytes);
    if (element == Element::f64) look<double>(name, bytes);
  }
  void begin(std::string_view name) override { within_.emplace_back(name); }
  void end() override { within_.pop_back(); }

  template <class T>
  void look(std::string_view name, std::span<const std::byte> bytes) const {
    const auto* values = reinterpret_cast<const T*>(bytes.data());
    const std::size_t n = bytes.size() / sizeof(T);
    T doubt = 0, largest = 0;  // x - x adds up to zero unless something is not finite
    for (std::size_t i = 0; i < n; ++i) {
      doubt += values[i] - values[i];
      largest = std::max(largest, std::abs(values[i]));
    }
    // Squares of what is large are very large: only weights have a limit.
    const bool limited = name.ends_with(".weights");
    if (doubt == 0 && (!limited || largest <= static_cast<T>(kDivergenceLimit))) return;
    for (std::size_t i = 0; i < n; ++i) {
      const auto value = static_cast<double>(values[i]);
      if (limited ? has_diverged(value) : !std::isfinite(value)) blame(name, i, value);
    }
  }

  [[noreturn]] void blame(std::string_view name, std::size_t unit, double value) const {
    std::string place;
    std::uint64_t seed = learner_.seeds().front();
    for (const std::string& part : within_) {
      constexpr std::string_view kReplica = "replica.";
      std::size_t replica = 0;
      if (part.starts_with(kReplica) &&
          std::from_chars(part.data() + kReplica.size(), part.data() + part.size(), replica).ec ==
              std::errc{} &&
          replica < learner_.seeds().size()) {
        seed = learner_.seeds()[replica];
        continue;
      }
      place += (place.empty() ? "" : ", ") + part;
    }
    throw NumericalFault({.population = place.empty() ? "state" : place,
                          .quantity = std::string(name),
                          .unit = unit,
                          .seed = seed,
                          .step = step_,
                          .time_ms = 0,
                          .value = value});
  }

  const Learner& learner_;
  std::int64_t step_;
  bool takes_parts_;
  std::vector<std::string> within_;
};

}  // namespace

void require_finite_state(Learner& learner, std::int64_t step, Ranks* ranks) {
  const auto look = [&](bool takes_parts) {
    Finite finite(learner, step, takes_parts);
    learner.visit_state(finite);
  };
  if (ranks == nullptr) return look(false);
  // Each looks at its part; only if something is wrong in one of them the whole comes together, where it is
  // found as one process finds it.
  std::byte well{1};
  try {
    look(true);
  } catch (const NumericalFault&) {
    well = std::byte{0};
  }
  const auto all = ranks->exchange(std::span(&well, 1));
  if (std::all_of(all.begin(), all.end(), [](auto said) { return said.front() == std::byte{1}; })) return;
  try {
    look(false);
  } catch (const RaisedFault&) {
    throw;
  } catch (const NumericalFault& fault) {
    ranks->throw_on_all(fault);
  }
  ranks->exchange({});  // whoever has nothing of what is wrong hears of it here
}

}  // namespace apical
