// SPDX-License-Identifier: Apache-2.0
// A data set as a value: what a trainer shows and what it wants to see. Generated tasks keep their inputs
// in double precision (a specification may demand the bits); images stay bytes and become numbers on
// reading, arrays stay what they are; sets that do not fit into memory stay files. A trainer needs one call
// per sample: split.read_input(i, buffer), or split.read_shown(i, showing, buffer) where training may draw
// another view of it; buffer of float or double.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "apical/core/matrix.h"
#include "apical/io/array.h"
#include "apical/tasks/augmentation.h"
#include "apical/tasks/environment.h"
#include "apical/tasks/plant.h"

namespace apical {

/// The number each pixel byte stands for, one table per channel, so that x/255 is exactly x/255.
struct PixelScale {
  std::vector<std::array<double, 256>> channels;
  /// x / 255.
  static PixelScale unit(std::size_t channels);
  /// (x / 255 - mean) / sd, one mean and sd per channel.
  static PixelScale standard(const std::vector<double>& means, const std::vector<double>& sds);
};

/// Images as bytes, one row per sample; a row is its channels one after the other, each of equal size.
struct PixelMatrix {
  std::vector<std::uint8_t> bytes;
  std::size_t features = 0;  ///< bytes per sample
  PixelScale scale;
  std::size_t rows = 0;  ///< of a channel; 0: unknown, and there is no augmentation
  ImageShape shape() const;
};

class ImageFiles;

/// Images that are decoded when they are read.
struct FilePixels {
  std::shared_ptr<const ImageFiles> files;
  PixelScale scale;
};

/// Numbers where they lie in an array of float, double or bytes; shared, not copied.
struct SharedRows {
  io::Array values;                              ///< its first axis is the sample's
  std::size_t features = 0;                      ///< per sample
  std::vector<std::uint32_t> rows = {};          ///< which samples of the array, in this order; empty: all
  std::vector<double> shift = {}, divisor = {};  ///< per feature: (x - shift) / divisor; empty: x
};

/// Inputs of a split, samples x features.
class Inputs {
 public:
  Inputs() = default;
  explicit Inputs(Matrix<double> values) : values_(std::move(values)) {}
  explicit Inputs(PixelMatrix pixels);
  explicit Inputs(FilePixels pixels);
  explicit Inputs(SharedRows rows);
  std::size_t samples() const;
  std::size_t features() const;
  /// Null unless they stay files.
  const ImageFiles* files() const;
  /// Of pictures; nothing if they are none, or of unknown shape.
  std::optional<ImageShape> picture() const;
  /// Known without a look to be finite in single precision: pixels, and floats as they are.
  bool fit_single() const;
  /// What is kept in memory; empty for files.
  std::span<const std::byte> bytes() const;
  /// Which sample of the arrays that it is a part of this is; nothing of what comes from no arrays.
  std::optional<std::size_t> origin_of(std::size_t sample) const;
  /// Samples from elsewhere, in the units of these before they were scaled (pixels 0 … 255), as read() would
  /// give them.
  Matrix<double> scaled(Matrix<double> others) const;
  /// Copies one sample; `out` must have features() elements.
  void read(std::size_t sample, std::span<double> out) const;
  void read(std::size_t sample, std::span<float> out) const;
  /// The same as it is shown in training; only for images of known shape.
  void read_shown(std::size_t sample, const Augmentation& augmentation, const Showing& showing,
                  std::span<double> out) const;
  void read_shown(std::size_t sample, const Augmentation& augmentation, const Showing& showing,
                  std::span<float> out) const;
  /// Samples that will be read next, in this order: files are decoded ahead. A new announcement by the same
  /// `showing.seed` replaces the last one. `augmentation` is null where samples are read as they are.
  void announce(std::span<const std::uint32_t> samples, const Augmentation* augmentation,
                const Showing& showing) const;

