// SPDX-License-Identifier: Apache-2.0
// Every fenced block of the README and of docs/ is what it looks like: experiments that `apical check` takes,
// as they stand or in the frame that a comment above them names, and text in languages that are looked at
// here or elsewhere.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <numeric>
#include <set>
#include <sstream>

#include "apical/experiment/expectation.h"
#include "apical/experiment/toml/toml_reader.h"
#include "apical/io/npz.h"
#include "apical/io/sonata.h"
#include "apical/io/test_pictures.h"
#include "apical/run/metrics_file.h"
#include "apical/tasks/cifar10.h"
#include "support/command_line.h"
#include "support/environment.h"
#include "support/idx_files.h"
#include "support/pages.h"
#include "support/small_experiments.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using test::Answer;
using test::apical_says;
using test::Block;
using testing::HasSubstr;

/// Where a language is looked at, if its blocks cannot simply be run.
const std::map<std::string, std::string>& languages() {
  static const std::map<std::string, std::string> known{
      {"toml", "checked here"},
      {"csv", "read here by the experiment that the page describes"},
      {"text", "what the program says: each is provoked here"},
      {"sh", "every line in commands.test.cpp"},
      {"cpp", "its lines stand in embedding.test.cpp, which is compiled and run"},
      {"cmake", "its lines stand in examples/CMakeLists.txt, which tests/install/examples.sh builds"},
      {"python",
       "parsed here, and every name of the package looked up; run where that is installed, for it is built "
       "apart from these tests: docs/python.md and docstrings by python/tests"},
  };
  return known;
}

TEST(Pages, HaveNoBlockInALanguageThatNobodyLooksAt) {
  for (const std::string& page : test::pages()) {
    for (const Block& b : test::blocks_of(page))
      EXPECT_TRUE(languages().contains(b.language)) << b.where() << ": a block in '" << b.language << "'";
  }
}

class Blocks : public test::CommandLine {
 protected:
  /// Small data sets of the shapes that the pages speak of.
  Blocks() {
    write_set("emnist/emnist-letters-train", 20810, 1, 1, 26);  // 20800 of them are for validation
    write_set("emnist/emnist-letters-test", 30, 1, 1, 26);
    write_set("mnist/train", 60, 28, 0, 10);
    write_set("mnist/t10k", 20, 28, 0, 10);
    fs::create_directories(data() / "cifar10");
    std::string records;
    for (char label = 0; label < 10; ++label)
      records += std::string(1, label) + std::string(kCifarRecord - 1, static_cast<char>(9 * label));
    for (const std::string& name : cifar10_files())
      io::write_atomically(data() / "cifar10" / name, std::string_view(records));
    write_rows();
    const std::vector<double> ms{0, 1000.1, 2500};
    const std::vector<std::uint64_t> neurons{3, 19, 0};
    io::write_sonata_spikes(data() / "trains.h5", {{"lgn", ms, neurons}});
    for (const char* folder : {"train/rose", "train/tulip", "test/rose", "test/tulip"}) {
      fs::create_directories(data() / "flowers" / folder);
      for (const char* name : {"1.png", "2.png", "3.png", "4.png"})
        io::write_atomically(data() / "flowers" / folder / name,
                             std::span<const std::byte>(encode_rgb_png(io::plain_picture(9, 9, 1, 2, 3))));
    }
  }
  /// 30 samples of four features in three classes, as arrays and as a table.
  void write_rows() const {
    std::vector<float> inputs;
    std::vector<std::int32_t> labels;
    std::string table = "sepal_length,sepal_width,petal_length,petal_width,species\n";
    for (int n = 0; n < 30; ++n) {
      for (int k = 0; k < 4; ++k) {
        inputs.push_back(static_cast<float>((7 * n + 3 * k) % 11));
        table += std::to_string((7 * n + 3 * k) % 11) + ",";
      }
      labels.push_back(n % 3);
      table += std::string(1, static_cast<char>('a' + n % 3)) + "\n";
    }
    for (const char* file : {"train.npz", "test.npz"})
      io::write_npz(data() / file, std::vector{io::npy_array<float>("inputs", {30, 4}, inputs),
                                               io::npy_array<std::int32_t>("labels", {30}, labels)});
    io::write_atomically(data() / "iris.csv", std::string_view(table));
  }
  /// Grey pictures of so many pixels per side, with labels from the first on.
  void write_set(const std::string& stem, std::uint32_t count, std::uint32_t side, std::uint32_t first,
                 std::uint32_t classes) const {
    const io::Path path = data() / stem;
    fs::create_directories(path.parent_path());
    std::vector<std::uint8_t> labels(count);
    for (std::uint32_t n = 0; n < count; ++n) labels[n] = static_cast<std::uint8_t>(first + n % classes);
    test::write_idx(path.string() + "-images-idx3-ubyte", {count, side, side},
                    std::vector<std::uint8_t>(count * side * side, 7));
    test::write_idx(path.string() + "-labels-idx1-ubyte", {count}, labels);
  }
  io::Path data() const { return directory_ / "data"; }
  Answer check(const std::string& text) const {
    return apical_says({"check", file(text), "--data", data().string(), "--threads", "1"});
  }
};

