// SPDX-License-Identifier: Apache-2.0
// The course of digits in a spiking network: a test of the untrained network, then epochs of all training
// pictures in an order of their own, each followed by a test.
#pragma once

#include <memory>

#include "apical/procedure/spiking_course.h"

namespace apical {

/// DataError or IoError if the pictures are missing or damaged.
std::unique_ptr<SpikingCourse> make_mnist_course(const payeur2021::MnistOptions& options, std::size_t epochs,
                                                 const CourseSetting& setting);
/// Biological time by the options alone.
double mnist_course_seconds(const payeur2021::MnistOptions& options, std::size_t epochs);

}  // namespace apical
