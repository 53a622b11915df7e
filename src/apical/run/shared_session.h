// SPDX-License-Identifier: Apache-2.0
// A session that several ranks execute together. Rank 0 has the run: its directory, what is told, what is
// written. Of what touches the state the others are told, and do the same to their share of it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apical/core/ranks.h"
#include "apical/run/session.h"

namespace apical {

/// Why ranks cannot share one run of it; empty if they can: courses of spiking circuits, circuits of rate
/// neurons and layered networks, where something of them is large enough to be divided.
std::string why_not_shared(const Experiment& experiment);

bool can_be_shared(const std::vector<Experiment>& experiments);

/// On rank 0, while the others follow(). DataError if ranks have other data, or kernels that round otherwise.
/// ConfigError if the experiment cannot be shared.
std::unique_ptr<Session> open_shared(const Experiment& experiment, const Resources& resources, Ranks& ranks);

/// On the other ranks: executes what rank 0 does to its sessions until it dismisses them; what it says then.
Ranks::Bytes follow(const Resources& resources, Ranks& ranks);
/// On rank 0, between sessions.
void dismiss(Ranks& ranks, const Ranks::Bytes& with);

}  // namespace apical
