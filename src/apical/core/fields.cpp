// SPDX-License-Identifier: Apache-2.0
#include "apical/core/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace apical {
namespace {

/// 5000000 rather than 5e+06.
std::string shown(double x) {
  return x == std::floor(x) && std::abs(x) < 1e15 ? fmt::format("{:.0f}", x) : fmt::format("{}", x);
}

std::string shown(const FieldValue& value) {
  if (const auto* number = std::get_if<double>(&value)) return shown(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return fmt::format("'{}'", *text);
  return text_of(value);
}

/// What is written out in a list of one kind.
std::string kind_of(const FieldValue& value) {
  constexpr const char* kKinds[] = {"true or false",     "a number",        "a text",
                                    "a list of numbers", "a list of texts", "a list of numbers and texts",
                                    "a table of numbers"};
  return kKinds[value.index()];
}

std::string help_of(const Field& f) {
  return f.meaning.empty()
             ? ""
             : fmt::format("{}: {}{}", f.name, f.meaning, f.unit.empty() ? "" : ", in " + f.unit);
}

void check_number(const Field& f, double x, const char* verb) {
  if (f.bounds.contain(x)) return;
  throw FieldError(f.name.c_str(), fmt::format("{} {}; expected {}", verb, shown(x), f.bounds.text(x)),
                   help_of(f));
}

void check_text(const Field& f, const std::string& x, const char* verb) {
  if (f.choices.empty() || std::find(f.choices.begin(), f.choices.end(), x) != f.choices.end()) return;
  throw FieldError(f.name.c_str(), fmt::format("{} '{}'; expected {}", verb, x, join_names(f.choices, "or")),
                   nearest_name(x, f.choices).empty() ? help_of(f) : suggestion(x, f.choices));
}

/// A list that may mix numbers and texts, where it has numbers only; else the value as it is.
FieldValue plain(const FieldValue& value) {
  const auto* entries = std::get_if<Entries>(&value);
  if (entries == nullptr) return value;
  std::vector<double> numbers;
  for (const auto& entry : *entries) {
    if (!std::holds_alternative<double>(entry)) return value;
    numbers.push_back(std::get<double>(entry));
  }
  return numbers;
}

/// `value` as the kind of value that `like` is, if it can be taken for one: a number for a list of one, a
/// list of numbers for entries, and back.
std::optional<FieldValue> converted(const FieldValue& value, const FieldValue& like) {
  if (value.index() == like.index()) return value;
  const FieldValue v = plain(value);
  if (v.index() == like.index()) return v;
  if (const auto* numbers = std::get_if<std::vector<double>>(&v);
      numbers && std::holds_alternative<Entries>(like))
    return Entries(numbers->begin(), numbers->end());
  if (const auto* number = std::get_if<double>(&v);
      number && std::holds_alternative<std::vector<double>>(like))
    return std::vector<double>{*number};
  if (const auto* text = std::get_if<std::string>(&v);
      text && std::holds_alternative<std::vector<std::string>>(like))
    return std::vector<std::string>{*text};
  return {};
}

}  // namespace

bool Bounds::contain(double x) const {
  return (above ? x > low : x >= low) && (below ? x < high : x <= high) && !(whole && x != std::floor(x));
}

std::string Bounds::text(double beyond) const {
  constexpr double kFar = 2e9;
  const bool from = low > -kFar || beyond < low, to = high < kFar || beyond > high;
  if (whole) {
    if (from && to) return fmt::format("a whole number from {} to {}", shown(low), shown(high));
    if (from) return fmt::format("a whole number of {} or more", shown(low));
    if (to) return fmt::format("a whole number of at most {}", shown(high));
    return "a whole number";
  }
  if (from && to && !above && !below) return fmt::format("a number from {} to {}", shown(low), shown(high));
  std::string out;
  if (from) out = above ? fmt::format("more than {}", shown(low)) : fmt::format("{} or more", shown(low));
  if (from && to && !above) out = fmt::format("at least {}", shown(low));
  if (from && to) out += " and ";
  if (to) out += fmt::format("{} {}", below ? "less than" : "at most", shown(high));
  return out;
}

void check(const Field& f, const FieldValue& value) {
  struct Checker {
    const Field& f;
    void operator()(double x) const { check_number(f, x, "is"); }
    void operator()(const std::string& x) const { check_text(f, x, "is"); }
    void operator()(const std::vector<double>& list) const {
      for (const double x : list) check_number(f, x, "holds");
    }
    void operator()(const std::vector<std::string>& list) const {
      for (const std::string& x : list) check_text(f, x, "holds");
    }
    void operator()(const Matrix<double>& m) const {
      for (const double x : m.flat()) check_number(f, x, "holds");
    }
    void operator()(bool) const {}
    void operator()(const Entries&) const {}
  };
  std::visit(Checker{f}, value);
}

void FieldVisitor::take(const Field& f, FieldValue& value) {
  const std::size_t type = value.index();
  visit(f, value);
  APICAL_CHECK(value.index() == type);
  check(f, value);
}

std::size_t FieldVisitor::chosen(Field f, std::size_t now, const std::vector<std::string>& names) {
  std::string word = names.at(now);
  f.choices = names;
  exchange(f, word);
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), word) - names.begin());
}

