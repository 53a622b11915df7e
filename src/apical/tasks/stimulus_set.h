// SPDX-License-Identifier: Apache-2.0
// Pictures that networks and brains are shown, from a folder of somebody else: `stimuli.csv` (stimulus_id and
// any columns of labels; its order is the order of everything made from it) and `images.npz` (`images`,
// uint8, stimuli x rows x cols [x 3]), or pictures named in a column `filename`.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "apical/core/matrix.h"
#include "apical/io/file.h"
#include "apical/io/picture.h"
#include "apical/tasks/resize.h"

namespace apical {

struct StimulusSet {
  std::string origin;  ///< the folder, for messages
  std::vector<std::string> ids;
  std::vector<std::string> columns;              ///< of labels: all but stimulus_id and filename
  std::vector<std::vector<std::string>> labels;  ///< of each column, for each stimulus
  std::vector<io::Picture> pictures;
  std::size_t size() const { return ids.size(); }
};

/// DataError for a folder without stimuli.csv or pictures, fewer than 4 stimuli, an id that occurs twice, and
/// pictures that are not as many as the table has rows.
StimulusSet read_stimulus_set(const io::Path& folder);

/// The labels of a column; DataError with the nearest name for one that there is not.
const std::vector<std::string>& labels_of(const StimulusSet& set, const std::string& column);

/// The stimuli of which "COLUMN = VALUE" holds (or "COLUMN != VALUE"), in order. Values that are numbers are
/// compared as numbers.
std::vector<std::uint32_t> stimuli_where(const StimulusSet& set, const std::string& condition);
StimulusSet chosen_stimuli(const StimulusSet& set, std::span<const std::uint32_t> chosen);

/// What a network has of a picture.
enum class PixelColour { rgb, grey };
/// Stimuli x values from 0 to 1: the picture resized (nothing is done to one of that size), then planes R, G,
/// B, row by row, or 0.299 R + 0.587 G + 0.114 B, not rounded. `size` of 0 x 0: as the picture is; all must
/// then be of one size.
Matrix<double> pixels_of(const StimulusSet& set, Size size, PixelColour colour);

}  // namespace apical
