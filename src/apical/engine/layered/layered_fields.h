// SPDX-License-Identifier: Apache-2.0
// The options of the engine's own settings.
#pragma once

#include "apical/core/fields.h"
#include "apical/engine/layered/network.h"
#include "apical/engine/layered/optimiser.h"
#include "apical/engine/layered/settling.h"

template <>
inline constexpr std::array<std::string_view, 5> apical::kNames<apical::layered::WeightInit>{
    "glorot_uniform", "glorot_normal", "he_normal", "fan_in_uniform", "orthogonal"};
template <>
inline constexpr std::array<std::string_view, 3> apical::kNames<apical::layered::OptimiserKind>{
    "sgd", "momentum", "adam"};
template <>
inline constexpr std::array<std::string_view, 3> apical::kNames<apical::layered::DecayKind>{
    "coupled", "decoupled", "unscaled"};

namespace apical::layered {

/// All but kind and learning rate.
void fields(FieldVisitor& v, OptimiserSettings& o);
/// What all phases of a settling network share: all but max_steps.
void dynamics_fields(FieldVisitor& v, Settling& s);

}  // namespace apical::layered
