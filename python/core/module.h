// SPDX-License-Identifier: Apache-2.0
// The parts of apical._core. Plain functions and a few classes over the library's public face; everything
// that makes them pleasant to use is Python (src/apical).
#pragma once

#include <nanobind/nanobind.h>

namespace apical::python {

void bind_errors(nanobind::module_& m);
void bind_handed(nanobind::module_& m);
void bind_environment(nanobind::module_& m);
void bind_documents(nanobind::module_& m);
void bind_shown(nanobind::module_& m);
void bind_runs(nanobind::module_& m);
void bind_studies(nanobind::module_& m);
void bind_told_batch(nanobind::module_& m);
void bind_formulas(nanobind::module_& m);
void bind_weights(nanobind::module_& m);
void bind_answers(nanobind::module_& m);
void bind_simulation(nanobind::module_& m);
void bind_spiking_simulation(nanobind::module_& m);

}  // namespace apical::python
