// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/stimulus_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "apical/io/csv.h"
#include "apical/io/directory.h"
#include "apical/io/npy_reader.h"

namespace apical {
namespace {

constexpr std::size_t kFewest = 4;
const std::string kId = "stimulus_id", kFile = "filename";

std::vector<io::Picture> pictures_in(const io::Path& path) {
  const io::Arrays arrays = io::read_npz(path);
  const auto found = arrays.find("images");
  if (found == arrays.end()) {
    throw DataError(fmt::format("{}: there is no array images; it has {}", path.string(),
                                join_names(io::names_of(arrays))));
  }
  const io::Array& images = found->second;
  const bool coloured = images.shape.size() == 4 && images.shape[3] == 3;
  if (images.element != io::Element::u8 || !(coloured || images.shape.size() == 3)) {
    throw DataError(
        fmt::format("{}: images is {} of shape {}; expected uint8 of stimuli x rows x cols or x 3",
                    path.string(), io::name_of(images.element), io::shape_text(images.shape)));
  }
  const std::span<const std::uint8_t> bytes = images.as<std::uint8_t>();
  const std::size_t rows = images.shape[1], cols = images.shape[2], pixels = rows * cols;
  std::vector<io::Picture> pictures;
  for (std::size_t i = 0; i < images.shape[0]; ++i) {
    io::Picture picture{rows, cols, std::vector<std::uint8_t>(pixels * 3)};
    for (std::size_t b = 0; b < picture.rgb.size(); ++b) {
      picture.rgb[b] = coloured ? bytes[i * pixels * 3 + b] : bytes[i * pixels + b / 3];
    }
    pictures.push_back(std::move(picture));
  }
  return pictures;
}

std::vector<io::Picture> pictures_named(const io::Path& folder, const io::CsvTable& table,
                                        std::size_t column) {
  std::vector<io::Picture> pictures;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const io::Path path = folder / table.cell(i, column);
    pictures.push_back(io::decode_picture(io::read_file(path), path.string()));
  }
  return pictures;
}

bool same_value(const std::string& a, const std::string& b) {
  double x = 0, y = 0;
  if (io::csv_number(a, x) && io::csv_number(b, y)) return x == y;
  return a == b;
}

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

}  // namespace

StimulusSet read_stimulus_set(const io::Path& folder) {
  const io::Path table_path = folder / "stimuli.csv";
  if (!io::plain_file_exists(table_path)) {
    throw DataError(fmt::format(
        "there is no {}; expected a folder with stimuli.csv (its first column stimulus_id) and images.npz",
        table_path.string()));
  }
  const io::CsvTable table = io::read_csv(table_path);
  const auto column = [&](const std::string& name) {
    return static_cast<std::size_t>(std::find(table.header.begin(), table.header.end(), name) -
                                    table.header.begin());
  };
  if (column(kId) == table.columns()) {
    throw DataError(fmt::format("{}: there is no column stimulus_id; it has {}", table_path.string(),
                                join_names(table.header)));
  }
  StimulusSet set;
  set.origin = folder.string();
  std::set<std::string> seen;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const std::string& id = table.cell(i, column(kId));
    if (!seen.insert(id).second) {
      throw DataError(
          fmt::format("{}:{}: stimulus_id {} occurs twice", table_path.string(), table.lines[i], id));
    }
    set.ids.push_back(id);
  }
  if (set.size() < kFewest) {
    throw DataError(
        fmt::format("{}: {} stimuli; expected {} or more", table_path.string(), set.size(), kFewest));
  }
  for (std::size_t c = 0; c < table.columns(); ++c) {
    if (table.header[c] == kId || table.header[c] == kFile) continue;
    set.columns.push_back(table.header[c]);
    set.labels.emplace_back();
    for (std::size_t i = 0; i < table.rows(); ++i) set.labels.back().push_back(table.cell(i, c));
  }
  const io::Path images = folder / "images.npz";
  if (io::plain_file_exists(images)) {
    set.pictures = pictures_in(images);
  } else if (column(kFile) != table.columns()) {
    set.pictures = pictures_named(folder, table, column(kFile));
  } else {
    throw DataError(fmt::format("there is no {}, nor a column filename in {}; expected one of them",
                                images.string(), table_path.string()));
  }
  if (set.pictures.size() != set.size()) {
    throw DataError(fmt::format("{}: {} pictures, stimuli.csv has {} stimuli", images.string(),
                                set.pictures.size(), set.size()));
  }
  return set;
}