TEST_F(Blocks, OfTomlAreWhatCheckTakes) {
  const test::WorkingDirectory here(directory_.path());  // of relative paths
  const std::string trained = test::with(test::small_network(), "[4, 8, 3]", "[4, 120, 3]");
  ASSERT_EQ(apical_says({"run", file(trained), "--out", "runs/yy", "--quiet"}).code, 0);
  std::size_t found = 0;
  for (const std::string& page : test::pages()) {
    const std::vector<Block> blocks = test::blocks_of(page, "toml");
    for (std::size_t i = 0; i < blocks.size(); ++i, ++found) {
      const std::string text = test::completed(blocks, i);
      const Answer a = check(text);
      EXPECT_EQ(a.code, 0) << blocks[i].where() << ": " << a.err;
      if (text.find("[reproduces]") == std::string::npos) continue;
      EXPECT_FALSE(read_reproduction(TomlDocument::parse(text, page)).empty()) << blocks[i].where();
    }
  }
  EXPECT_GE(found, 18U);
}

TEST_F(Blocks, InFramesAreFragmentsAndEveryFrameIsUsed) {
  std::set<std::string> used;
  for (const std::string& page : test::pages()) {
    for (const Block& b : test::blocks_of(page, "toml")) {
      if (!b.notes.contains("frame")) continue;
      used.insert(b.notes.at("frame"));
      EXPECT_NE(check(b.text).code, 0) << b.where() << " is whole: it needs no frame";
    }
  }
  std::set<std::string> there;
  for (const auto& entry : fs::directory_iterator(std::string(test::kSourceDir) + "/docs/frames"))
    there.insert(entry.path().filename().string());
  EXPECT_EQ(used, there);
}

/// The page's folder of flowers has other names than a folder of cats and dogs in a test.
TEST_F(Blocks, OfMessagesAboutOtherDataAreWhatTheProgramSays) {
  const std::vector<Block> said = test::blocks_of("docs/data.md", "text");
  ASSERT_EQ(said.size(), 1U);
  const io::Path pictures = data() / "flowers";
  const auto rename = [&](const char* from, const char* to) {
    for (const char* part : {"train", "test"}) fs::rename(pictures / part / from, pictures / part / to);
  };
  rename("rose", "cat");
  rename("tulip", "dog");
  const std::string experiment = file(
      "[task]\nname = \"image-folder\"\ndirectory = \"flowers\"\nsize = 8\n[model]\nname = "
      "\"backpropagation\"\n"
      "layers = [192, 2]\n[training]\nepochs = 1\n");
  const std::vector<std::string> begin{"run",    experiment,      "--out",  out("flowers-001"),
                                       "--data", data().string(), "--quiet"};
  ASSERT_EQ(apical_says(begin, true).code, 75);
  rename("cat", "zcat");
  std::vector<std::string> again = begin;
  again.emplace_back("--resume");
  const Answer a = apical_says(again);
  EXPECT_EQ(a.code, 3);
  EXPECT_THAT(a.err, HasSubstr(test::with(said[0].text, "runs/flowers-001", out("flowers-001"))));
}

TEST_F(Blocks, OfMessagesAboutLayersAreWhatTheProgramSays) {
  const std::vector<Block> said = test::blocks_of("docs/layers.md", "text");
  ASSERT_EQ(said.size(), 1U);
  const Answer a = check(
      "[model]\nname = \"backpropagation\"\n"
      "layers = [\"3x32x32\", \"conv 64 5x5 stride 2\", \"conv 128 5x5 stride 4\", \"conv 256 5x5\", 10]\n"
      "[task]\nname = \"teacher-student\"\nlayers = \"3072-10\"\n");
  EXPECT_EQ(a.code, 3);
  EXPECT_THAT(a.err, HasSubstr(said[0].text.substr(0, said[0].text.size() - 1)));
}

TEST_F(Blocks, OfTablesAreReadByTheCircuitThatThePageDescribes) {
  const std::vector<Block> tables = test::blocks_of("docs/circuits.md", "csv");
  ASSERT_EQ(tables.size(), 1U);
  io::write_atomically(directory_ / "areas.csv", std::string_view(tables[0].text));
  const Answer a = check(
      "[task]\nname = \"yin-yang\"\n[model]\nname = \"error-neuron-microcircuit\"\nlayers = [4, 8, 6, 3]\n"
      "wiring = \"skip\"\nareas = [\"V1\", \"V2\", \"V4\"]\ndensities = \"areas.csv\"\n");
  EXPECT_EQ(a.code, 0) << a.err;
}

