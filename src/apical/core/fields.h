// SPDX-License-Identifier: Apache-2.0
// The one way to declare an option. A struct names its options in one walk, beside the struct:
//
//   struct NoiseOptions { double sigma = 0.1; int vectors = 2; };
//
//   void fields(FieldVisitor& v, NoiseOptions& o) {
//     v({"sigma", "mV", "standard deviation of the noise", more_than(0)}, o.sigma);
//     v({"vectors", "", "noise vectors per phase", at_least(1), "Akrout et al. 2019"}, o.vectors);
//   }
//
// The member's initial value is the default, and the only place where it stands. Everything else follows from
// the walk: reading and writing TOML (experiment/toml/field_toml.h), listings with types, units, bounds and
// sources for 'apical models', 'apical tasks' and docs/reference.md, filling from values by name, and errors
// that know their field. A condition between several options is an `if` in the walk, after the last of them,
// that throws a FieldError naming them.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "apical/core/activation.h"
#include "apical/core/field_error.h"
#include "apical/core/matrix.h"
#include "apical/core/names.h"

namespace apical {

/// A list that mixes numbers and texts.
using Entries = std::vector<std::variant<double, std::string>>;

/// What an option can hold. Whole numbers are doubles, exact up to 2^53; an empty matrix means "not given".
using FieldValue = std::variant<bool, double, std::string, std::vector<double>, std::vector<std::string>,
                                Entries, Matrix<double>>;

/// Where a number, or each number of a list, has to lie.
struct Bounds {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool above = false;  ///< `low` itself is out of bounds
  bool below = false;  ///< `high` itself is
  bool whole = false;
  bool contain(double x) const;  ///< false for NaN
  /// "more than 0", "a whole number from 1 to 10" …; "" if any number will do. Limits that nobody comes near
  /// are left out, unless `beyond` lies beyond them.
  std::string text(double beyond = 0) const;
};
constexpr Bounds at_least(double low) { return {.low = low}; }
constexpr Bounds more_than(double low) { return {.low = low, .above = true}; }
/// Both ends belong to it.
constexpr Bounds within(double low, double high) { return {.low = low, .high = high}; }
/// Neither end does.
constexpr Bounds between(double low, double high) {
  return {.low = low, .high = high, .above = true, .below = true};
}
/// The largest whole number that an option holds exactly, e.g. a seed.
inline constexpr double kLargestWhole = 9007199254740992.0;

/// What is said about an option, apart from its value.
struct Field {
  std::string name;
  std::string unit = {};  ///< "" for pure numbers and texts
  std::string meaning = {};
  Bounds bounds = {};
  std::string source = {};                ///< where the default comes from; empty: our choice
  std::vector<std::string> choices = {};  ///< of texts; empty: any
  bool required = false;                  ///< an empty value has to be replaced
  bool optional = false;                  ///< an empty text means "not given" and is not written out
  std::vector<std::string> areas = {};    ///< of a matrix: names of rows and columns to take from a file
};

/// FieldError with the meaning as hint if the value is out of bounds or no choice.
void check(const Field& field, const FieldValue& value);

/// Is handed each option of a struct as it is so far, and may replace it. A visitor overrides `visit`; what
/// it leaves is checked against bounds and choices before it goes into the member.
class FieldVisitor {
 public:
  virtual ~FieldVisitor() = default;

  void operator()(const Field& f, bool& x) { exchange(f, x); }
  void operator()(const Field& f, double& x) { exchange(f, x); }
  void operator()(const Field& f, std::string& x) { exchange(f, x); }
  void operator()(const Field& f, std::vector<double>& x) { exchange(f, x); }
  void operator()(const Field& f, std::vector<std::string>& x) { exchange(f, x); }
  void operator()(const Field& f, Entries& x) { exchange(f, x); }
  void operator()(const Field& f, Matrix<double>& x) { exchange(f, x); }
  void operator()(const Field& f, std::optional<Matrix<double>>& x);
  void operator()(const Field& f, ActivationKind& x);
  template <std::integral Count>
  void operator()(const Field& f, Count& x) {
    auto number = static_cast<double>(x);
    exchange(counting<Count>(f), number);
    x = static_cast<Count>(number);
  }
  template <std::integral Count>
  void operator()(const Field& f, std::vector<Count>& x) {
    std::vector<double> numbers(x.begin(), x.end());
    exchange(counting<Count>(f), numbers);
    x.assign(numbers.begin(), numbers.end());
  }
  template <Named Enum>
  void operator()(const Field& f, Enum& x) {
    choice(f, x, {kNames<Enum>.begin(), kNames<Enum>.end()});
  }
  /// Of an enumeration that counts from 0, with names given here.
  template <class Enum>
  void choice(const Field& f, Enum& x, const std::vector<std::string>& names) {
    x = static_cast<Enum>(chosen(f, static_cast<std::size_t>(x), names));
  }
  /// A choice between two words.
  void words(const Field& f, bool& x, const char* if_true, const char* if_false);
  /// A number that may be missing, which `none` stands for.
  void number_or(const Field& f, std::optional<double>& x, double none);