void FieldVisitor::operator()(const Field& f, ActivationKind& x) {
  Field among = f;
  among.choices = activation_names();
  std::string name(name_of(x));
  exchange(among, name);
  x = activation_named(name);
}

void FieldVisitor::operator()(const Field& f, std::optional<Matrix<double>>& x) {
  Matrix<double> m = x.value_or(Matrix<double>{});
  exchange(f, m);
  if (m.size() > 0) {
    x = std::move(m);
  } else {
    x.reset();
  }
}

void FieldVisitor::words(const Field& f, bool& x, const char* if_true, const char* if_false) {
  x = chosen(f, x ? 0 : 1, {if_true, if_false}) == 0;
}

void FieldVisitor::number_or(const Field& f, std::optional<double>& x, double none) {
  double number = x.value_or(none);
  exchange(f, number);
  x = number == none ? std::optional<double>{} : number;
}

void FieldVisitor::without(std::string_view, const std::string&) {}

const FieldValue* FieldValues::find(std::string_view name) const {
  const auto at = values_.find(name);
  return at == values_.end() ? nullptr : &at->second;
}

namespace {
template <class T>
const T& held(const FieldValues& values, std::string_view name) {
  const FieldValue* v = values.find(name);
  APICAL_CHECK(v != nullptr && std::holds_alternative<T>(*v));
  return std::get<T>(*v);
}
}  // namespace

double FieldValues::number(std::string_view name) const { return held<double>(*this, name); }
std::uint64_t FieldValues::count(std::string_view name) const {
  return static_cast<std::uint64_t>(number(name));
}
const std::string& FieldValues::text(std::string_view name) const { return held<std::string>(*this, name); }

std::string text_of(const FieldValue& value) {
  struct Printer {
    std::string operator()(bool b) const { return b ? "true" : "false"; }
    std::string operator()(double d) const { return fmt::format("{}", d); }
    std::string operator()(const std::string& s) const { return fmt::format("\"{}\"", s); }
    std::string operator()(const std::vector<double>& list) const {
      return fmt::format("[{}]", fmt::join(list, ", "));
    }
    std::string operator()(const std::vector<std::string>& list) const {
      return fmt::format("[{}]", fmt::join(list, ", "));
    }
    std::string operator()(const Entries& list) const {
      return list.empty() ? "[]" : fmt::format("{} entries", list.size());
    }
    std::string operator()(const Matrix<double>& m) const {
      return m.size() == 0 ? "not given" : fmt::format("{} x {} numbers", m.rows(), m.cols());
    }
  };
  return std::visit(Printer{}, value);
}

std::string_view type_of(const FieldInfo& f) {
  const bool whole = f.bounds.whole;
  constexpr std::string_view kTypes[] = {"true or false",   "number",        "text",
                                         "list of numbers", "list of texts", "list of numbers and texts",
                                         "table of numbers"};
  if (whole && std::holds_alternative<double>(f.default_value)) return "whole number";
  if (whole && std::holds_alternative<std::vector<double>>(f.default_value)) return "list of whole numbers";
  return kTypes[f.default_value.index()];
}

namespace detail {

void Filler::visit(const Field& f, FieldValue& value) {
  known_.push_back(f.name);
  const FieldValue* given = given_.find(f.name);
  if (given == nullptr) return;
  if (std::optional<FieldValue> fit = converted(*given, value)) {
    value = std::move(*fit);
  } else if (strict_) {
    throw FieldError(f.name.c_str(), fmt::format("is {}; expected {} such as {}", shown(*given),
                                                 kind_of(value), shown(value)));
  }
}

void Filler::finish() const {
  for (const auto& [name, value] : given_.all()) {
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    throw FieldError::about({name}, fmt::format("there is no option '{}'", name), suggestion(name, known_));
  }
}

}  // namespace detail
}  // namespace apical
