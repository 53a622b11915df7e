// SPDX-License-Identifier: Apache-2.0
// Experiments as files: read one, change it, run it into a directory with everything that is needed to read,
// check, continue and repeat it. What `apical run` does.
//
//   TomlDocument document = TomlDocument::read("experiment.toml");
//   document.set("training.epochs=5");
//   ThreadPool pool;                                             all threads that the process may use
//   run_experiment(read_experiment(document), {.directory = "runs/one"}, {pool, "data"}, stop);
//
// ConfigError with file, line and column for what is wrong in the text; IoError where the file system
// refuses, and for a directory that is not empty; NumericalFault after the state has been saved beside the
// checkpoints. Setting `stop`, from any thread or a signal handler, ends the run at the next safe point with
// a checkpoint.
#pragma once

#include "apical/core/resources.h"
#include "apical/experiment/experiment.h"
#include "apical/run/run.h"