  /// Whether options that mean something only under a condition are visited: listings show all of them.
  virtual bool when(bool condition) { return condition; }
  /// Says of an option that it would be ignored here, and why: "method 'ppo': it learns in batches".
  virtual void without(std::string_view name, const std::string& why);

 protected:
  virtual void visit(const Field& f, FieldValue& value) = 0;

 private:
  template <class T>
  void exchange(const Field& f, T& x) {
    FieldValue value = x;
    take(f, value);
    x = std::get<T>(std::move(value));
  }
  template <class Count>
  static Field counting(Field f) {
    using Limits = std::numeric_limits<Count>;
    f.bounds.whole = true;
    f.bounds.low = std::max(f.bounds.low, static_cast<double>(Limits::min()));
    f.bounds.high = std::min(f.bounds.high, std::min(static_cast<double>(Limits::max()), kLargestWhole));
    return f;
  }
  void take(const Field& f, FieldValue& value);
  std::size_t chosen(Field f, std::size_t now, const std::vector<std::string>& names);
};

template <class X>
concept HasFields = requires(FieldVisitor& v, X& x) {
  fields(v, x);
};

/// Values by name.
class FieldValues {
 public:
  template <class T>
  FieldValues& set(std::string name, T value) {
    if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) {
      values_[std::move(name)] = static_cast<double>(value);
    } else {
      values_[std::move(name)] = std::move(value);
    }
    return *this;
  }
  const std::map<std::string, FieldValue, std::less<>>& all() const { return values_; }
  const FieldValue* find(std::string_view name) const;  ///< null if there is none
  // Of values that are there and of this type.
  double number(std::string_view name) const;
  std::uint64_t count(std::string_view name) const;
  const std::string& text(std::string_view name) const;

 private:
  std::map<std::string, FieldValue, std::less<>> values_;
};

/// An option with its default.
struct FieldInfo : Field {
  FieldValue default_value;
};

/// "0.97", "\"tanh\"", "[4, 120, 3]", "not given" of a matrix.
std::string text_of(const FieldValue& value);
/// "number", "whole number", "text", "list of numbers" …
std::string_view type_of(const FieldInfo& field);

namespace detail {

class Lister final : public FieldVisitor {
 public:
  std::vector<FieldInfo> list;
  bool when(bool condition) override { return everything || condition; }
  bool everything = false;

 protected:
  void visit(const Field& f, FieldValue& value) override { list.push_back({f, value}); }
};

class Filler final : public FieldVisitor {
 public:
  /// `strict`: a value of another type is an error, not passed over.
  Filler(const FieldValues& given, bool strict) : given_(given), strict_(strict) {}
  /// FieldError for a given name that was not asked for.
  void finish() const;

 protected:
  void visit(const Field& f, FieldValue& value) override;

 private:
  const FieldValues& given_;
  bool strict_;
  std::vector<std::string> known_;
};

}  // namespace detail

/// The options of `x`, with its values as defaults. FieldError if one of them is out of bounds.
template <HasFields X>
std::vector<FieldInfo> list_fields(X x) {
  detail::Lister lister;
  fields(lister, x);
  return std::move(lister.list);
}
/// The same with options that have no meaning as long as others stay at their defaults.
template <HasFields X>
std::vector<FieldInfo> list_all_fields(X x) {
  detail::Lister lister;
  lister.everything = true;
  fields(lister, x);
  return std::move(lister.list);
}

/// FieldError if a value of `x` is out of bounds or does not go with another.
template <HasFields X>
void check_fields(X x) {
  list_fields(std::move(x));
}

template <HasFields X>
FieldValues values_of(const X& x) {
  FieldValues values;
  for (FieldInfo& f : list_fields(x)) values.set(std::move(f.name), std::move(f.default_value));
  return values;
}

/// Takes over what is given. FieldError for an unknown name, with the nearest known one, another type, and
/// what is out of bounds.
template <HasFields X>
void fill(X& x, const FieldValues& given) {
  detail::Filler filler(given, true);
  fields(filler, x);
  filler.finish();
}

/// Takes over what `x` has options of the same name and type for.
template <HasFields X>
void fill_where_known(X& x, const FieldValues& given) {
  detail::Filler filler(given, false);
  fields(filler, x);
}

}  // namespace apical