 private:
  std::variant<Matrix<double>, PixelMatrix, FilePixels, SharedRows> values_;
};

/// Input that changes within a sample: row i of `values` (segments x channels) holds on the steps
/// [change_points[i], change_points[i + 1]).
struct InputSequence {
  std::vector<std::uint32_t> change_points;  ///< segments + 1 entries, the first 0
  Matrix<double> values;
  std::uint32_t steps() const { return change_points.empty() ? 0 : change_points.back(); }
  /// The input at a step < steps().
  std::span<const double> at(std::uint32_t step) const;
};

/// One row of `values` for each step.
InputSequence step_by_step(Matrix<double> values);

/// Samples with their targets. Either `inputs` (each sample held for a presentation) or `sequences` (each
/// sample brings its own course in time) is filled, never both.
struct Split {
  Inputs inputs;
  std::vector<InputSequence> sequences;
  Matrix<double>
      targets;  ///< samples x outputs: the rates wanted of the output; empty where `classes` says them
  /// Of sequences, where each of the last Dataset::answer_steps steps of a sample has a target of its own:
  /// answer_steps x outputs; empty: the sample's target stands in all of them. `targets` are then the last.
  std::vector<Matrix<double>> target_courses = {};
  /// The same as membrane potentials, samples x outputs; empty for tasks that know rates only.
  Matrix<double> target_potentials = {};
  std::vector<std::int32_t> labels;  ///< class of each sample; empty for regression
  /// More than 0: one output per class, 1 for a sample's label and 0 elsewhere, and `targets` stays empty (a
  /// million pictures of a thousand classes would fill 10 GB with them).
  std::size_t classes = 0;
  Augmentation augmentation = {};  ///< what read_shown draws; for training only
  /// Where the number with this index of a sample's "inputs" or "targets" stands, for messages:
  /// "train.npz: inputs[2, 0]". Null for samples that were drawn.
  std::function<std::string(std::string_view array, std::size_t sample, std::size_t index)> place = {};

  std::size_t size() const { return classes > 0 ? labels.size() : targets.rows(); }
  std::size_t outputs() const { return classes > 0 ? classes : targets.cols(); }
  void read_input(std::size_t sample, std::span<double> out) const { inputs.read(sample, out); }
  void read_input(std::size_t sample, std::span<float> out) const { inputs.read(sample, out); }
  /// As it is shown in training; without augmentation the same as read_input.
  void read_shown(std::size_t sample, const Showing& showing, std::span<double> out) const;
  void read_shown(std::size_t sample, const Showing& showing, std::span<float> out) const;
  void read_target(std::size_t sample, std::span<double> out) const;
  void read_target(std::size_t sample, std::span<float> out) const;
};

/// How outputs are turned into a decision.
enum class Readout {
  largest_output,  ///< class = index of the largest output (the lowest index on a tie)
  sign,            ///< one output; class 1 above Dataset::threshold, else 0
  regression,      ///< no decision, only a distance to the target
};

/// Outputs that are the pixels of a picture, row by row, 0 black … 1 white.
struct PictureShape {
  std::size_t rows = 0, cols = 0;
};

struct Dataset {
  std::string name;
  Split train, validation, test;
  std::vector<std::string> class_names;  ///< by label; empty for regression
  Readout readout = Readout::regression;
  double threshold = 0;  ///< for Readout::sign
  std::optional<PictureShape> target_picture = {};
  bool from_files = false;                      ///< not drawn: they are what lies on a disk
  std::vector<std::string> skipped_files = {};  ///< left out on request: name and reason
  std::string provenance =
      {};  ///< how the data are known to differ from those published; empty: not known to, or generated
  double sequence_dt_ms = 0;     ///< duration of one step of a sequence; 0 where samples are held instead
  std::size_t answer_steps = 1;  ///< of a sequence: its last steps, in which an answer is wanted
  std::optional<ClosedLoop> closed_loop =
      {};                                 ///< what evaluations steer, instead of showing validation and test
  std::optional<Episodes> episodes = {};  ///< an environment to act in, instead of all samples

  std::size_t inputs() const;  ///< features of a sample or observation, or channels of a sequence
  std::size_t outputs() const { return episodes ? episodes->actions : train.outputs(); }
  bool is_sequence() const { return !train.sequences.empty(); }
  /// The class the outputs stand for; -1 for regression.
  std::int32_t decide(std::span<const double> outputs) const;
  std::int32_t decide(std::span<const float> outputs) const;
};

/// One row per label, 1 at the label and 0 elsewhere.
Matrix<double> one_hot(const std::vector<std::int32_t>& labels, std::size_t classes);

}  // namespace apical
