// SPDX-License-Identifier: Apache-2.0
// The key `layers` of a layered network as a network: the input, then each layer up to the output. An entry
// is a number of units or a text:
//   "3x32x32"                     (first entry) an image: channels x height x width; "28x28" has one channel
//   "conv 64 5x5"                 a convolution to 64 channels with kernels of 5x5 (height x width), no
//   padding
//     … stride 2                  two pixels from one position to the next
//     … pad 2                     zeros around the image
//     … average 2                 then means over 2x2 positions that do not overlap; "average 3 every 2":
//     every second position
//   "1024"                        units that hear all of the layer below, like the number 1024
#pragma once

#include "apical/core/fields.h"
#include "apical/engine/layered/network.h"

namespace apical::models {

/// All layers but the last get the hidden activation. ConfigError that opens with "layers" and says which
/// entry, where in its text, what was expected, and the shapes of the layers below if something does not fit.
layered::NetworkDescription network_of(const Entries& entries, layered::Activation hidden,
                                       layered::Activation output, layered::Loss loss);

/// "3x32x32, 64x14x14, 1024, 10": the input and every layer, images by their shape.
std::string shapes_text(const layered::NetworkDescription& network);

}  // namespace apical::models
