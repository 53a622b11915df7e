// SPDX-License-Identifier: Apache-2.0
// Values of options that are one of a few words: those of an enumeration with names.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "apical/core/error.h"
#include "apical/core/names.h"

namespace apical::cli {

template <Named Enum>
std::vector<std::string> words_of() {
  return {kNames<Enum>.begin(), kNames<Enum>.end()};
}

/// UsageError with the nearest word for one that is none of them.
template <Named Enum>
Enum word_of(const std::string& option, const std::string& word) {
  const std::vector<std::string> words = words_of<Enum>();
  const auto at = std::find(words.begin(), words.end(), word);
  if (at != words.end()) return static_cast<Enum>(at - words.begin());
  throw UsageError(option + " is '" + word + "'; expected " + join_names(words, "or") + "\n  " +
                   suggestion(word, words));
}

}  // namespace apical::cli
