// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/array_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apical/io/csv.h"
#include "apical/io/directory.h"
#include "apical/io/npy_reader.h"
#include "apical/io/safetensors.h"

namespace apical {
namespace {

constexpr std::string_view kMemory = "memory:";

std::string with_part(std::string name, const std::string& part) {
  constexpr std::string_view kPart = "{part}";
  for (auto at = name.find(kPart); at != std::string::npos; at = name.find(kPart, at + part.size()))
    name.replace(at, kPart.size(), part);
  return name;
}

bool is_there(const io::Path& path) { return io::plain_file_exists(path) || io::directory_exists(path); }

}  // namespace

io::Path found_source(const io::Path& path, const io::Path& base, std::string_view expected) {
  if (path.is_relative() && !base.empty() && is_there(base / path)) return base / path;
  if (is_there(path)) return path;
  const bool elsewhere = path.is_relative() && !base.empty();
  std::string near;
  for (const io::Path& root : {elsewhere ? base : io::Path(), io::Path()}) {
    const io::Path whole = root / path;
    const io::Path folder = whole.has_parent_path() ? whole.parent_path() : io::Path(".");
    if (!near.empty() || !io::directory_exists(folder)) continue;
    near = nearest_name(path.filename().string(), io::list_directory(folder));
    if (!near.empty()) near = fmt::format("\n  did you mean {}?", (path.parent_path() / near).string());
  }
  throw DataError(
      fmt::format("there is no {}{}; expected {}{}", path.string(),
                  elsewhere ? fmt::format(" here, nor below {} (--data, APICAL_DATA)", base.string()) : "",
                  expected, near));
}

namespace {

/// What unpacks to more than there is memory for is refused before, not killed for it.
std::uint64_t most_unpacked(const Memory& memory) {
  constexpr double kTerabyte = 1e12;
  return static_cast<std::uint64_t>(std::clamp(memory.bytes, 0.0, kTerabyte));
}

io::Arrays arrays_in(const io::Path& path, const Memory& memory) {
  if (io::directory_exists(path)) {
    io::Arrays arrays;
    for (const std::string& file : io::list_directory(path)) {
      if (io::Path(file).extension() == ".npy") arrays.emplace(io::Path(file).stem().string(), io::Array{});
    }
    return arrays;  // of a folder only what is wanted is read
  }
  const std::string suffix = path.extension().string();
  if (suffix == ".npz") return io::read_npz(path, most_unpacked(memory));
  if (suffix == ".safetensors") return io::read_safetensors(path);
  const bool one = suffix == ".npy";
  throw DataError(fmt::format(
      "{} {}; expected a .npz, .csv or .safetensors file, or a folder{}", path.string(),
      one ? "holds a single array, but samples need inputs and labels or targets" : "is of no known kind",
      one ? fmt::format("\n  name {}, whose .npy files are its arrays",
                        path.has_parent_path() ? path.parent_path().string() : "\".\"")
          : ""));
}

/// "x_train [60000, 784] and y_train [60000]"
std::string listed(const io::Arrays& arrays) {
  if (arrays.empty()) return "no arrays";
  std::vector<std::string> texts;
  for (const auto& [name, a] : arrays)
    texts.push_back(a.element == io::Element::none ? name
                                                   : fmt::format("{} {}", name, io::shape_text(a.shape)));
  return join_names(texts);
}

ArraySplit from_arrays(const io::Path& path, const ArrayNames& names, const Memory& memory) {
  const io::Arrays arrays = arrays_in(path, memory);
  const auto take = [&](const std::string& key, const std::string& name) -> io::Array {
    const auto at = arrays.find(name);
    if (at == arrays.end()) {
      const std::string near = nearest_name(name, io::names_of(arrays));
      throw DataError(fmt::format("{} has no array '{}', which 'task.{}' names; it has {}{}", path.string(),
                                  name, key, listed(arrays),
                                  near.empty() ? "" : fmt::format("\n  did you mean '{}'?", near)));
    }
    return at->second.element == io::Element::none ? io::read_npy(path / (name + ".npy")) : at->second;
  };
  const auto only = [&](const char* key, const std::vector<std::string>& list) {
    if (list.size() == 1) return list.front();
    throw ConfigError(
        fmt::format("'task.{}' names {} arrays of {}; expected one", key, list.size(), path.string()));
  };
  ArraySplit split;
  split.origin = path.string();
  split.inputs = take("inputs", names.inputs.empty() ? "inputs" : only("inputs", names.inputs));
  if (names.targets.empty()) {
    split.labels = take("labels", names.labels);
  } else {
    split.targets = take("targets", only("targets", names.targets));
  }
  return split;
}

class Columns {
 public:
  Columns(const io::CsvTable& table, const std::string& origin) : table_(table), origin_(origin) {}

