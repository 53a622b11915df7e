// SPDX-License-Identifier: Apache-2.0
#include "apical/procedure/spiking_course.h"

#include <fmt/format.h>

#include <atomic>

#include "apical/procedure/course_stepper.h"
#include "apical/procedure/curve_course.h"

namespace apical {

void SpikingCourse::advance(SpikeWatch& watch, spike::Network<float>& network, spike::Step steps) {
  try {
    watch.advance(network, steps);
  } catch (const RaisedFault&) {
    throw;  // another rank is not here, and its share is needed
  } catch (const NumericalFault&) {
    fault_state_ = io::save_state(network);
    throw;
  }
}
const std::vector<ActivitySegment>& SpikingCourse::segments() const {
  static const std::vector<ActivitySegment> none;
  return none;
}
const std::vector<PopulationSpikes>& SpikingCourse::recorded() const {
  static const std::vector<PopulationSpikes> none;
  return none;
}
const std::vector<course::WeightChangeCurve>& SpikingCourse::curves() const {
  static const std::vector<course::WeightChangeCurve> none;
  return none;
}

void for_each_seed(ThreadPool& pool, std::size_t seeds, const std::function<void(std::size_t)>& f) {
  std::atomic<std::size_t> next{0};
  pool.run(pool.size(), [&](std::size_t) {
    for (std::size_t r = next++; r < seeds; r = next++) f(r);
  });
}

std::unique_ptr<SpikingCourse> make_course(const SpikingCircuit& circuit, const Course& course,
                                           const CourseSetting& setting) {
  if (course.protocol) return std::make_unique<CurveCourse>(*course.protocol, setting.seed);
  if (course.samples && !setting.samples)
    throw ConfigError(
        fmt::format("the course shows samples of task '{}', but none were handed in", course.samples->task),
        {}, "load_samples() reads them");
  if (!setting.replays && replays(course))
    throw ConfigError("the course replays spikes of files, but none were handed in", {},
                      "load_replays() reads them");
  return std::make_unique<CourseStepper>(circuit, course, setting);
}

}  // namespace apical
