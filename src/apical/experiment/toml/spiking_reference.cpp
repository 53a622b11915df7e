// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/toml/spiking_reference.h"

#include <cmath>

#include "apical/experiment/toml/course_fields.h"
#include "apical/experiment/toml/part_table.h"
#include "apical/experiment/toml/spiking_circuit_fields.h"

namespace apical {
namespace {

/// Quantities too.
template <class Part>
struct SpikingLister : part_table::Lister<Part> {
  using part_table::Lister<Part>::operator();
  void operator()(const spike::Quantity& q, double Part::*member) {
    const double si = this->standard.*member;
    (*this).rows += part_table::row(
        q.field,
        part_table::shown(spike::shown_value(si, q.exponent).value_or(si / std::pow(10.0, q.exponent))));
  }
  void operator()(const spike::OrUnbounded& u, double Part::*member) {
    this->rows += part_table::row(u.field, part_table::shown(this->standard.*member));
  }
};

template <class Part, class Walk>
std::string table(const char* title, const Part& standard, Walk&& walk) {
  SpikingLister<Part> lister{{standard}};
  walk(lister, standard);
  return part_table::titled(title, lister.rows);
}
template <class Part>
std::string circuit_table(const char* title, const Part& standard = {}) {
  return table(title, standard, [](auto& v, const Part& part) { spike::fields(v, part); });
}
template <class Part>
std::string course_table(const char* title, const Part& standard = {}) {
  return table(title, standard, [](auto& v, const Part& part) { course::fields(v, part); });
}

std::string neuron(const char* title, const spike::NeuronModel& model) {
  std::string out;
  spike::with_constants(model, [&](const auto& constants, const auto&, const auto& walk) {
    using Part = std::remove_cvref_t<decltype(constants)>;
    SpikingLister<Part> lister{{constants}};
    walk(lister, constants);
    out = part_table::titled(title, lister.rows);
  });
  return out;
}

}  // namespace

std::string spiking_circuit_reference() {
  using namespace spike;
  SpikingLister<RandomPairs> random{{RandomPairs{}}};
  spike::fields(random, RandomPairs{});
  SpikingLister<ListedPairs> listed{{ListedPairs{}}};
  spike::fields(listed, ListedPairs{});
  return "How they are written is told in [spiking-circuits.md](spiking-circuits.md). Each quantity can be "
         "given "
         "in SI units instead: `threshold_V` for `threshold_mV`.\n\n" +
         circuit_table<TimeStep>("[circuit], beyond neurons and name") +
         circuit_table<NeuronGroup>("[[population]], beyond name, kind, size and neuron") +
         neuron("neuron of two_compartment", TwoCompartment{}) +
         neuron("neuron of burst_poisson", BurstPoisson{}) + neuron("neuron of escape_burst", EscapeBurst{}) +
         neuron("neuron of exponential_if", ExponentialIf{}) + neuron("neuron of poisson", PoissonSource{}) +
         circuit_table<RateEstimator>("estimator") + circuit_table<Drive>("soma_current, dendrite_current") +
         circuit_table<Background>("[[background]], beyond to and receptor") +
         circuit_table<Connection>("[[projection]], beyond name, from, to and topology") +
         part_table::titled("topology: what belongs to it", random.rows + listed.rows) +
         circuit_table<ShortTermParameters>("short_term") + circuit_table<BurstRule>("rule") +
         circuit_table<FollowRule>("follow") + circuit_table<WeightView>("view");
}

std::string course_reference() {
  using namespace course;
  return "What is done to a circuit of spiking neurons, beside `[course] activity_bin_ms`; told in "
         "[spiking.md](spiking.md).\n\n" +
         course_table<Stimulus>("[[stimulus]]") + course_table<Samples>("[samples]") +
         course_table<Teacher>("[teacher]") +
         course_table<Stage>("[[stage]], beyond phases, measures and correlations") +
         course_table<Phase>("[[stage.phase]]") + course_table<Injection>("inject") +
         course_table<SourceRates>("rates") + course_table<Replay>("replay") +
         course_table<WeightChange>("weights") + course_table<course::Measure>("[[stage.measure]]") +
         course_table<Correlation>("[[stage.correlation]]");
}

}  // namespace apical