  std::size_t index(const std::string& key, const std::string& name) const {
    const auto at = std::find(table_.header.begin(), table_.header.end(), name);
    if (at != table_.header.end()) return static_cast<std::size_t>(at - table_.header.begin());
    const bool one = table_.columns() == 1 && table_.header.front().find_first_of(";\t") != std::string::npos;
    throw DataError(
        fmt::format("{} has no column '{}', which 'task.{}' names; {}", origin_, name, key,
                    one ? "its cells are not separated by commas" : suggestion(name, table_.header)));
  }
  /// samples x columns
  io::Array numbers(const std::vector<std::size_t>& columns) const {
    std::vector<double> out(table_.rows() * columns.size());
    for (std::size_t i = 0; i < table_.rows(); ++i) {
      for (std::size_t k = 0; k < columns.size(); ++k) {
        const std::string& cell = table_.cell(i, columns[k]);
        if (io::csv_number(cell, out[i * columns.size() + k])) continue;
        throw DataError(fmt::format("{}:{}: column '{}' {}; expected a finite number", origin_,
                                    table_.lines[i], table_.header[columns[k]],
                                    cell.empty() ? "is empty" : "is '" + cell + "'"));
      }
    }
    return io::array_of({table_.rows(), columns.size()}, std::move(out));
  }
  /// Whole numbers that became "1.0" on their way through a program (pandas does so where one is missing) are
  /// those that they were.
  static std::string label_of(const std::string& cell) {
    constexpr double kMost = 1e15;
    double number = 0;
    const bool pointed = cell.find('.') != std::string::npos && io::csv_number(cell, number);
    return pointed && number == std::floor(number) && std::abs(number) < kMost ? fmt::format("{:.0f}", number)
                                                                               : cell;
  }
  std::vector<std::string> texts(std::size_t column) const {
    std::vector<std::string> out(table_.rows());
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = table_.cell(i, column);
      if (out[i].empty())
        throw DataError(fmt::format("{}:{}: column '{}' is empty; expected a label", origin_, table_.lines[i],
                                    table_.header[column]));
      out[i] = label_of(out[i]);
    }
    return out;
  }

 private:
  const io::CsvTable& table_;
  const std::string& origin_;
};

ArraySplit from_table(const io::Path& path, const ArrayNames& names) {
  const io::CsvTable table = io::read_csv(path);
  ArraySplit split;
  split.origin = path.string();
  split.lines = table.lines;
  const Columns columns(table, split.origin);
  std::vector<std::size_t> answers, inputs;
  if (names.targets.empty()) {
    answers.push_back(columns.index("labels", names.labels));
    split.label_names = columns.texts(answers.front());
  } else {
    for (const std::string& name : names.targets) answers.push_back(columns.index("targets", name));
    split.targets = columns.numbers(answers);
  }
  for (const std::string& name : names.inputs) inputs.push_back(columns.index("inputs", name));
  for (std::size_t k = 0; names.inputs.empty() && k < table.columns(); ++k) {
    if (std::find(answers.begin(), answers.end(), k) == answers.end()) inputs.push_back(k);
  }
  if (inputs.empty())
    throw DataError(fmt::format("{} has no column of inputs beside '{}'", split.origin, names.labels));
  split.inputs = columns.numbers(inputs);
  return split;
}

ArraySplit handed_in(const std::string& name, const Resources& resources) {
  std::vector<std::string> known;
  if (resources.arrays) {
    const auto at = resources.arrays->by_name.find(name);
    if (at != resources.arrays->by_name.end()) {
      ArraySplit split = at->second;
      if (split.origin.empty()) split.origin = fmt::format("{}{}", kMemory, name);
      return split;
    }
    for (const auto& [there, split] : resources.arrays->by_name) known.push_back(there);
  }
  throw DataError(fmt::format(
      "{}{}: no arrays of this name were handed in; {}", kMemory, name,
      known.empty() ? "only a program that has them in memory can do that" : suggestion(name, known)));
}

}  // namespace

ArraySplit read_split(const std::string& source, const std::string& part, const ArrayNames& names,
                      const Resources& resources) {
  if (source.starts_with(kMemory))
    return handed_in(with_part(source.substr(kMemory.size()), part), resources);
  ArrayNames here = names;
  here.labels = with_part(names.labels, part);
  for (std::string& name : here.inputs) name = with_part(name, part);
  for (std::string& name : here.targets) name = with_part(name, part);
  const io::Path path = found_source(with_part(source, part), resources.data,
                                     "a .npz, .csv or .safetensors file or a folder of .npy files");
  return path.extension() == ".csv" && !io::directory_exists(path)
             ? from_table(path, here)
             : from_arrays(path, here, resources.memory);
}

}  // namespace apical
