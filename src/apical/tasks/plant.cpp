// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/plant.h"

namespace apical {

PlantScore PlantScore::of(const Plant& plant, std::uint32_t steps) {
  return {static_cast<double>(plant.falls()), plant.squared_deviation(), static_cast<double>(steps)};
}

PlantScore& PlantScore::operator+=(const PlantScore& other) {
  falls += other.falls;
  squared_deviation += other.squared_deviation;
  control_steps += other.control_steps;
  return *this;
}

PlantScore steer(Plant& plant, const Controller& controller, std::span<double> outputs, std::uint64_t stretch,
                 std::uint32_t steps) {
  plant.begin(stretch);
  for (std::uint32_t i = 0; i < steps; ++i) {
    controller(plant.observation(), outputs);
    plant.act(outputs);
  }
  return PlantScore::of(plant, steps);
}

}  // namespace apical