/// The complete example of docs/circuits.md, over its three seeds.
class SlowPages : public test::CommandLine {};

TEST_F(SlowPages, TheExampleOfACircuitLearnsYinYang) {
  const std::string text = test::blocks_of("docs/circuits.md", "toml").at(0).text;
  const Answer a = apical_says({"run", file(text), "--out", out(), "--quiet"});
  ASSERT_EQ(a.code, 0) << a.err;
  std::size_t seeds = 0;
  for (const Measurement& m : read_measurements(out())) {
    if (m.where != "test" || m.metric != "accuracy") continue;
    EXPECT_GT(m.value, 0.95) << "seed " << m.seed;
    ++seeds;
  }
  EXPECT_EQ(seeds, 3U);
  EXPECT_EQ(a.err.find("diagnosis"), std::string::npos) << a.err;
}

/// The complete example of docs/spiking-circuits.md, with its interneurons and without.
class SpikingPage : public test::CommandLine {
 protected:
  double mean(const std::string& text, const std::string& metric) const {
    fs::remove_all(out());
    const Answer a = apical_says({"run", file(text), "--out", out(), "--quiet", "--seeds", "3"});
    EXPECT_EQ(a.code, 0) << a.err;
    EXPECT_EQ(a.err.find("diagnosis"), std::string::npos) << a.err;
    const std::vector<double> values = values_of(last_of(read_measurements(out()), "test", metric));
    EXPECT_EQ(values.size(), 3U) << metric;
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  }
};

TEST_F(SpikingPage, InterneuronsOfTheExampleFireAndGateDendrites) {
  const std::string text = test::completed(test::blocks_of("docs/spiking-circuits.md", "toml"), 0),
                    without = text + "\n[[edit]]\nprojection = \"som->low\"\nremove = true\n";
  constexpr double kOfRates = 1, kOfFractions = 0.01;  // what the page says, rounded
  EXPECT_NEAR(mean(text, "som_event_Hz"), 14, kOfRates);
  EXPECT_NEAR(mean(text, "low_event_Hz"), 31, kOfRates);
  EXPECT_NEAR(mean(without, "low_event_Hz"), 31, kOfRates);
  EXPECT_NEAR(mean(text, "low_burst_probability"), 0.18, kOfFractions);
  EXPECT_NEAR(mean(without, "low_burst_probability"), 0.22, kOfFractions);
}

TEST(Pages, BlocksOfCMakeAreThoseOfTheExamples) {
  const std::string examples = test::read_page("examples/CMakeLists.txt");
  for (const std::string& page : test::pages()) {
    for (const Block& b : test::blocks_of(page, "cmake")) {
      std::istringstream lines(b.text);
      for (std::string line; std::getline(lines, line);) {
        const std::string call = line.substr(0, line.find("  "));
        const bool links = call.starts_with("target_link_libraries");
        EXPECT_THAT(examples, HasSubstr(links ? "PRIVATE apical::apical)" : call)) << b.where();
      }
    }
  }
}

TEST_F(Blocks, OfPythonAreSoundAndNameWhatThePackageHas) {
  const std::string package = test::read_page("python/src/apical/__init__.py");
  for (const std::string& page : test::pages()) {
    for (const Block& b : test::blocks_of(page, "python")) {
      if (b.text.starts_with(">>> ")) continue;  // of a docstring
      const io::Path block = directory_ / "block.py", script = directory_ / "parse.py";
      io::write_atomically(block, std::string_view(b.text));
      io::write_atomically(script, std::string_view("import ast\nast.parse(open('" + block.string() +
                                                    "', encoding='utf-8').read())\n"));
      EXPECT_TRUE(io::run_python(script, directory_ / "said"))
          << b.where() << ": " << io::read_text(directory_ / "said");
      for (std::size_t at = b.text.find("ap."); at != std::string::npos; at = b.text.find("ap.", at + 1)) {
        const auto is_letter = [&](char c) {
          return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
        };
        if (at > 0 && (is_letter(b.text[at - 1]) || b.text[at - 1] == '.')) continue;
        std::size_t end = at + 3;
        while (end < b.text.size() && is_letter(b.text[end])) ++end;
        EXPECT_THAT(package, HasSubstr("\"" + b.text.substr(at + 3, end - at - 3) + "\"")) << b.where();
      }
    }
  }
}

TEST(Pages, NameExamplesThatAreThereAndRunByTheirTest) {
  const std::string page = test::read_page("docs/embedding.md"),
                    runs = test::read_page("tests/install/examples.sh");
  for (const auto& entry : fs::directory_iterator(std::string(test::kSourceDir) + "/examples")) {
    if (entry.path().extension() != ".cpp") continue;
    EXPECT_THAT(page, HasSubstr("`" + entry.path().filename().string() + "`"));
    EXPECT_THAT(runs, HasSubstr(entry.path().stem().string()));
  }
}

}  // namespace
}  // namespace apical
