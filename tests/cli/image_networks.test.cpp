// SPDX-License-Identifier: Apache-2.0
// Networks of convolutions through the command line, on small images written here in the format of MNIST.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "apical/io/file.h"
#include "apical/io/packed_files.h"
#include "apical/io/test_pictures.h"
#include "apical/run/summary.h"
#include "support/command_line.h"
#include "support/idx_files.h"
#include "support/paths.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using test::Answer;
using test::apical_says;
using test::with;
using test::write_idx;
using testing::AllOf;
using testing::HasSubstr;

/// Images of 8x8 with one bright row or column, whose place is the label: rows 0 … 4, columns 5 … 9.
void write_bars(const fs::path& folder, const std::string& images, const std::string& labels,
                std::uint32_t count) {
  std::vector<std::uint8_t> pixels(count * 64), names(count);
  for (std::uint32_t n = 0; n < count; ++n) {
    const std::uint32_t label = names[n] = static_cast<std::uint8_t>(n % 10);
    for (std::uint32_t k = 0; k < 8; ++k) {
      const std::uint32_t place = 1 + label % 5;
      pixels[n * 64 + (label < 5 ? place * 8 + k : k * 8 + place)] =
          static_cast<std::uint8_t>(200 + (7 * n + 3 * k) % 50);
    }
  }
  write_idx(folder / images, {count, 8, 8}, pixels);
  write_idx(folder / labels, {count}, names);
}

class ImageCli : public test::CommandLine {
 protected:
  ImageCli() {
    fs::create_directories(images());
    write_bars(images(), "train-images-idx3-ubyte", "train-labels-idx1-ubyte", 60);
    write_bars(images(), "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", 20);
  }
  std::string images() const { return out("images"); }
  std::string experiment(const std::string& model = "backpropagation") const {
    return R"([task]
name = "mnist"
directory = ")" +
           images() + R"("
verify = "none"
validation_samples = 20
[model]
name = ")" +
           model + R"("
layers = ["1x8x8", "conv 6 3x3 pad 1 average 2", "conv 8 3x3", 16, "10"]
learning_rate = 0.02
[training]
epochs = 2
align_every = 1
align_samples = 5
[run]
seeds = 2
)";
  }
};

TEST_F(ImageCli, CheckShowsTheShapesAndCountsSharedWeightsOnce) {
  const Answer a = apical_says({"check", file(experiment())});
  ASSERT_EQ(a.code, 0) << a.err;
  EXPECT_THAT(a.out, HasSubstr("layers      1x8x8, 6x4x4, 8x2x2, 16, 10\n"));
  EXPECT_THAT(a.out, HasSubstr(std::to_string(6 * 9 + 8 * 54 + 16 * 32 + 160) + " weights"));
}

TEST_F(ImageCli, ARunLearnsAndMeasuresTheAngleOfEveryLayer) {
  const Answer a = apical_says({"run", file(with(experiment(), "epochs = 2", "epochs = 40")), "--out", out(),
                                "--quiet", "--json", "--set", "training.align_every=20"});
  ASSERT_EQ(a.code, 0) << a.err;
  const nlohmann::json s = nlohmann::json::parse(a.out);
  EXPECT_NEAR(last_measure(s, "total", "angle_deg").at("mean").get<double>(), 0, 1e-2);
  EXPECT_GE(last_measure(s, "test", "accuracy").at("mean").get<double>(), 0.9) << a.out;
  // Forward, back (not below the first layer), and each position of an averaged image.
  const double first = 6 * 16 * 9, above = 8 * 4 * 54 + 16 * 32 + 160;
  EXPECT_EQ(s.at("cost_per_sample").at("synaptic_events").get<double>(), first + 2 * above);
  // As resolved it is the same experiment.
  const std::string resolved = io::read_text(fs::path(out()) / "experiment.toml");
  EXPECT_THAT(resolved,
              HasSubstr(R"(layers = ["1x8x8", "conv 6 3x3 pad 1 average 2", "conv 8 3x3", 16, "10"])"));
}

TEST_F(ImageCli, RulesAreComparedOnIt) {
  for (const std::string model :
       {"feedback-alignment", "direct-feedback-alignment", "sign-symmetry-fixed", "weight-mirror",
        "kolen-pollack", "node-perturbation", "difference-target-propagation", "equilibrium-propagation",
        "predictive-coding", "burstprop"}) {
    const Answer a = apical_says({"run", file(experiment(model)), "--out", out(model), "--quiet", "--json"});
    EXPECT_EQ(a.code, 0) << model << a.err;
  }
  const Answer refused = apical_says({"run", file(experiment("oja")), "--out", out("oja"), "--quiet"});
  EXPECT_EQ(refused.code, 3);
  EXPECT_THAT(refused.err, HasSubstr("oja needs all-to-all layers, and layer 1 is a convolution"));
}

