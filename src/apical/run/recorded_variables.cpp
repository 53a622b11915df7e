// SPDX-License-Identifier: Apache-2.0
#include "apical/run/recorded_variables.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <span>

#include "apical/io/hdf5.h"
#include "apical/run/seed_group.h"

namespace apical {
namespace {

struct Reading {
  const io::hdf5::File& file;
  std::uint64_t seed;
  std::size_t units;
  std::uint64_t rows;
};

constexpr std::string_view kStepsOf = "_steps";  // of an irregular variable (io/recording.h)

std::int64_t whole_attribute(const io::hdf5::File& file, const std::string& path, const std::string& name) {
  return std::get<std::int64_t>(file.attribute(path, name));
}

template <class T>
void read_rows(const io::hdf5::Dataset& d, RecordedTrace& t) {
  std::vector<T> row(t.width);
  for (std::uint64_t i = 0; i < t.rows; i += t.every) {
    d.read_rows(i, std::as_writable_bytes(std::span(row)));
    for (std::size_t u = 0; u < t.units.size(); ++u) t.units[u].push_back(static_cast<double>(row[u]));
    t.mean.push_back(std::accumulate(row.begin(), row.end(), 0.0) / static_cast<double>(row.size()));
  }
}

void add_variable(const Reading& r, const std::string& path, const std::string& name,
                  std::vector<RecordedTrace>& out) {
  const io::hdf5::Dataset d = r.file.dataset(path);
  if (d.rows() == 0) return;
  RecordedTrace t;
  t.name = name;
  t.seed = r.seed;
  t.rows = d.rows();
  t.width = d.dims().size() > 1 ? d.dims()[1] : 1;
  t.every = (t.rows + r.rows - 1) / r.rows;
  t.units.resize(std::min<std::size_t>(t.width, r.units));
  t.unit = std::get<std::string>(r.file.attribute(path, "units"));
  const bool irregular = r.file.contains(path + std::string(kStepsOf));
  const std::vector<std::int64_t> steps =
      irregular ? r.file.dataset(path + std::string(kStepsOf)).read<std::int64_t>()
                : std::vector<std::int64_t>{};
  const std::int64_t first = whole_attribute(r.file, path, "first_step"),
                     stride = whole_attribute(r.file, path, "stride");
  const double dt_ms = std::get<double>(r.file.attribute(path, "dt_ms"));
  t.x_label = dt_ms > 0 ? "time (ms)" : "batch";
  for (std::uint64_t i = 0; i < t.rows; i += t.every) {
    const std::int64_t step = irregular ? steps.at(i) : first + static_cast<std::int64_t>(i) * stride;
    t.x.push_back(static_cast<double>(step) * (dt_ms > 0 ? dt_ms : 1));
  }
  if (d.element() == io::Element::f32)
    read_rows<float>(d, t);
  else
    read_rows<double>(d, t);
  out.push_back(std::move(t));
}

void add_group(const Reading& r, const std::string& group, const std::string& below,
               std::vector<RecordedTrace>& out) {
  for (const std::string& child : r.file.names(group)) {
    const std::string path = fmt::format("{}/{}", group, child),
                      name = below.empty() ? child : fmt::format("{}/{}", below, child);
    if (r.file.is_group(path))
      add_group(r, path, name, out);
    else if (!name.ends_with(kStepsOf))
      add_variable(r, path, name, out);
  }
}

}  // namespace

std::vector<RecordedTrace> read_recordings(const io::Path& results, std::size_t units, std::uint64_t rows) {
  const io::hdf5::File file = io::hdf5::File::open(results);
  std::vector<RecordedTrace> out;
  std::optional<std::uint64_t> first;
  for (const std::string& group : file.names()) {
    if (const auto seed = seed_of_group(group)) first = std::min(first.value_or(*seed), *seed);
  }
  if (first) add_group({file, *first, units, rows}, seed_group(*first), "", out);
  return out;
}

}  // namespace apical
