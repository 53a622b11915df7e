// SPDX-License-Identifier: Apache-2.0
// What an experiment is expected to show, as the tables of its file say it: which figure of which paper, and
// one statistic over seeds for each claim, with the range that counts as reproduced and why it is that wide.
//   [reproduces]
//   paper = "Max et al. 2026"
//   figure = "2b"
//   shows = "the microcircuit learns a delayed match-to-sample task"
//   source = "20 seeds of an independent implementation"
//   origin = "program"
//   minutes = 0.5
//   [[expect]]
//   quantity = "test_loss"
//   statistic = "median"
//   value = 0.032
//   factor = 2
//   because = "quartiles over seeds lie a factor of 1.5 apart"
#pragma once

#include <array>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apical/core/names.h"
#include "apical/experiment/toml/toml_reader.h"

namespace apical {

struct Expectation {
  enum class Epochs {
    first,  ///< the first at which the quantity was measured, usually before training
    last,
    mean,     ///< over all at which it was measured
    largest,  ///< the epoch at which it was largest
  };
  enum class Statistic {
    median,
    mean,
    smallest,
    largest,
    fraction,  ///< of seeds whose value lies within [seeds_low, seeds_high]
  };
  /// On whose word the figure rests.
  enum class Origin {
    program,     ///< a reference program, the authors' or an independent one, was measured
    paper,       ///< printed in the paper, or said there
    law,         ///< follows from the equations or from the data: holds of every seed
    hypothesis,  ///< Apical's own, or whoever wrote the file
  };

  std::string variant;      ///< label; empty if the file has one experiment only
  std::string relative_to;  ///< label of another variant: values are ratios to the same seed there; empty: as
                            ///< they are
  std::string
      minus;  ///< another quantity of the same variant: values are differences from it; empty: as they are
  std::string quantity;        ///< "angle", another measure of an area, or a metric of a split: "test_loss",
                               ///< "validation_accuracy", "test_falls", "train_return" …
  std::string area = "total";  ///< of an angle or another measure of an area (analysis/metrics.h)
  Epochs epochs = Epochs::last;
  Statistic statistic = Statistic::median;
  double seeds_low = -std::numeric_limits<double>::infinity(),
         seeds_high = std::numeric_limits<double>::infinity();
  std::optional<double> value;  ///< the figure to be met, if there is one
  double low = -std::numeric_limits<double>::infinity(),
         high = std::numeric_limits<double>::infinity();  ///< reproduced within
  std::string tolerance;                                  ///< "0.032 within a factor of 2", "at least 0.7"
  std::string because;                                    ///< why this wide
  std::string source;                                     ///< where the figure comes from
  Origin origin = Origin::hypothesis;
  std::string widened = {};  ///< the evidence for a range that was widened after a look; empty: it was not

  /// "median test loss of 'error neurons' relative to 'backpropagation'".
  std::string subject() const;
};

template <>
inline constexpr std::array<std::string_view, 4> kNames<Expectation::Epochs>{"first", "last", "mean",
                                                                             "largest"};
template <>
inline constexpr std::array<std::string_view, 5> kNames<Expectation::Statistic>{"median", "mean", "smallest",
                                                                                "largest", "fraction"};
template <>
inline constexpr std::array<std::string_view, 4> kNames<Expectation::Origin>{"program", "paper", "law",
                                                                             "hypothesis"};

/// The tables [reproduces] and [[expect]] of a file.
struct Reproduction {
  std::string paper, figure, shows, source;
  Expectation::Origin origin = Expectation::Origin::hypothesis;  ///< where an expectation names none
  double minutes = 0;                                            ///< on two cores, as measured
  std::vector<Expectation> expectations;
  /// Empty in a file that claims nothing.
  bool empty() const { return expectations.empty(); }
  /// "Max et al. 2026, Fig. 2b".
  std::string reference() const;
};

/// ConfigError with file, line and column; empty if the file has neither table. Whether the labels exist is
/// not looked at.
Reproduction read_reproduction(const TomlDocument& document);

/// ConfigError unless every variant that an expectation names is among `labels`, and those that name none
/// mean the only one.
void check_labels(const Reproduction& reproduction, const std::vector<std::string>& labels,
                  const TomlDocument& document);

}  // namespace apical
