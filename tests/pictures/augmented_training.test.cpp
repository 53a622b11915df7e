// SPDX-License-Identifier: Apache-2.0
// Pictures drawn anew in each epoch, and pictures read from files while training goes on: what is learned
// does not depend on threads, on what was read ahead, or on where a run was stopped.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apical/io/test_directory.h"
#include "apical/io/test_pictures.h"
#include "apical/learning/layered_learner.h"
#include "apical/learning/test_observers.h"
#include "apical/learning/trainer.h"
#include "apical/models/layered_models.h"
#include "apical/tasks/task.h"

namespace apical {
namespace {

constexpr std::size_t kSide = 6;

/// Thirty noisy pictures of two classes, as files.
class Pictures : public testing::Test {
 protected:
  Pictures() {
    for (std::size_t n = 0; n < 36; ++n) {
      io::Picture picture = io::plain_picture(kSide, kSide, 0, 0, 0);
      for (std::size_t i = 0; i < picture.rgb.size(); ++i)
        picture.rgb[i] = static_cast<std::uint8_t>((n % 2 == 0 ? i * 3 : 255 - i * 3) + 7 * n);
      const std::string name = (n < 30 ? "train/" : "test/") + std::string(n % 2 == 0 ? "a" : "b") + "/" +
                               std::to_string(n) + ".jpg";
      io::write_jpeg(directory_ / name, picture);
    }
  }
  std::shared_ptr<const Dataset> files(const std::string& augment, double padding = 0) const {
    auto p =
        TaskParameters{}.set("directory", directory_.path().string()).set("size", static_cast<double>(kSide));
    p.set("augment", augment).set("crop_padding", padding);
    return std::make_shared<const Dataset>(make_dataset("image-folder", p));
  }
  /// The same pictures in memory.
  std::shared_ptr<const Dataset> in_memory(const Augmentation& augmentation) const {
    const std::shared_ptr<const Dataset> from = files("none");
    auto data = std::make_shared<Dataset>(*from);
    std::vector<float> row(from->inputs());
    for (Split* split : {&data->train, &data->test}) {
      PixelMatrix pixels;
      pixels.features = from->inputs();
      pixels.rows = kSide;
      pixels.scale = PixelScale::unit(3);
      for (std::size_t n = 0; n < split->size(); ++n) {
        split->read_input(n, std::span<float>(row));
        for (const float x : row) pixels.bytes.push_back(static_cast<std::uint8_t>(x * 255 + 0.5F));
      }
      split->inputs = Inputs(std::move(pixels));
    }
    data->train.augmentation = augmentation;
    return data;
  }
  static LayeredLearner<float> learner(const std::shared_ptr<const Dataset>& data,
                                       const std::vector<std::uint64_t>& seeds, ThreadPool& pool) {
    const FieldValues options = FieldValues()
                                    .set("layers", std::vector<double>{3.0 * kSide * kSide, 5, 2})
                                    .set("batch", 8);  // not a divisor of 30
    return {build_with(models::find_layered("backpropagation")->recipe, options),
            std::vector<std::shared_ptr<const Dataset>>(seeds.size(), data), seeds, pool};
  }
  static std::vector<float> weights(LayeredLearner<float>& l) {
    std::vector<float> all;
    for (std::size_t r = 0; r < l.replicas(); ++r) {
      for (const auto& W : l.model(r).network().parameters.W)
        all.insert(all.end(), W.flat().begin(), W.flat().end());
    }
    return all;
  }
  static std::vector<float> trained(const std::shared_ptr<const Dataset>& data,
                                    const std::vector<std::uint64_t>& seeds, unsigned threads) {
    ThreadPool pool(threads);
    auto l = learner(data, seeds, pool);
    std::atomic<bool> stop{false};
    Trainer(l, {.epochs = 3}, {}).run(stop);
    return weights(l);
  }
  io::TestDirectory directory_;
};

TEST_F(Pictures, ThreadsAndReplicasDoNotMatterAndTheSeedDoes) {
  for (const auto& data : {in_memory({.crop = true, .flip = true, .pad = 2}), files("crop-and-flip", 1)}) {
    const std::vector<float> one = trained(data, {4, 5, 6}, 1);
    EXPECT_EQ(trained(data, {4, 5, 6}, 2), one);
    EXPECT_EQ(trained(data, {4, 5, 6}, 4), one);
    const std::vector<float> alone = trained(data, {5}, 2);
    EXPECT_TRUE(
        std::equal(alone.begin(), alone.end(), one.begin() + static_cast<std::ptrdiff_t>(alone.size())));
  }
}

TEST_F(Pictures, FilesGiveWhatMemoryGives) {
  EXPECT_EQ(trained(files("none"), {1, 2}, 2), trained(in_memory({}), {1, 2}, 1));
  EXPECT_EQ(trained(files("crop-and-flip", 2), {1, 2}, 2),
            trained(in_memory({.crop = true, .flip = true, .pad = 2}), {1, 2}, 1));
}

TEST_F(Pictures, AugmentationChangesWhatIsLearnedInEveryEpoch) {
  const auto data = in_memory({.crop = true, .flip = true, .pad = 2});
  EXPECT_NE(trained(data, {1}, 1), trained(in_memory({}), {1}, 1));
  // The same batch of samples, one epoch later, is other pictures: weights differ from those of the first
  // epoch's pictures.
  ThreadPool pool(1);
  std::vector<std::uint32_t> order(30);
  for (std::uint32_t i = 0; i < 30; ++i) order[i] = i;
  auto l = learner(data, {1}, pool);
  l.scale_learning(0);  // weights stay, epochs pass
  const auto inputs_of_epoch = [&] {
    std::vector<float> x(data->inputs());
    const std::uint64_t epoch = l.model(0).batches() / 4;
    data->train.read_shown(0, {1, epoch}, std::span<float>(x));
    l.learn({std::span<const std::uint32_t>(order)}, true);
    return x;
  };
  const std::vector<float> first = inputs_of_epoch(), second = inputs_of_epoch(), third = inputs_of_epoch();
  EXPECT_TRUE(first != second || second != third);
  EXPECT_EQ(l.model(0).batches(), 12U);
}

TEST_F(Pictures, ARunGoesOnBitByBitFromAnyPoint) {
  for (const auto& data : {in_memory({.crop = true, .flip = true, .pad = 2}), files("crop-and-flip", 1)}) {
    const std::vector<float> expected = trained(data, {9}, 1);
    for (int safe_point = 2; safe_point < 16; ++safe_point) {
      ThreadPool pool(1);
      auto before = learner(data, {9}, pool);
      std::atomic<bool> stop{false};
      StopAt stopper(stop, safe_point);
      Trainer half(before, {.epochs = 3}, {&stopper});
      half.run(stop);
      Snapshot state;
      state.take(half);
      auto after = learner(data, {9}, pool);
      Trainer rest(after, {.epochs = 3}, {});
      state.restore(rest);
      stop = false;
      ASSERT_EQ(rest.run(stop), Trainer::Outcome::finished);
      EXPECT_EQ(weights(after), expected) << "stopped at safe point " << safe_point;
    }
  }
}

}  // namespace
}  // namespace apical
