// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/array_labels.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>

#include "apical/core/error.h"

namespace apical {
namespace {

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc{} || end != text.data() + text.size()) return {};
  return number;
}

/// Numbers as the texts of whole numbers.
std::vector<std::string> texts_of(const ArraySplit& split) {
  if (!split.label_names.empty()) return split.label_names;
  const io::Array& labels = *split.labels;
  std::vector<std::string> texts(labels.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const double label = labels.number(i);
    if (label != std::floor(label) || std::abs(label) > 1e15) {
      throw DataError(
          fmt::format("{} is {:g}; expected a whole number\n  numbers to come close to are targets",
                      place_of(split, "labels", i), label));
    }
    texts[i] = std::to_string(static_cast<std::int64_t>(label));
  }
  return texts;
}

std::string class_range(const std::vector<std::string>& names) {
  constexpr std::size_t kFew = 12;
  if (names.size() <= kFew) return join_names(names);
  return fmt::format("{} … {}, {} in all", names.front(), names.back(), names.size());
}

}  // namespace

std::string place_of(const ArraySplit& split, const std::string& array, std::size_t sample) {
  if (!split.lines.empty()) return fmt::format("{}:{}: {}", split.origin, split.lines[sample], array);
  return fmt::format("{}: {}[{}]", split.origin, array, sample);
}

ClassTable::ClassTable(const ArraySplit& train, std::size_t classes) : given_(classes > 0) {
  if (given_) {
    for (std::size_t c = 0; c < classes; ++c) names_.push_back(std::to_string(c));
  } else {
    const std::vector<std::string> texts = texts_of(train);
    const std::set<std::string> occur(texts.begin(), texts.end());
    names_.assign(occur.begin(), occur.end());
    if (std::all_of(names_.begin(), names_.end(), whole_number)) {
      std::sort(names_.begin(), names_.end(), [](const std::string& a, const std::string& b) {
        return *whole_number(a) < *whole_number(b);
      });
    }
  }
  for (const std::string& name : names_) class_of_[name] = static_cast<std::int32_t>(class_of_.size());
}

std::vector<std::int32_t> ClassTable::classes_of(const ArraySplit& split) const {
  const std::vector<std::string> texts = texts_of(split);
  std::vector<std::int32_t> out;
  out.reserve(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto at = class_of_.find(texts[i]);
    if (at == class_of_.end()) {
      const std::string near = nearest_name(texts[i], names_);
      const bool number = whole_number(texts[i]).has_value();
      throw DataError(fmt::format(
          "{} is {}; expected {}{}", place_of(split, "labels", i), number ? texts[i] : "'" + texts[i] + "'",
          given_ ? fmt::format("a whole number from 0 to {} (classes = {})", names_.size() - 1, names_.size())
                 : fmt::format("a class of the training samples: {}", class_range(names_)),
          near.empty() || number ? "" : fmt::format("\n  did you mean '{}'?", near)));
    }
    out.push_back(at->second);
  }
  return out;
}

}  // namespace apical
