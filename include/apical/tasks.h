// SPDX-License-Identifier: Apache-2.0
// What is to be learned: three splits of samples with their targets (Dataset), by name from those that come
// with Apical (make_dataset, tasks()), or filled in by you.
//
//   Dataset data;                               one row per sample
//   data.train.inputs  = Inputs(Matrix<double>) samples x features, any unit
//   data.train.targets = Matrix<double>         samples x outputs, rates
//   data.train.labels                           class of each sample; empty for a regression
//   data.readout                                how outputs become a decision
//
//   Resources resources{pool, "data"};          where tasks that read files find them
//   make_dataset("mnist", {}, resources)
//
// Arrays of your own, shared and not copied, take part in experiments as train = "memory:NAME" of task
// arrays:
//
//   HandedArrays mine;
//   mine.by_name["day 1"] = {.inputs = {…, owner, values}, .labels = io::array_of<std::int32_t>({150},
//   labels)}; resources.arrays = std::make_shared<const HandedArrays>(std::move(mine));
//
// What generated tasks are made from can be had one by one: draw_yin_yang, cart_pole_step …
//
// make_dataset throws ConfigError for a name or parameter it does not know (with the nearest one), DataError
// or IoError for files that are missing or damaged.
#pragma once

#include "apical/core/error.h"
#include "apical/core/resources.h"
#include "apical/tasks/array_data.h"
#include "apical/tasks/array_dataset.h"
#include "apical/tasks/cart_pole.h"
#include "apical/tasks/dataset.h"
#include "apical/tasks/delayed_match.h"
#include "apical/tasks/memory_trials.h"
#include "apical/tasks/sequential_image.h"
#include "apical/tasks/task.h"
#include "apical/tasks/temporal_series.h"
#include "apical/tasks/yin_yang.h"