const std::vector<std::string>& labels_of(const StimulusSet& set, const std::string& column) {
  const auto found = std::find(set.columns.begin(), set.columns.end(), column);
  if (found == set.columns.end()) {
    throw DataError(fmt::format("{}: stimuli.csv has no column of labels '{}'; {}", set.origin, column,
                                suggestion(column, set.columns)));
  }
  return set.labels[static_cast<std::size_t>(found - set.columns.begin())];
}

std::vector<std::uint32_t> stimuli_where(const StimulusSet& set, const std::string& condition) {
  const auto sign = condition.find('=');
  const bool unequal = sign != std::string::npos && sign > 0 && condition[sign - 1] == '!';
  const std::string column = trimmed(std::string_view(condition).substr(0, unequal ? sign - 1 : sign));
  if (sign == std::string::npos || column.empty()) {
    throw DataError(
        fmt::format("'{}' chooses no stimuli; expected COLUMN = VALUE or COLUMN != VALUE", condition));
  }
  const std::string value = trimmed(std::string_view(condition).substr(sign + 1));
  const std::vector<std::string>& labels = labels_of(set, column);
  std::vector<std::uint32_t> chosen;
  for (std::uint32_t i = 0; i < labels.size(); ++i) {
    if (same_value(labels[i], value) != unequal) chosen.push_back(i);
  }
  if (chosen.size() < kFewest) {
    throw DataError(fmt::format("'{}' chooses {} of {} stimuli; expected {} or more", condition,
                                chosen.size(), set.size(), kFewest));
  }
  return chosen;
}

StimulusSet chosen_stimuli(const StimulusSet& set, std::span<const std::uint32_t> chosen) {
  StimulusSet part;
  part.origin = set.origin;
  part.columns = set.columns;
  part.labels.resize(set.columns.size());
  for (const std::uint32_t i : chosen) {
    APICAL_CHECK(i < set.size());
    part.ids.push_back(set.ids[i]);
    part.pictures.push_back(set.pictures[i]);
    for (std::size_t c = 0; c < set.columns.size(); ++c) part.labels[c].push_back(set.labels[c][i]);
  }
  return part;
}

Matrix<double> pixels_of(const StimulusSet& set, Size size, PixelColour colour) {
  if (size == Size{}) {
    size = {set.pictures.at(0).rows, set.pictures.at(0).cols};
    for (std::size_t i = 0; i < set.size(); ++i) {
      if (size == Size{set.pictures[i].rows, set.pictures[i].cols}) continue;
      throw DataError(fmt::format("{}: picture {} is {} x {}, that of {} {} x {}; a size is needed",
                                  set.origin, set.ids[i], set.pictures[i].rows, set.pictures[i].cols,
                                  set.ids[0], size.rows, size.cols));
    }
  }
  const std::size_t pixels = size.rows * size.cols, planes = colour == PixelColour::rgb ? 3 : 1;
  Matrix<double> values(set.size(), pixels * planes);
  for (std::size_t i = 0; i < set.size(); ++i) {
    const io::Picture picture = resized_in_double(set.pictures[i], size);
    for (std::size_t p = 0; p < pixels; ++p) {
      const std::uint8_t* const rgb = picture.rgb.data() + p * 3;
      if (colour == PixelColour::grey) {
        values(i, p) = (0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]) / 255;
      } else {
        for (std::size_t c = 0; c < 3; ++c) values(i, c * pixels + p) = rgb[c] / 255.0;
      }
    }
  }
  return values;
}

}  // namespace apical
