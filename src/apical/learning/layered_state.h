// SPDX-License-Identifier: Apache-2.0
// What learners of layered networks ask of a network's state.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

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
/// These, and then what the rule has of its own: "a2->a1", (units of a1, units of a2), what carries errors or
/// targets of a2 down to a1; "a1->a1" what a1 tells itself; "a2->a1.magnitude" where the signs are those of
/// the forward weights; "a1.feedback_offsets".
template <class Real>
std::vector<Parameter> parameters_of(layered::LayeredModel<Real>& model);
template <class Real>
std::vector<double> read_parameter(layered::LayeredModel<Real>& model, std::size_t index);
template <class Real>
void set_parameters(layered::LayeredModel<Real>& model, const ParameterValues& values);
/// A name as rules give their own weights, whether or not this rule has any.
bool names_feedback(std::string_view name);

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
