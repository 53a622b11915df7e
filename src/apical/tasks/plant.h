// SPDX-License-Identifier: Apache-2.0
// A body that is steered in closed loop: it shows its state, is acted upon, moves on. A stretch is a number
// of control steps from a start state; a fall redraws a start, and the stretch goes on.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace apical {

class Plant {
 public:
  virtual ~Plant() = default;
  /// Goes to the start of stretch number `stretch`; the same for everybody who is compared.
  virtual void begin(std::uint64_t stretch) = 0;
  /// What a controller is shown.
  virtual std::span<const double> observation() const = 0;
  /// One control step under a controller's outputs. NumericalFault if one of them is not finite.
  virtual void act(std::span<const double> outputs) = 0;

  // Since begin():
  virtual std::uint32_t falls() const = 0;
  /// Summed over control steps, of the variable that a good controller keeps at zero; states that count as
  /// fallen included.
  virtual double squared_deviation() const = 0;
};

/// Outputs for an observation.
using Controller = std::function<void(std::span<const double> observation, std::span<double> outputs)>;

/// How well a plant was steered, over any number of stretches.
struct PlantScore {
  double falls = 0;
  double squared_deviation = 0;  ///< summed over control steps
  double control_steps = 0;
  double rms_deviation() const {
    return control_steps > 0 ? std::sqrt(squared_deviation / control_steps) : 0;
  }
  /// Of the stretch that `plant` has just been through.
  static PlantScore of(const Plant& plant, std::uint32_t steps);
  PlantScore& operator+=(const PlantScore& other);
};

/// A plant as part of a data set: evaluations steer it instead of showing samples.
struct ClosedLoop {
  using Factory = std::function<std::unique_ptr<Plant>()>;
  Factory validation, test;  ///< the same body, other start states
  Controller teacher;        ///< what the training targets were made by; scored on identical starts
  std::uint32_t stretches = 0, control_steps = 0;  ///< of an evaluation; of a stretch
  std::string deviation;                           ///< what PlantScore::rms_deviation() is of, with its unit
};

/// Lets `controller` steer stretch number `stretch`. `outputs` is scratch of the right size.
PlantScore steer(Plant& plant, const Controller& controller, std::span<double> outputs, std::uint64_t stretch,
                 std::uint32_t steps);

}  // namespace apical
