// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/two_site.h"

namespace apical::layered {

void fields(FieldVisitor& v, TwoSiteNeuron& n) {
  v({"mixing", "",
     "share of the somatic signal at the dendritic site: 0 for two sites, more for the one-site control",
     within(0, 1)},
    n.alpha);
  v.choice({"dendritic_spikes", "", "burst rates D, or all-or-none bursts with probability p0 + D"}, n.spikes,
           {"rates", "bursts"});
  v({"p0", "", "bursts: probability of one without an error", between(0, 1)}, n.p0);
}

void fields(FieldVisitor& v, TwoSiteOptions& o) {
  fields(v, o.neuron);
  fields(v, o.feedback);
}

RuleEntries two_site_rules() {
  ModelDefaults model = logistic_units();
  // Without decay feedback and forward weights would keep their first difference.
  model.optimiser.weight_decay = 1e-4;
  model.optimiser.decay = DecayKind::unscaled;
  return {{.name = "two_site",
           .description =
               "somatic rates carry activity up, dendritic bursts carry errors down and gate plasticity",
           .citation = "Koerding & Koenig, J Comput Neurosci 11:207, 2001",
           .options = TwoSiteOptions{},
           .model = model}};
}

}  // namespace apical::layered
