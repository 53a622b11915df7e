// SPDX-License-Identifier: Apache-2.0
// Two hundred pyramidal neurons under noise: what reaches somata makes events, what reaches dendrites turns
// events into bursts (Naud & Sprekeler 2018). First step by step, then as a course that measures.
#include <apical/spiking.h>

#include <cstdio>

using namespace apical;

namespace {

SpikingCircuit population() {
  SpikingCircuit circuit;
  circuit.groups = {
      {.name = "pyr", .size = 200, .model = spike::BurstPoisson{}, .initial_voltage_sd_V = 5e-3}};
  for (const auto receptor : {spike::Receptor::soma_excitatory, spike::Receptor::soma_inhibitory})
    circuit.background.push_back({.target = "pyr", .receptor = receptor, .rate_Hz = 500, .weight = 0.35});
  return circuit;
}

/// Events per neuron and second, and how many of them were bursts, with this current into all dendrites.
spike::Counts counted(spike::Network<float>& network, double dendrite_A, double seconds) {
  network.set_drive(network.group("pyr"), spike::CurrentTarget::dendrite, {.constant_A = dendrite_A});
  const auto steps = [&](double s) { return static_cast<spike::Step>(s / network.description().dt_s); };
  network.advance(steps(0.2));  // potentials settle
  network.reset_counts();
  network.advance(steps(seconds));
  return network.counts(network.group("pyr"));
}

/// The same said as data: phases without and with the current, and what is measured in each.
Course course_of_two_phases(double dendrite_A) {
  course::Stage stage{.name = "run"};
  stage.phases = {{.name = "rest", .duration_s = 1}, {.name = "driven", .duration_s = 1}};
  stage.phases[1].injections = {
      {.population = "pyr", .into = course::CellPart::dendrite, .constant_A = dendrite_A}};
  stage.measures = {{.quantities = {course::MeasureKind::event_Hz, course::MeasureKind::burst_probability},
                     .of = {"pyr"},
                     .each = course::Each::phase}};
  Course course;
  course.stages = {stage};
  return course;
}

}  // namespace

int main() {
  const SpikingCircuit circuit = population();
  spike::Network<float> network(circuit, 1);
  const spike::Counts rest = counted(network, 0, 1), driven = counted(network, 200e-12, 1);
  for (const auto& [name, c] : {std::pair{"rest", rest}, {"driven", driven}})
    std::printf("%-6s  %llu events, %llu bursts\n", name, static_cast<unsigned long long>(c.events),
                static_cast<unsigned long long>(c.bursts));

  const auto course = make_course(circuit, course_of_two_phases(200e-12), {.seed = 1});
  for (std::size_t round = 0; round < course->rounds(); ++round) {
    for (const MeasureRow& row : course->run_round(round))
      for (const auto& [name, value] : row.values) std::printf("%s = %.3g\n", name.c_str(), value);
  }
  const bool more = driven.bursts * rest.events > 2 * rest.bursts * driven.events;
  return more ? 0 : 1;  // bursts per event at least twice as many
}
