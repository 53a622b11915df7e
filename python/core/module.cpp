// SPDX-License-Identifier: Apache-2.0
#include "core/module.h"

#include <nanobind/stl/string.h>

#include "apical/core/build_info.h"

NB_MODULE(_core, m) {
  using namespace apical::python;
  m.doc() = "What the package apical is made of. Use the package: this module may change without notice.";
  m.def("version", [] { return apical::build_info().version; });
  m.def("revision", [] { return apical::build_info().revision; });
  m.def("numerics_version", [] { return apical::kNumericsVersion; });
  bind_errors(m);
  bind_handed(m);
  bind_environment(m);
  bind_documents(m);
  bind_runs(m);
  bind_studies(m);
  bind_weights(m);
  bind_simulation(m);
  bind_spiking_simulation(m);
}
