// SPDX-License-Identifier: Apache-2.0
#include "apical/models/area_fields.h"

#include <fmt/format.h>

#include <algorithm>

namespace apical::models {
namespace {

std::vector<std::string> with_choices(FieldVisitor& v, const char* name, const char* meaning,
                                      std::vector<std::string> now) {
  v({.name = name, .meaning = meaning, .choices = activation_names()}, now);
  return now;
}

/// Entry i of a list that has one entry, or one for each of `n` areas.
template <class T>
const T& entry(const std::vector<T>& list, std::size_t i, std::size_t n, const char* name) {
  if (list.size() != 1 && list.size() != n)
    throw FieldError(name, fmt::format("has {} entries; expected 1 or {}", list.size(), n));
  return list.size() == 1 ? list.front() : list[i];
}

template <class Member>
auto column(const std::vector<AreaActivation>& areas, Member member) {
  std::vector<std::remove_cvref_t<decltype(areas.front().*member)>> out;
  out.reserve(areas.size());
  for (const AreaActivation& a : areas) out.push_back(a.*member);
  return out;
}

}  // namespace

void layer_fields(FieldVisitor& v, std::vector<std::size_t>& layers) {
  v({.name = "layers",
     .unit = "neurons",
     .meaning = "sizes: the input, then each area up to the output",
     .bounds = within(0, 1e8),
     .required = true},
    layers);
}

void activation_fields(FieldVisitor& v, std::vector<AreaActivation>& areas) {
  std::vector<std::string> kinds;
  kinds.reserve(areas.size());
  for (const AreaActivation& a : areas) kinds.emplace_back(name_of(a.kind));
  kinds = with_choices(v, "activation", "activation function, one for all areas or one per area",
                       std::move(kinds));
  std::vector<double> slopes = column(areas, &AreaActivation::slope),
                      offsets = column(areas, &AreaActivation::offset);
  v({"slope", "", "slope of the activation, one for all areas or one per area"}, slopes);
  v({"offset", "", "offset of the activation"}, offsets);
  areas.resize(std::max({kinds.size(), slopes.size(), offsets.size()}));
  for (std::size_t i = 0; i < areas.size(); ++i) {
    areas[i].kind = activation_named(entry(kinds, i, areas.size(), "activation"));
    areas[i].slope = entry(slopes, i, areas.size(), "slope");
    areas[i].offset = entry(offsets, i, areas.size(), "offset");
  }
}

void derivative_fields(FieldVisitor& v, std::vector<AreaActivation>& areas, bool& released_derivative) {
  std::vector<std::string> kinds;
  for (const AreaActivation& a : areas) {
    if (a.derivative_of) kinds.resize(areas.size());
    if (a.derivative_of)
      kinds[static_cast<std::size_t>(&a - areas.data())] = std::string(name_of(*a.derivative_of));
  }
  std::vector<std::string> choices = activation_names();
  choices.emplace_back("");
  v({.name = "derivative_of",
     .meaning = "another function for phi' (released delayed-match task: linear)",
     .choices = std::move(choices)},
    kinds);
  if (areas.size() == 1 && kinds.size() > 1) areas.resize(kinds.size(), AreaActivation(areas.front()));
  for (std::size_t i = 0; i < areas.size(); ++i) {
    const std::string kind = kinds.empty() ? "" : entry(kinds, i, areas.size(), "derivative_of");
    areas[i].derivative_of = kind.empty() ? std::optional<ActivationKind>{} : activation_named(kind);
  }
  v({"released_derivative", "", "phi' ignores slope and offset, as in the authors' program"},
    released_derivative);
}

void feedback_fields(FieldVisitor& v, bool& transposed) {
  v.words({"feedback", "", "feedback weights: the transpose of the forward weights, or fixed random"},
          transposed, "transposed", "random");
}

}  // namespace apical::models
