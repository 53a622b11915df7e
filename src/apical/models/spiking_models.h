// SPDX-License-Identifier: Apache-2.0
// Published experiments of spiking neurons by name. Circuit, stimuli and course belong together, so a model
// here is a whole experiment; its options are parameters with names, units and defaults.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "apical/models/payeur2021_mnist.h"
#include "apical/models/payeur2021_pairing.h"
#include "apical/models/payeur2021_propagation.h"
#include "apical/models/payeur2021_rule.h"
#include "apical/models/payeur2021_xor.h"
#include "apical/models/registry.h"

namespace apical::models {

/// One population under both drives: what PropagationOptions says about two areas does not matter.
struct MultiplexingOptions {
  payeur2021::PropagationOptions population;
};

using SpikingOptions =
    std::variant<payeur2021::XorOptions, payeur2021::MnistOptions, payeur2021::PropagationOptions,
                 MultiplexingOptions, payeur2021::RuleNetworkOptions, payeur2021::PeriodicExperiment,
                 payeur2021::PoissonExperiment, payeur2021::BurstPoissonExperiment>;

struct SpikingModel {
  std::string name, description, citation;
  SpikingOptions defaults;
};

const std::vector<SpikingModel>& spiking_models();
/// Null if there is none of this name.
const SpikingModel* find_spiking(std::string_view name);

/// Epochs of a model that trains unless a file says otherwise; nothing for one that does not.
std::optional<std::size_t> default_epochs(const SpikingOptions& options);
/// Departures of the published program from its article; null where there is no network.
spike::Quirks* quirks_of(SpikingOptions& options);
/// Choices that defaults of other parameters follow from, in the order they are to be made: "quirks" of
/// models that have any (recipe, intended or published), "feedback" of the XOR network.
std::vector<Parameter> presets_of(const SpikingOptions& options);
/// ConfigError for another preset or choice.
void apply_preset(SpikingOptions& options, std::string_view preset, std::string_view choice);
/// All others: an option is listed where it can do something.
std::vector<Parameter> parameters_of(SpikingOptions options);
/// ConfigError that opens with the parameter it is about.
SpikingOptions filled(SpikingOptions options, const Values& values);
/// Nothing for pairing protocols, which have one synapse and given spikes.
std::optional<spike::SpikingCircuit> network_of(const SpikingOptions& options);

}  // namespace apical::models
