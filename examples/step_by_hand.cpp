// SPDX-License-Identifier: Apache-2.0
// Builds a circuit of one neuron with one dendrite and lets it settle under a constant input, step by step:
// du/dt = (tau g v - u) / tau with tau = 1 / (leak + g), so that u goes to g / (leak + g) v.
#include <apical/simulation.h>

#include <cmath>
#include <cstdio>

using namespace apical;

int main() {
  Circuit circuit;
  circuit.dt_ms = 0.1;
  const PopulationId input = circuit.add_external("input", 1);
  Population neuron;
  neuron.name = "neuron";
  neuron.size = 1;
  neuron.leak = 0.03;                      // 1/ms
  neuron.compartments = {{"basal", 0.1}};  // conductance to the soma, 1/ms
  const PopulationId cell = circuit.add_population(neuron);
  ConnectOptions synapse;
  synapse.compartment = "basal";
  synapse.weights = InitialWeights::eye();
  circuit.connect(input, cell, synapse);
  circuit.set_stimulus(input);

  ThreadPool pool(1);
  rate::RateEngine<double> engine(circuit, {1}, pool);
  const std::vector<double> potential{2.0};
  engine.set_external<double>(input, 0, potential);
  std::vector<double> soma(1);
  for (int i = 0; i <= 10; ++i) {
    engine.read(cell, "soma", 0, soma);
    std::printf("%5.1f ms  u = %.4f\n", engine.time_ms(), soma[0]);
    engine.advance(100);
  }
  engine.read(cell, "soma", 0, soma);
  return std::abs(soma[0] - 0.1 / 0.13 * 2.0) < 1e-4 ? 0 : 1;
}
