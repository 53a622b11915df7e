// SPDX-License-Identifier: Apache-2.0
#include "apical/live/progress_of.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "apical/analysis/statistics.h"
#include "apical/experiment/toml/toml_tree.h"
#include "apical/io/directory.h"
#include "apical/io/json.h"

namespace apical::live {
namespace {

std::optional<double> planned_epochs(const io::Path& run) {
  const TomlTable root = parse_toml(io::read_text(run / "experiment.toml"), "experiment.toml");
  const TomlValue* const training = root.get("training");
  const auto* const table = training == nullptr ? nullptr : training->as<TomlTable>();
  const TomlValue* const epochs = table == nullptr ? nullptr : table->get("epochs");
  if (epochs == nullptr) return {};
  if (const auto* whole = epochs->as<std::int64_t>()) return static_cast<double>(*whole);
  if (const auto* number = epochs->as<double>()) return *number;
  return {};
}

/// Whole lines at the end of the file: it is read twice a second, and may be long.
std::vector<nlohmann::json> last_events(const io::Path& run) {
  constexpr std::uint64_t kEnd = 16'384;  // bytes: more than a hundred epochs
  std::vector<nlohmann::json> lines;
  const io::Path path = run / "events.ndjson";
  if (!io::plain_file_exists(path)) return lines;
  const io::File file(path, io::FileSystem::Mode::read);
  const std::uint64_t begin = file.size() > kEnd ? file.size() - kEnd : 0;
  std::string text(kEnd, '\0');
  text.resize(file.read_at(std::as_writable_bytes(std::span(text)), begin));
  std::size_t at = begin == 0 ? 0 : text.find('\n') + 1;
  for (std::size_t end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1)
    lines.push_back(io::parse_json(std::string_view(text).substr(at, end - at), path.string()));
  return lines;
}

/// By the clock of the disk: that of another machine may be wrong, but then so are both ends.
std::optional<double> seconds_since_written(const io::Path& run) {
  std::optional<double> least;
  for (const char* name : {"metrics.ndjson", "events.ndjson", "checkpoints"}) {
    std::error_code gone;
    const auto written = std::filesystem::last_write_time(run / name, gone);
    if (gone) continue;
    const double s =
        std::chrono::duration<double>(std::filesystem::file_time_type::clock::now() - written).count();
    least = std::min(least.value_or(s), s);
  }
  if (least) least = std::max(0.0, *least);
  return least;
}

}  // namespace

Progress progress_of(const io::Path& run) {
  constexpr std::size_t kLast = 9;  // epochs that say how long the next will take
  Progress p;
  p.epochs = planned_epochs(run);
  p.silent_s = seconds_since_written(run);
  std::vector<double> seconds;
  for (const nlohmann::json& line : last_events(run)) {
    if (line.value("event", "") != "epoch") continue;
    p.epochs_done = std::max(p.epochs_done, line.at("epoch").get<double>());
    if (line.contains("seconds")) seconds.push_back(io::number_of(line.at("seconds"), "seconds"));
  }
  if (seconds.size() > kLast) seconds.erase(seconds.begin(), seconds.end() - kLast);
  if (!seconds.empty()) p.seconds_per_epoch = median(seconds);
  if (p.epochs && p.seconds_per_epoch)
    p.seconds_left = std::max(0.0, *p.epochs - p.epochs_done) * *p.seconds_per_epoch;
  return p;
}

std::string duration_text(double seconds) {
  constexpr double kMinute = 60, kHour = 3600;
  const auto whole = [](double x) { return static_cast<long long>(x); };
  if (seconds >= kHour)
    return fmt::format("{} h {:02} min", whole(seconds / kHour), whole(std::fmod(seconds, kHour) / kMinute));
  if (seconds >= kMinute)
    return fmt::format("{} min {:02} s", whole(seconds / kMinute), whole(std::fmod(seconds, kMinute)));
  return fmt::format("{} s", std::lround(seconds));
}

bool is_followed(const Metric& metric, const std::string& where) {
  const auto at = [&](const char* split) {
    return std::find(metric.headline_at.begin(), metric.headline_at.end(), split) != metric.headline_at.end();
  };
  return at(where.c_str()) || (where == "validation" && at("test"));
}

}  // namespace apical::live
