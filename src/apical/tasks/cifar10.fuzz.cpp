// SPDX-License-Identifier: Apache-2.0
// Any bytes are whole records of pictures with labels 0 to 9, or are refused.
#include "apical/tasks/cifar10.h"

#include "support/fuzz.h"

APICAL_FUZZ(input) {
  apical::LabelledImages images;
  if (!apical::fuzz::accepted([&] { apical::append_cifar_records(input.octets(), "x", images); })) return;
  apical::fuzz::require(images.labels.size() + images.images.size() == input.size);
  for (const int label : images.labels) apical::fuzz::require(label >= 0 && label <= 9);
}