/// The experiment for ImageNet with everything small: 36 pictures of 32 x 32 pixels in two classes, one
/// reddish, one bluish.
class ImageFolderCli : public test::CommandLine {
 protected:
  ImageFolderCli() {
    for (std::uint8_t i = 0; i < 18; ++i) {
      const std::string place = (i < 12 ? "train/" : "val/");
      const std::string name = "/" + std::to_string(100 + i) + ".jpg";
      const auto light = static_cast<std::uint8_t>(120 + 5 * i), dark = static_cast<std::uint8_t>(60 + 3 * i);
      const auto file = [&](const char* kind) {
        return out(fmt::format("pictures/{}{}{}", place, kind, name));
      };
      io::write_jpeg(file("clay"), io::plain_picture(40, 36, light, dark, dark));
      io::write_jpeg(file("water"), io::plain_picture(36, 40, dark, dark, light));
    }
  }
  /// Of `classes` classes below out(pictures).
  std::vector<std::string> shrunken(const std::string& command, std::size_t classes = 2,
                                    const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{command,
                                   std::string(test::kSourceDir) + "/experiments/imagenet/burstprop.toml"};
    std::vector<std::string> sets{
        "task.size=32",
        "task.resize=36",
        "model.batch=8",
        "training.epochs=12",
        "model.learning_rate=0.08",
        "model.layers=[\"3x32x32\",\"conv 8 9x9 stride 4\",\"conv 6 3x3 stride 2\"," +
            std::to_string(classes) + "]",
        "task.directory=" + out("pictures")};
    sets.insert(sets.end(), more.begin(), more.end());
    for (const std::string& set : sets) words.insert(words.end(), {"--set", set});
    words.insert(words.end(), {"--models", "burstprop, learned feedback", "--out", out("run"), "--quiet"});
    return words;
  }
};

TEST_F(ImageFolderCli, TheNetworkForImageNetLearnsAFolderOfTwoClasses) {
  const Answer a = apical_says(shrunken("compare"));
  ASSERT_EQ(a.code, 0) << a.err;
  const fs::path run = fs::path(out("run")) / "burstprop,_learned_feedback";
  const nlohmann::json s = nlohmann::json::parse(io::read_text(run / "summary.json"));
  EXPECT_GE(last_measure(s, "test", "accuracy").at("mean").get<double>(), 0.9);
  EXPECT_FALSE(
      nlohmann::json::parse(io::read_text(run / "manifest.json")).at("needs").dump().find("transport") !=
      std::string::npos);
}

TEST_F(ImageFolderCli, TheNetworkForImageNetLearnsPicturesOfTheCifarArchive) {
  const char* const data = std::getenv("APICAL_DATA");
  if (data == nullptr) GTEST_SKIP() << "APICAL_DATA is not set; cifar10/cifar10-jpeg.tar.xz is needed";
  const fs::path archive = fs::path(data) / "cifar10" / "cifar10-jpeg.tar.xz";
  if (!fs::exists(archive)) GTEST_SKIP() << archive.string() << " is not there";
  fs::remove_all(out("pictures"));
  std::map<std::string, int> taken;  // by folder
  io::PackedVisitor some;
  some.wants = [&](const std::string& name) {
    const fs::path path = name;
    return path.extension() == ".jpg" &&
           ++taken[path.parent_path().string()] <= (name.starts_with("train") ? 200 : 50);
  };
  some.take = [&](const std::string& name, const io::Bytes& bytes) {
    const fs::path path = fs::path(out("pictures")) / name;
    io::make_directories(path.parent_path());
    io::write_atomically(path, bytes);
  };
  io::visit_packed_files(archive, {.largest = 1 << 20}, some);
  ASSERT_EQ(taken.size(), 20U);
  const Answer a = apical_says(shrunken(
      "compare", 10,
      {"task.resize=32", "model.layers=[\"3x32x32\",\"conv 24 5x5 stride 2\",\"conv 32 5x5 stride 2\",10]",
       "training.epochs=8", "training.align_every=8", "training.align_samples=50"}));
  ASSERT_EQ(a.code, 0) << a.err;
  const nlohmann::json s = nlohmann::json::parse(
      io::read_text(fs::path(out("run")) / "burstprop,_learned_feedback" / "summary.json"));
  EXPECT_GE(last_measure(s, "test", "accuracy").at("mean").get<double>(), 0.22)
      << "chance is 0.1 with a standard error of 0.013";
}

