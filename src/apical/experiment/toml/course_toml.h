// SPDX-License-Identifier: Apache-2.0
// Courses as text: [course], [samples], [teacher], [[stimulus]] and [[stage]] with [[stage.phase]],
// [[stage.measure]] and [[stage.correlation]] of an experiment file. All keys are explained in
// docs/spiking.md.
#pragma once

#include <string>

#include "apical/circuit/course.h"
#include "apical/experiment/toml/toml_reader.h"

namespace apical {

/// Whether `root` says anything of a course.
bool has_course(const TomlReader& root);

/// Lays what `root` says over `course`, which may come from a recipe: single keys of [course], [samples] and
/// [teacher]; all stimuli or all stages if there are any. ConfigError at the key or entry that is wrong or
/// does not fit the circuit.
void read_course(TomlReader& root, const SpikingCircuit& circuit, Course& course);

/// The course as such text; what equals its default is left out. Reads back as an equal course; the number of
/// epochs is [training] epochs. ConfigError for a protocol of its own.
std::string course_toml(const Course& course);

}  // namespace apical
