// SPDX-License-Identifier: Apache-2.0
#include "apical/run/run_row.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apical/analysis/metrics.h"
#include "apical/experiment/toml/toml_text.h"
#include "apical/experiment/toml/toml_tree.h"
#include "apical/io/directory.h"
#include "apical/io/file_stamp.h"
#include "apical/io/journal.h"
#include "apical/io/json.h"
#include "apical/io/run_lock.h"
#include "apical/run/fault_record.h"
#include "apical/run/seals.h"
#include "apical/run/summary.h"

namespace apical {
namespace {

using Values = std::map<std::string, RunValue, std::less<>>;

/// Items of longer lists, such as tables of weights, are not keys that anybody asks for.
constexpr std::size_t kMostItems = 32;

std::string text_of(const TomlValue& value);

struct ValueText {
  std::string operator()(bool v) const { return v ? "true" : "false"; }
  std::string operator()(std::int64_t v) const { return toml_number(static_cast<double>(v)); }
  std::string operator()(double v) const { return toml_number(v); }
  std::string operator()(const std::string& v) const { return v; }
  std::string operator()(const TomlList& list) const {
    if (list.size() > kMostItems) return fmt::format("[{} values]", list.size());
    std::string out;
    for (const TomlValue& item : list) out += (out.empty() ? "" : ", ") + text_of(item);
    return "[" + out + "]";
  }
  template <class Other>
  std::string operator()(const Other&) const {
    return "…";
  }
};

std::string text_of(const TomlValue& value) { return std::visit(ValueText{}, value.data); }

void add_value(const std::string& path, const TomlValue& value, Values& out);

void add_table(const std::string& path, const TomlTable& table, Values& out) {
  for (const TomlEntry& e : table.entries) add_value(path.empty() ? e.key : path + "." + e.key, e.value, out);
}

void add_value(const std::string& path, const TomlValue& value, Values& out) {
  if (const auto* table = value.as<TomlTable>()) return add_table(path, *table, out);
  // One number for all areas is written out as a list of one.
  if (const auto* alone = value.as<TomlList>(); alone != nullptr && alone->size() == 1)
    return add_value(path, alone->front(), out);
  if (const auto* whole = value.as<std::int64_t>()) {
    out[path] = static_cast<double>(*whole);
  } else if (const auto* number = value.as<double>(); number != nullptr && std::isfinite(*number)) {
    out[path] = *number;
  } else {
    out[path] = text_of(value);
  }
  const auto* list = value.as<TomlList>();
  if (list == nullptr || list->size() > kMostItems) return;
  for (std::size_t i = 0; i < list->size(); ++i)
    add_value(fmt::format("{}.{}", path, i + 1), (*list)[i], out);
}

/// A member of a JSON object, if it is a number or a text that says something.
void add_member(const nlohmann::json& object, const char* member, const std::string& key, Values& out) {
  const auto at = object.find(member);
  if (at == object.end()) return;
  if (at->is_number()) out.insert_or_assign(key, at->get<double>());
  if (at->is_string() && !at->get<std::string>().empty()) out.insert_or_assign(key, at->get<std::string>());
}

void add_manifest(const nlohmann::json& m, Values& out) {
  for (const char* member : {"label", "title", "model", "task", "created"})
    add_member(m, member, member, out);
  if (const auto apical = m.find("apical"); apical != m.end() && apical->is_object()) {
    for (const char* member : {"version", "revision", "numerics"}) add_member(*apical, member, member, out);
  }
  if (m.contains("seeds")) out["seeds"] = static_cast<double>(m.at("seeds").size());
}

/// Measures come in order of epochs: what is added last stays.
void add_summary(const nlohmann::json& s, Values& out) {
  for (const char* member : {"wall_seconds", "seconds_per_epoch", "samples_to_95_percent"})
    add_member(s, member, member, out);
  for (const nlohmann::json& m : s.at("measures")) {
    const std::string key = m.at("where").get<std::string>() + "." + m.at("metric").get<std::string>();
    const bool by_median =
        metric_of(m.at("metric").get<std::string>()).over_seeds == OverSeeds::median || !m.contains("mean");
    add_member(m, by_median ? "median" : "mean", key, out);
    if (by_median) continue;
    for (const char* end : {"low95", "high95"}) add_member(m, end, key + "." + end, out);
  }
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

/// Where it was no longer finite, from the last line that says so.
std::string fault_text(const io::Path& run) {
  const io::Path events = run / "events.ndjson";
  if (!io::plain_file_exists(events)) return {};
  const io::Ndjson lines = io::read_ndjson(events);
  const auto at = std::find_if(lines.lines.rbegin(), lines.lines.rend(), [](const nlohmann::json& line) {
    return line.value("event", "") == "numerical_fault";
  });
  if (at == lines.lines.rend()) return {};
  return fmt::format("{} of '{}' was not finite in unit {}, seed {}, step {}",
                     at->at("quantity").get<std::string>(), at->at("population").get<std::string>(),
                     at->at("unit").get<std::int64_t>(), at->at("seed").get<std::uint64_t>(),
                     at->at("step").get<std::int64_t>());
}

/// Nothing is told of files that `apical verify` would refuse.
nlohmann::json intact_manifest(const io::Path& run, RunState state) {
  if (state == RunState::finished) require_intact(run);
  return read_sealed(run / "manifest.json");
}

/// What is wrong, if `f` throws for it.
template <class F>
std::string wrong_with(F&& f) {
  try {
    f();
    return {};
  } catch (const Error& e) {
    return first_line(e.what());
  } catch (const nlohmann::json::exception& e) {
    return first_line(fmt::format("a JSON file has other contents than Apical writes ({})", e.what()));
  }
}

/// What is told while a run goes on takes its measurements to be read, which not everybody wants to know.
enum class SoFar { told, left_out };

void read(const io::Path& run, RunRow& row, SoFar so_far) {
  const nlohmann::json manifest = intact_manifest(run, row.state);
  add_table("", parse_toml(io::read_text(run / "experiment.toml"), "experiment.toml"), row.values);
  add_manifest(manifest, row.values);
  if (row.state == RunState::faulted) row.remark = fault_text(run);
  if (row.state == RunState::finished) {
    add_summary(read_sealed(run / "summary.json"), row.values);
  } else if (so_far == SoFar::told && io::file_exists(run / "metrics.ndjson") &&
             io::file_exists(run / "events.ndjson")) {
    nlohmann::json measured = apical::summary_of(run, 0);
    measured.erase("wall_seconds");
    add_summary(measured, row.values);
  }
}

/// Changes with the files that `read` reads, or compares with what was sealed.
std::string stamp_of_read(const io::Path& run, RunState state, SoFar so_far) {
  std::string out(name_of(state));
  const auto add = [&](const char* file) { out += " " + io::stamp_of(run / file); };
  for (const char* file : {"manifest.json", "experiment.toml", "summary.json"}) add(file);
  const bool is_over = state == RunState::finished || state == RunState::faulted;
  if (is_over || so_far == SoFar::told) add("metrics.ndjson");
  if (is_over) {
    for (const char* file : {"events.ndjson", "circuit.toml", "diagnosis.json"}) add(file);
  }
  return out;
}

}  // namespace

bool is_run(const io::Path& directory) {
  return io::plain_file_exists(directory / "manifest.json") ||
         io::plain_file_exists(directory / "metrics.ndjson");
}

RunState state_of(const io::Path& run, std::string& remark) {
  if (io::file_exists(run / "summary.json")) return RunState::finished;
  try {
    if (const auto holder = io::lock_holder(run); holder && io::may_be_alive(*holder)) {
      remark = fmt::format("process {} on {} since {}", holder->pid, holder->host, holder->since);
      return RunState::running;
    }
  } catch (const Error& e) {
    remark = first_line(e.what());
  }
  return io::file_exists(fault_state_file(run)) ? RunState::faulted : RunState::stopped;
}

RunState CheckedState::look(std::string& remark) {
  remark.clear();
  const RunState state = state_of(run_, remark);
  if (std::string stamp = stamp_of_read(run_, state, SoFar::left_out); stamp != stamp_) {
    RunRow row{state};
    wrong_ = wrong_with([&] { read(run_, row, SoFar::left_out); });
    fault_ = std::move(row.remark);
    stamp_ = std::move(stamp);
  }
  if (!wrong_.empty()) {
    remark = wrong_;
    return RunState::broken;
  }
  if (!fault_.empty()) remark = fault_;
  return state;
}

std::string stamp_of_run(const io::Path& run) {
  std::string remark;
  const RunState state = state_of(run, remark);
  return stamp_of_read(run, state, SoFar::told) + " " + remark;
}

RunRow row_of(const io::Path& run) {
  RunRow row;
  row.state = state_of(run, row.remark);
  if (std::string wrong = wrong_with([&] { read(run, row, SoFar::told); }); !wrong.empty()) {
    row.state = RunState::broken;
    row.remark = std::move(wrong);
  }
  row.values.insert_or_assign("state", std::string(name_of(row.state)));
  if (!row.remark.empty()) row.values.insert_or_assign("remark", row.remark);
  return row;
}

}  // namespace apical
