// SPDX-License-Identifier: Apache-2.0
#include "apical/run/joined_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "apical/run/run_books.h"
#include "apical/run/seals.h"

namespace apical {
namespace {

/// "learner/engine/network3/step" is 'step' of unit 3 with what stands before and after the number.
struct UnitField {
  std::string before, after;
  std::size_t unit = 0;
};

std::optional<UnitField> unit_field(std::string_view name) {
  for (const std::string_view kind : {"network", "replica."}) {
    for (std::size_t at = name.find(kind); at != std::string_view::npos; at = name.find(kind, at + 1)) {
      if (at > 0 && name[at - 1] != '/') continue;
      const std::size_t digits = at + kind.size();
      UnitField out;
      const auto [end, error] = std::from_chars(name.data() + digits, name.data() + name.size(), out.unit);
      if (error != std::errc{} || end == name.data() + name.size() || *end != '/') continue;
      out.before = name.substr(0, digits);
      out.after = std::string(end, name.data() + name.size());
      return out;
    }
  }
  return {};
}

bool same(const io::StateField& a, const io::StateField& b) {
  return a.name == b.name && a.kind == b.kind && a.element == b.element && a.shape == b.shape &&
         std::ranges::equal(a.payload, b.payload);
}

/// Puts states of one class together.
class Joiner {
 public:
  Joiner(std::string section, const std::map<std::string, io::Bytes>& of_all)
      : section_(std::move(section)), of_all_(of_all) {}

  io::Bytes join(const std::vector<std::vector<io::StateField>>& parts) {
    std::vector<std::size_t> next(parts.size(), 0);
    while (next.front() < parts.front().size()) {
      if (unit_field(parts.front()[next.front()].name)) {
        join_units(parts, next);
      } else {
        join_common(parts, next);
      }
    }
    for (std::size_t p = 0; p < parts.size(); ++p) {
      if (next[p] != parts[p].size()) refuse(parts[p][next[p]].name);
    }
    return std::move(writer_).take();
  }

 private:
  /// All units that stand here, of one part after another.
  void join_units(const std::vector<std::vector<io::StateField>>& parts, std::vector<std::size_t>& next) {
    std::size_t before = 0;
    for (std::size_t p = 0; p < parts.size(); ++p) {
      std::size_t units = 0;
      for (; next[p] < parts[p].size(); ++next[p]) {
        const std::optional<UnitField> u = unit_field(parts[p][next[p]].name);
        if (!u) break;
        units = std::max(units, u->unit + 1);
        io::StateField field = parts[p][next[p]];
        const std::string name = fmt::format("{}{}{}", u->before, before + u->unit, u->after);
        field.name = name;
        writer_.field(field);
      }
      before += units;
    }
  }

  void join_common(const std::vector<std::vector<io::StateField>>& parts, std::vector<std::size_t>& next) {
    const io::StateField first = parts.front()[next.front()];
    bool alike = true;
    io::Bytes all;
    for (std::size_t p = 0; p < parts.size(); ++p) {
      if (next[p] >= parts[p].size() || parts[p][next[p]].name != first.name) refuse(first.name);
      const io::StateField& field = parts[p][next[p]++];
      if (field.kind != first.kind || field.element != first.element) refuse(first.name);
      alike = alike && same(field, first);
      all.insert(all.end(), field.payload.begin(), field.payload.end());
    }
    io::StateField joined = first;
    const auto given = std::find_if(of_all_.begin(), of_all_.end(),
                                    [&](const auto& entry) { return first.name == entry.first; });
    if (given != of_all_.end()) {
      if (given->second.size() != first.payload.size()) refuse(first.name);
      joined.payload = given->second;
    } else if (first.kind == io::FieldKind::vector) {
      joined.payload = all;
    } else if (!alike) {
      refuse(first.name);
    }
    writer_.field(joined);
  }

  [[noreturn]] void refuse(std::string_view field) const {
    throw DataError(
        fmt::format("the states of parts do not go together: '{}' of section '{}' differs", field, section_));
  }

  std::string section_;
  const std::map<std::string, io::Bytes>& of_all_;
  io::StateWriter writer_;
};

/// Seconds that parts took are those that a run of all would have taken on one machine.
io::Bytes added_up(const std::vector<std::vector<io::StateField>>& parts) {
  io::StateWriter out;
  for (std::size_t i = 0; i < parts.front().size(); ++i) {
    io::StateField field = parts.front()[i];
    double sum = 0;
    const bool seconds = field.kind == io::FieldKind::scalar && field.element == io::Element::f64;
    for (const auto& part : parts) {
      if (!seconds || i >= part.size() || part[i].payload.size() != sizeof sum) continue;
      double value = 0;
      std::memcpy(&value, part[i].payload.data(), sizeof value);
      sum += value;
    }
    if (seconds) field.payload = std::as_bytes(std::span(&sum, 1));
    out.field(field);
  }
  return std::move(out).take();
}

}  // namespace

std::vector<io::CheckpointSection> joined_state(std::span<const io::Checkpoint> parts,
                                                const std::map<std::string, io::Bytes>& of_all) {
  std::vector<std::string> names;  // in the order of one run: common ones stand before those of seeds
  for (const io::Checkpoint& part : parts) {
    for (const io::CheckpointSection& s : part.sections) {
      // Books and seals are of the files of one run.
      if (s.name != RunBooks::kSection && s.name != kSealSection &&
          std::find(names.begin(), names.end(), s.name) == names.end())
        names.push_back(s.name);
    }
  }
  std::vector<io::CheckpointSection> out;
  for (const std::string& name : names) {
    std::vector<const io::Bytes*> states;
    for (const io::Checkpoint& part : parts) {
      for (const io::CheckpointSection& s : part.sections) {
        if (s.name == name) states.push_back(&s.state);
      }
    }
    if (states.size() != 1 && states.size() != parts.size())
      throw DataError(fmt::format("the states of parts do not go together: not all have section '{}'", name));
    if (states.size() == 1) {
      out.push_back({name, *states.front()});
      continue;
    }
    std::vector<std::vector<io::StateField>> fields;
    fields.reserve(states.size());
    for (const io::Bytes* state : states) fields.push_back(io::StateReader(*state, name).fields());
    out.push_back({name, name.starts_with("clock") ? added_up(fields) : Joiner(name, of_all).join(fields)});
  }
  return out;
}

}  // namespace apical
