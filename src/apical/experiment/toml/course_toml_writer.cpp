// SPDX-License-Identifier: Apache-2.0
// Writing courses, with the fields of course_fields.h.
#include <fmt/format.h>

#include <cmath>

#include "apical/experiment/toml/course_fields.h"
#include "apical/experiment/toml/course_toml.h"
#include "apical/experiment/toml/toml_text.h"

namespace apical {
namespace {

using namespace course;

/// The shortest number that reads back as `si` when it is divided by `per_si`.
std::string scaled(double si, double per_si) {
  constexpr double kDigits = 1e6;
  const double rounded = std::round(si * per_si * kDigits) / kDigits;
  if (rounded / per_si == si) return toml_number(rounded);
  double near = si * per_si;
  for (int i = 0; i < 4 && near / per_si != si; ++i)
    near = std::nextafter(near, near / per_si < si ? INFINITY : -INFINITY);
  return toml_number(near);
}

template <class T>
std::vector<std::string> lines_of(const T& object);

template <class T>
struct Writing {
  const T& object;
  const T standard = {};
  std::vector<std::string> lines = {};

  bool when(bool condition) const { return condition; }
  void operator()(const Field& f, double T::*member, double per_si) {
    if (object.*member != standard.*member)
      lines.push_back(fmt::format("{} = {}", f.name, scaled(object.*member, per_si)));
  }
  void operator()(const Field& f, FieldValues T::*member) {
    if (!(object.*member).all().empty())
      lines.push_back(fmt::format("{} = {}", f.name, value(object.*member)));
  }
  template <class Member>
  void operator()(const Field& f, Member T::*member) {
    if (object.*member != standard.*member)
      lines.push_back(fmt::format("{} = {}", f.name, value(object.*member)));
  }

 private:
  static std::string value(double x) { return toml_number(x); }
  static std::string value(bool x) { return x ? "true" : "false"; }
  static std::string value(std::size_t x) { return fmt::format("{}", x); }
  static std::string value(const std::string& x) { return toml_quoted(x); }
  template <Named Enum>
  static std::string value(Enum x) {
    return toml_quoted(name_of(x));
  }
  /// Of a task that gives held inputs: flags, numbers, texts and lists of them.
  static std::string value(const FieldValues& x) {
    std::string out;
    for (const auto& [name, v] : x.all()) {
      const auto* number = std::get_if<double>(&v);
      const auto* text = std::get_if<std::string>(&v);
      out += fmt::format("{}{} = {}", out.empty() ? "" : ", ", name,
                         number != nullptr ? toml_number(*number)
                         : text != nullptr ? value(*text)
                                           : text_of(v));
    }
    return "{" + out + "}";
  }
  static std::string value(const Series& x) {
    return toml_quoted(fmt::format("{} of {}", name_of(x.kind), x.population));
  }
  template <class Part>
  requires requires(int& v, const Part& p) { course::fields(v, p); }
  static std::string value(const Part& x) { return fmt::format("{{{}}}", fmt::join(lines_of(x), ", ")); }
  template <class Item>
  static std::string value(const std::vector<Item>& list) {
    std::string out;
    for (const auto& item : list) out += (out.empty() ? "" : ", ") + value(item);
    return "[" + out + "]";
  }
};

template <class T>
std::vector<std::string> lines_of(const T& object) {
  Writing<T> writing{object};
  course::fields(writing, object);
  return writing.lines;
}

template <class T>
std::string table(const char* header, const T& object) {
  return fmt::format("\n{}\n{}\n", header, fmt::join(lines_of(object), "\n"));
}

}  // namespace

std::string course_toml(const Course& c) {
  if (c.protocol)
    throw ConfigError(
        "this course is a protocol of its own, done to one synapse; it cannot be written as text");
  std::string out = fmt::format("[course]\nactivity_bin_ms = {}\n", scaled(c.activity_bin_s, kMillisecond));
  if (c.samples) out += table("[samples]", *c.samples);
  if (c.teacher) out += table("[teacher]", *c.teacher);
  for (const Stimulus& s : c.stimuli) out += table("[[stimulus]]", s);
  for (const Stage& s : c.stages) {
    out += table("[[stage]]", s);
    for (const Phase& p : s.phases) out += table("[[stage.phase]]", p);
    for (const Measure& m : s.measures) out += table("[[stage.measure]]", m);
    for (const Correlation& r : s.correlations) out += table("[[stage.correlation]]", r);
  }
  return out;
}

}  // namespace apical
