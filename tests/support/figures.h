// SPDX-License-Identifier: Apache-2.0
// What a test has tried and what of it held, for the table of promises (tools/reliability.py): one line of
// JSON each in the file that APICAL_FIGURES names, if it does.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

namespace apical::test {

inline void figure(const std::string& promise, const std::string& what, std::size_t tried, std::size_t held) {
  const char* file = std::getenv("APICAL_FIGURES");
  if (file == nullptr) return;
  std::ofstream(file, std::ios::app) << fmt::format(
      "{{\"promise\":\"{}\",\"what\":\"{}\",\"tried\":{},\"held\":{}}}\n", promise, what, tried, held);
}

/// Of which all held, unless the test that runs has failed.
inline void figure(const std::string& promise, const std::string& what, std::size_t tried) {
  figure(promise, what, tried, testing::Test::HasFailure() ? 0 : tried);
}

}  // namespace apical::test
