// SPDX-License-Identifier: Apache-2.0
// A recipe with its options, whatever their type: a struct with fields() beside it (core/fields.h) and a
// build() that makes a circuit, a network or a data set of it. A recipe is a value; its options can be
// listed, filled and read like those of any struct.
#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "apical/core/fields.h"

namespace apical {

namespace detail {
/// Here, where no member of the same name hides it.
template <class Product, class Options, class... Given>
Product built(const Options& options, Given... given) {
  if constexpr (requires { build(options, given...); }) {
    return build(options, given...);
  } else {
    return build(options);
  }
}
}  // namespace detail

/// `Given` is what is handed to those build() functions that take it, e.g. where files lie.
template <class Product, class... Given>
class Recipe {
 public:
  /// With the options as they are: their defaults.
  template <HasFields Options>
  explicit Recipe(Options options) : self_(std::make_unique<Of<Options>>(std::move(options))) {}
  Recipe(const Recipe& other) : self_(other.self_->copy()) {}
  Recipe(Recipe&&) noexcept = default;
  Recipe& operator=(Recipe other) noexcept {
    self_ = std::move(other.self_);
    return *this;
  }
  ~Recipe() = default;

  /// FieldError if the options do not go together.
  Product build(Given... given) const { return self_->build_it(given...); }
  friend void fields(FieldVisitor& v, Recipe& recipe) { recipe.self_->visit(v); }

 private:
  struct Any {
    Any() = default;
    Any(const Any&) = default;
    Any& operator=(const Any&) = delete;
    virtual ~Any() = default;
    virtual std::unique_ptr<Any> copy() const = 0;
    virtual void visit(FieldVisitor& v) = 0;
    virtual Product build_it(Given... given) const = 0;
  };
  template <class Options>
  struct Of final : Any {
    explicit Of(Options o) : options(std::move(o)) {}
    std::unique_ptr<Any> copy() const override { return std::make_unique<Of>(*this); }
    void visit(FieldVisitor& v) override { fields(v, options); }
    Product build_it(Given... given) const override {
      return detail::built<Product, Options, Given...>(options, given...);
    }
    Options options;
  };
  std::unique_ptr<Any> self_;
};

/// What `recipe` makes with these options in place of its defaults.
template <class Product, class... Given>
Product build_with(Recipe<Product, Given...> recipe, const FieldValues& options,
                   std::type_identity_t<Given>... given) {
  fill(recipe, options);
  return recipe.build(given...);
}

}  // namespace apical
