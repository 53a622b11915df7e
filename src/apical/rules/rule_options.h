// SPDX-License-Identifier: Apache-2.0
// What can be chosen about a credit rule, whatever the rule, and what its file says about each of its names.
// A file of a rule gives a list of entries, which rule_list.cpp has in its place; nothing else knows it.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "apical/engine/layered/credit_rule.h"
#include "apical/engine/layered/layered_fields.h"

namespace apical::layered {

template <class T>
using RulePointer = std::unique_ptr<CreditRule<T>>;

/// A struct with its walk fields() beside it (core/fields.h) and a member that gives the rule; `seed`
/// addresses feedback weights and noise. ConfigError if the rule cannot work on such a network, saying why.
template <class Options>
concept HasRule = HasFields<Options> &&
    requires(const Options& o, const NetworkDescription& network, std::uint64_t seed) {
  { o.template make<float>(network, seed) } -> std::same_as<RulePointer<float>>;
  { o.template make<double>(network, seed) } -> std::same_as<RulePointer<double>>;
};

/// The options of some rule: a value.
class RuleOptions {
 public:
  template <class Options>
  requires(!std::same_as<Options, RuleOptions> && HasRule<Options>)
      RuleOptions(Options options)  // NOLINT(google-explicit-constructor): they are options of a rule
      : self_(std::make_unique<Of<Options>>(std::move(options))) {}
  RuleOptions(const RuleOptions& other) : self_(other.self_->copy()) {}
  RuleOptions(RuleOptions&&) noexcept = default;
  RuleOptions& operator=(RuleOptions other) noexcept {
    self_ = std::move(other.self_);
    return *this;
  }
  ~RuleOptions() = default;

  /// What can be set about the rule, in the names of experiment files.
  friend void fields(FieldVisitor& v, RuleOptions& options) { options.self_->visit(v); }
  /// Null if they are of another rule.
  template <class Options>
  Options* as() {
    auto* const of = dynamic_cast<Of<Options>*>(self_.get());
    return of == nullptr ? nullptr : &of->options;
  }
  template <class Options>
  const Options* as() const {
    const auto* const of = dynamic_cast<const Of<Options>*>(self_.get());
    return of == nullptr ? nullptr : &of->options;
  }
  template <class T>
  RulePointer<T> make(const NetworkDescription& network, std::uint64_t seed) const {
    network.validate();
    if constexpr (std::is_same_v<T, float>) {
      return self_->make_single(network, seed);
    } else {
      return self_->make_double(network, seed);
    }
  }

 private:
  struct Any {
    Any() = default;
    Any(const Any&) = default;
    Any& operator=(const Any&) = delete;
    virtual ~Any() = default;
    virtual std::unique_ptr<Any> copy() const = 0;
    virtual void visit(FieldVisitor& v) = 0;
    virtual RulePointer<float> make_single(const NetworkDescription& network, std::uint64_t seed) const = 0;
    virtual RulePointer<double> make_double(const NetworkDescription& network, std::uint64_t seed) const = 0;
  };
  template <class Options>
  struct Of final : Any {
    explicit Of(Options o) : options(std::move(o)) {}
    std::unique_ptr<Any> copy() const override { return std::make_unique<Of>(*this); }
    void visit(FieldVisitor& v) override { fields(v, options); }
    RulePointer<float> make_single(const NetworkDescription& network, std::uint64_t seed) const override {
      return options.template make<float>(network, seed);
    }
    RulePointer<double> make_double(const NetworkDescription& network, std::uint64_t seed) const override {
      return options.template make<double>(network, seed);
    }
    Options options;
  };
  std::unique_ptr<Any> self_;
};

/// A rule for this network; `seed` addresses its feedback weights and noise. Throws ConfigError if the rule
/// cannot work on such a network, saying why.
template <class T>
RulePointer<T> make_rule(const RuleOptions& options, const NetworkDescription& network, std::uint64_t seed) {
  return options.make<T>(network, seed);
}

/// Network and optimiser that a model of the rule starts out with. Units and loss go by their names in
/// experiment files.
struct ModelDefaults {
  std::string hidden = "relu", output = "softmax", loss = "ce";
  WeightInit init = WeightInit::glorot_uniform;
  double gain = 1;  ///< multiplies initial weights
  std::size_t batch = 20;
  OptimiserSettings optimiser{.kind = OptimiserKind::adam, .learning_rate = 0.001};
};
inline ModelDefaults smooth_classifier() { return {.hidden = "tanh"}; }
inline ModelDefaults logistic_units() { return {.hidden = "logistic", .output = "logistic", .loss = "mse"}; }
inline ModelDefaults regression() { return {.output = "linear", .loss = "mse"}; }

/// A rule by one of its names.
struct RuleEntry {
  std::string name;  ///< what CreditRule::name() returns
  std::string description;
  std::string citation;
  RuleOptions options;
  ModelDefaults model = {};
  std::vector<double> example = {4, 5, 3, 2};  ///< layers of a small network that the rule can work on
  bool feedback_learns_apart = false;  ///< with a learning rate of its own, and not as forward weights do
};
using RuleEntries = std::vector<RuleEntry>;

}  // namespace apical::layered