TEST_F(ImageFolderCli, AMinuteHandedOutEndsARunWhichIsRepeatedToTheBit) {
  const std::string text = R"([task]
name = "image-folder"
directory = ")" + out("pictures") +
                           R"("
size = 16
[model]
name = "burstprop"
activation = "relu"
output = "softmax"
loss = "ce"
layers = ["3x16x16", "conv 4 5x5 stride 4", 2]
[training]
epochs = 50
minutes = 1e-9
)";
  const Answer a = apical_says({"run", file(text), "--out", out("run"), "--quiet"});
  ASSERT_EQ(a.code, 0) << a.err;
  EXPECT_THAT(io::read_text(fs::path(out("run")) / "events.ndjson"),
              AllOf(HasSubstr("\"epoch\":1,"), testing::Not(HasSubstr("\"epoch\":2,"))));
  const Answer again = apical_says({"reproduce", out("run"), "--out", out("again"), "--quiet"});
  EXPECT_EQ(again.code, 0) << again.out << again.err;
  EXPECT_THAT(again.out, HasSubstr("identical bits"));
  EXPECT_THAT(a.err, HasSubstr("1 epochs within 1e-09 minutes of learning"));
  EXPECT_THAT(apical_says({"check", file(text)}).out,
              HasSubstr("training.minutes ends learning after 1e-09 min"));
  const Answer linear =
      apical_says({"check", file(with(text, "minutes = 1e-9", "minutes = 1\neta_schedule = \"linear\""))});
  EXPECT_EQ(linear.code, 3);
  EXPECT_THAT(linear.err, HasSubstr("nobody knows beforehand which epoch is the last"));
}

TEST_F(ImageCli, ClassesThatAreNeverTheAnswerAreSaid) {
  const Answer a = apical_says({"run", file(experiment()), "--out", out("untrained"), "--quiet", "--set",
                                "training.epochs=0", "--set", "model.output_bias=0"});
  ASSERT_EQ(a.code, 0) << a.err;
  EXPECT_THAT(a.err, HasSubstr("of the test samples are never the answer"));
}

TEST_F(ImageCli, WidthsAndRatesOfBurstpropAreNotNegative) {
  for (const std::string key : {"feedback_deviation", "recurrent_range", "recurrent_rate", "gain"}) {
    const Answer a = apical_says({"check", file(experiment("burstprop")), "--set", "model." + key + "=-1"});
    EXPECT_EQ(a.code, 3) << key;
    EXPECT_THAT(a.err, testing::AllOf(HasSubstr(key), HasSubstr("-1; expected 0 or more")));
  }
}

TEST_F(ImageCli, MistakesPointAtTheTextAndShowTheShapes) {
  const auto says = [&](const std::string& from, const std::string& to) {
    const Answer a = apical_says({"check", file(with(experiment(), from, to))});
    EXPECT_EQ(a.code, 3);
    return a.err;
  };
  EXPECT_THAT(says("conv 8 3x3\"", "conv 8 5x5\""),
              AllOf(HasSubstr("experiment.toml:8:10: layers, entry 3 \"conv 8 5x5\""),
                    HasSubstr("a 5x5 kernel does not fit a 4x4 image (below: 1x8x8, 6x4x4)")));
  EXPECT_THAT(says("average 2", "averag 2"),
              AllOf(HasSubstr("column 18: unknown word 'averag'"), HasSubstr("did you mean 'average'?")));
  EXPECT_THAT(says("1x8x8", "1x8x9"), HasSubstr("64 inputs and 10 outputs, but the network has 72 and 10"));
  EXPECT_THAT(says("16, \"10\"", "true"), HasSubstr("a number or a text in this list"));
  EXPECT_THAT(says("layers = [\"1x8x8\", \"conv 6 3x3 pad 1 average 2\", \"conv 8 3x3\", 16, \"10\"]",
                   "layers = \"1x8x8\""),
              HasSubstr("a list of numbers and texts"));
  EXPECT_THAT(says("layers = [\"1x8x8\", \"conv 6 3x3 pad 1 average 2\", \"conv 8 3x3\", 16, \"10\"]", ""),
              HasSubstr("layers"));
}

}  // namespace
}  // namespace apical
