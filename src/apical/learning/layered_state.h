// SPDX-License-Identifier: Apache-2.0
// What learners of layered networks ask of a network's state.
#pragma once

#include <cstdint>
#include <string>

#include "apical/core/error.h"
#include "apical/engine/layered/model.h"
#include "apical/learning/learner.h"

namespace apical {

/// NumericalFault if a weight or offset is not finite: names the layer ("layer 2", after `network` if that is
/// not empty), the postsynaptic unit and, as step, the number of batches learned.
template <class Real>
void check_finite(const layered::LayeredModel<Real>& model, std::uint64_t seed,
                  const std::string& network = "");

/// The same of outputs, one row a sample: the layer is the last one, unless weights are to blame. Decisions
/// and saturated figures would hide that there is no answer.
template <class Real>
void check_outputs(const layered::LayeredModel<Real>& model, MatrixView<const Real> outputs,
                   std::uint64_t seed, const std::string& network = "");

/// The same of a figure that the last layer was judged by, e.g. "loss".
template <class Real>
void check_figure(const layered::LayeredModel<Real>& model, const std::string& quantity, double value,
                  std::uint64_t seed, const std::string& network = "");

/// The fault of a model that found it in a batch, told again by who knows seed and network: of the weights,
/// of the outputs, or else of the loss.
template <class Real>
[[noreturn]] void locate_fault(const layered::LayeredModel<Real>& model, const NumericalFault& fault,
                               std::uint64_t seed, const std::string& network = "");

/// Weights and offsets by name, areas called a1, a2 … from the first hidden layer on: "input->a1",
/// "a1.offsets", "a1->a2" …
std::vector<Parameter> parameters_of(const layered::NetworkDescription& network);
template <class Real>
std::vector<double> read_parameter(const layered::Network<Real>& network, std::size_t index);
template <class Real>
void set_parameters(layered::Network<Real>& network, const ParameterValues& values);

/// Bytes of everything that `object.visit_state` visits.
class StateSize final : public StateVisitor {
 public:
  StateSize() : StateVisitor(false) {}
  std::size_t bytes = 0;

 private:
  void visit(std::string_view, Element, bool, std::span<std::byte> field) override { bytes += field.size(); }
  void begin(std::string_view) override {}
  void end() override {}
};

}  // namespace apical
