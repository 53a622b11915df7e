// SPDX-License-Identifier: Apache-2.0
// From compartments to somata, and what waits at the end of a step.
#include <fmt/format.h>

#include <algorithm>

#include "apical/engine/rate/network_emit.h"

namespace apical::rate {

template <class Real>
void Network<Real>::plan_integration() {
  for (std::uint32_t k = 0; k < circuit_.populations().size(); ++k) {
    const Population& p = circuit_.populations()[k];
    PopulationState& s = *populations_[k];
    if (p.kind == Population::Kind::external) continue;
    if (p.compartments.size() > IntegrateArgs<Real>::kMaxCompartments) {
      throw ConfigError(fmt::format("population '{}' has {} compartments; the rate engine runs up to {}",
                                    p.name, p.compartments.size(), IntegrateArgs<Real>::kMaxCompartments));
    }
    // A compartment that disconnects does so while its external input is absent.
    const bool* present = nullptr;
    for (const Projection& j : circuit_.projections()) {
      const Population& from = circuit_[j.from];
      if (circuit_[j.to].name != p.name || from.kind != Population::Kind::external) continue;
      if (p.compartments[p.compartment_index(j.compartment)].when_absent == WhenAbsent::disconnects) {
        present = &populations_[j.from.value]->present;
      }
    }
    Real* noisy = nullptr;  // takes the place of the compartment that noise is added to
    /// Each compartment's share in the somatic steady state; 0 for one that is disconnected.
    const auto pulls = [&](bool with_teaching) {
      const auto connected = [&](const Compartment& c) {
        return with_teaching || c.when_absent != WhenAbsent::disconnects;
      };
      double conductance = p.leak;
      for (const Compartment& c : p.compartments) conductance += connected(c) ? c.conductance : 0;
      std::vector<Real> shares;
      for (const Compartment& c : p.compartments)
        shares.push_back(connected(c) ? static_cast<Real>(c.conductance / conductance) : Real(0));
      return shares;
    };
    const auto arguments = [&](bool with_teaching) {
      IntegrateArgs<Real> a;
      const std::vector<Real>& share = with_teaching ? s.pull : s.pull_alone;
      for (std::size_t c = 0; c < p.compartments.size(); ++c) {
        if (share[c] == 0) continue;
        const bool noise_here = noisy && p.compartments[c].name == p.noise->compartment;
        auto& to = a.compartment[a.compartments++];
        to.potential = noise_here ? noisy : s.compartment[c];
        to.coefficient = share[c];
        if (const auto last = last_inputs_.find(s.compartment[c]); last != last_inputs_.end()) {
          to.in = last->second.args.in;
          to.weights = last->second.args.weights;
          to.mode = last->second.args.mode;
        }
      }
      a.step = s.step;
      a.lookahead_gain = s.lookahead_gain;
      a.soma = s.soma;
      a.lookahead = s.prospective;
      a.n = s.padded;
      return a;
    };
    s.connects = present;
    s.step = static_cast<Real>(circuit_.dt_ms / p.tau_ms());
    s.lookahead_gain = static_cast<Real>(p.lookahead_gain);
    s.pull = pulls(true);
    s.pull_alone = pulls(false);
    if (p.noise) {
      const auto quiet = std::pair{arguments(false), arguments(true)};
      noisy = s.noisy;
      const auto loud = std::pair{arguments(false), arguments(true)};
      emit(integration,
           [this, id = PopulationId{k}, &s, from = s.compartment[p.compartment_index(p.noise->compartment)],
            present, quiet, loud] {
             for (std::size_t i = 0; i < s.padded; ++i) s.noisy[i] = from[i] + s.noise[i];
             // Noise belongs to feedback learning; without it the dendrite is quiet.
             if (learning_.feedback) draw_noise(id);
             const auto& [without, with] = learning_.feedback ? loud : quiet;
             kernel_.integrate(!present || *present ? with : without);
           });
    } else if (present) {
      auto &with = keep(arguments(true)), &without = keep(arguments(false));
      tap_last_inputs(with);
      tap_last_inputs(without);
      emit(integration, [this, present, &with, &without] { kernel_.integrate(*present ? with : without); });
    } else {
      auto& args = emit<IntegrateArgs<Real>>(integration, kernel_.integrate);
      args = arguments(true);
      tap_last_inputs(args);
    }
  }
}

template <class Real>
void Network<Real>::tap_last_inputs(IntegrateArgs<Real>& args) {
  for (std::size_t c = 0; c < args.compartments; ++c) {
    auto& compartment = args.compartment[c];
    if (compartment.in) read_through(*last_inputs_.at(compartment.potential).of, compartment.in, 0);
  }
}

template <class Real>
void Network<Real>::plan_capture() {
  emit(capture, [this] {
    if (learning_.observe_credit) observe_interpreted();
    if (learning_.any()) capture_updates();
  });
  for (auto& p : populations_) {
    if (!p->high_passed) continue;
    // h += dr - dt/tau h, at the very end of the step: the rules above have used h of the step before.
    emit(capture, [s = p.get(), k = static_cast<Real>(circuit_.dt_ms / p->high_pass_ms)] {
      for (std::size_t i = 0; i < s->padded; ++i) {
        s->high_passed[i] += (s->rate[i] - s->rate_before[i]) - k * s->high_passed[i];
      }
    });
  }
}

template class Network<float>;
template class Network<double>;

}  // namespace apical::rate
