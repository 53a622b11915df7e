// SPDX-License-Identifier: Apache-2.0
// The C++ of docs/embedding.md does what the page says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "apical/experiments.h"
#include "apical/io/test_directory.h"
#include "apical/tasks.h"
#include "support/environment.h"
#include "support/pages.h"

namespace apical {
namespace {

TEST(Embedding, ArraysOfAProgramAreLearnedFrom) {
  const io::TestDirectory directory;
  const test::WorkingDirectory here(directory.path());
  const Experiment experiment = read_experiment(TomlDocument::parse(
      "[task]\nname = \"arrays\"\ntrain = \"memory:day 1\"\nvalidation_fraction = 0.1\ntest_fraction = 0.2\n"
      "[model]\nname = \"backpropagation\"\nlayers = [4, 3]\n[training]\nepochs = 1\n",
      "embedding.toml"));
  std::atomic<bool> stop{false};
  const auto owner = std::make_shared<std::vector<float>>(600);
  std::vector<std::int32_t> labels(150);
  for (std::size_t n = 0; n < labels.size(); ++n) {
    labels[n] = static_cast<std::int32_t>(n % 3);
    (*owner)[4 * n + n % 3] = 1;
  }
  const std::span<const std::byte> bytes = std::as_bytes(std::span(*owner));

  HandedArrays mine;
  // clang-format off
  mine.by_name["day 1"] = {.inputs = {io::Element::f32, {150, 4}, owner, bytes}, .labels = io::array_of<std::int32_t>({150}, labels)};
  // clang-format on
  ThreadPool pool;
  Resources resources{pool};
  resources.arrays = std::make_shared<const HandedArrays>(std::move(mine));
  run_experiment(experiment, {.directory = "runs/one"}, resources, stop);

  EXPECT_TRUE(io::file_exists("runs/one/summary.json"));
}

TEST(Embedding, HasNoLineOfCppThatIsNotCompiledHere) {
  const std::string own = test::read_page("tests/docs/embedding.test.cpp");
  std::size_t found = 0;
  for (const std::string& page : test::pages()) {
    for (const test::Block& b : test::blocks_of(page, "cpp")) {
      std::istringstream lines(b.text);
      for (std::string line; std::getline(lines, line); ++found)
        EXPECT_THAT(own, testing::HasSubstr("\n  " + line + "\n")) << b.where();
    }
  }
  EXPECT_GT(found, 0U);
}

}  // namespace
}  // namespace apical
