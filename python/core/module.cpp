// SPDX-License-Identifier: Apache-2.0
#include "core/module.h"

#include <nanobind/stl/string.h>

#include "apical/core/build_info.h"

NB_MODULE(_core, m) {
  using namespace apical::python;
  // A rule or an environment that a script has at its top level is held by the engine's memory and holds the
  // script's names, which hold it: nothing to warn of as the interpreter ends.
  nanobind::set_leak_warnings(false);
  m.doc() = "What the package apical is made of. Use the package: this module may change without notice.";
  m.def("version", [] { return apical::build_info().version; });
  m.def("revision", [] { return apical::build_info().revision; });
  m.def("numerics_version", [] { return apical::kNumericsVersion; });
  bind_errors(m);
  bind_told_batch(m);
  bind_handed(m);
  bind_environment(m);
  bind_documents(m);
  bind_shown(m);
  bind_runs(m);
  bind_studies(m);
  bind_formulas(m);
  bind_weights(m);
  bind_answers(m);
  bind_simulation(m);
  bind_spiking_simulation(m);
}
