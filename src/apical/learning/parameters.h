// SPDX-License-Identifier: Apache-2.0
// Weights by name: what files and runs give each other, whatever kind of model they are of.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace apical {

/// Weights or offsets that a model starts with, under the name by which files have them.
struct Parameter {
  std::string name = {};                  ///< of the projection; "a1.offsets" of an area of a layered network
  std::vector<std::uint64_t> shape = {};  ///< (postsynaptic, presynaptic); (units) of offsets and one-to-one
                                          ///< projections; (channels, channels below, height, width) of a
                                          ///< convolution, and of feedback beside one
  std::string from = {}, to = {};         ///< populations, or areas; `from` is empty for offsets
  bool feedback = false;  ///< of a layered network: what its rule sends errors or targets through
  bool sparse = false;    ///< NaN stands where there is no synapse
  std::size_t size() const;
};
/// Numbers of some parameters, by their index, row by row.
using ParameterValues = std::map<std::size_t, std::vector<double>>;

/// One replica per seed.
class Weighted {
 public:
  virtual ~Weighted() = default;
  virtual std::span<const std::uint64_t> seeds() const = 0;
  std::size_t replicas() const { return seeds().size(); }

  /// Everything that set_parameters() can set, the same in all replicas.
  virtual std::vector<Parameter> parameters() const { return {}; }
  virtual std::vector<double> parameter(std::size_t index, std::size_t replica) const;
  /// In place of the initialisation, before anything is shown; one entry per replica, each of the same
  /// parameters. What is initialised from others follows these, unless it is given itself. DataError for a
  /// weight where there is no synapse.
  virtual void set_parameters(const std::vector<ParameterValues>& of_replicas);
  /// Whether other models of this kind may have a parameter of this name for which this one has no place, and
  /// which it can do without.
  virtual bool can_do_without(std::string_view /*name*/) const { return false; }
};

}  // namespace apical
