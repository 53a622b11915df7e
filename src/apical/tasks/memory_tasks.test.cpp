// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/memory_tasks.h"

#include <gtest/gtest.h>

#include "apical/core/error.h"

namespace apical {
namespace {

TEST(StoreRecallTask, SamplesEndWithTheRecallSlotAndTargetsAreTheStoredBits) {
  const Dataset data = make_dataset("store-recall", TaskParameters{}.set("slots", 5).set("slot_steps", 3));
  ASSERT_TRUE(data.is_sequence());
  EXPECT_EQ(data.inputs(), 3U);
  EXPECT_EQ(data.answer_steps, 3U);
  double right = 0;
  for (std::size_t i = 0; i < data.train.size(); ++i) {
    const InputSequence& course = data.train.sequences[i];
    EXPECT_EQ(course.steps() % 3, 0U);
    EXPECT_EQ(course.at(course.steps() - 1)[2], 1);
    std::size_t stored = 0;
    for (std::uint32_t t = 0; t < course.steps(); ++t) {
      if (course.at(t)[1] == 0) continue;
      ++stored;
      EXPECT_EQ(course.at(t)[0], data.train.targets(i, 0));
    }
    EXPECT_EQ(stored, 3U);
    right += data.train.labels[i];
  }
  // Fair: 200 draws, five standard deviations.
  EXPECT_NEAR(right, 100, 36);
}

TEST(CopyTask, WantsTheSymbolsOneByOneAfterTheGoSignal) {
  const Dataset data =
      make_dataset("copy", TaskParameters{}.set("alphabet", 4).set("symbols", 3).set("delay_steps", 5));
  EXPECT_EQ(data.inputs(), 6U);
  EXPECT_EQ(data.outputs(), 5U);
  EXPECT_EQ(data.answer_steps, 3U);
  for (std::size_t i = 0; i < data.train.size(); ++i) {
    const InputSequence& course = data.train.sequences[i];
    ASSERT_EQ(course.steps(), 2U * 3 + 5);
    EXPECT_EQ(course.at(7)[5], 1) << "go";
    for (std::uint32_t k = 0; k < 3; ++k) {
      const std::int32_t symbol = data.decide(data.train.target_courses[i].row(k));
      EXPECT_GT(symbol, 0) << "silence is not asked for";
      EXPECT_EQ(course.at(k)[static_cast<std::size_t>(symbol)], 1);
      EXPECT_EQ(course.at(8 + k)[0], 1) << "silence while the answer is wanted";
    }
    EXPECT_EQ(data.train.labels[i], data.decide(data.train.target_courses[i].row(2)));
  }
}

TEST(EvidenceTask, TheSideWithMoreCuesIsTheLabel) {
  const auto parameters = TaskParameters{}
                              .set("coding", "rate")
                              .set("spacing_steps", 6)
                              .set("cue_steps", 4)
                              .set("delay_steps", 5)
                              .set("recall_steps", 2);
  const Dataset data = make_dataset("evidence-accumulation", parameters);
  EXPECT_EQ(data.inputs(), 4U);
  for (std::size_t i = 0; i < data.test.size(); ++i) {
    const InputSequence& course = data.test.sequences[i];
    ASSERT_EQ(course.steps(), 7U * 6 + 5 + 2);
    double left = 0, right = 0;
    for (std::uint32_t t = 0; t < course.steps(); ++t) {
      left += course.at(t)[0];
      right += course.at(t)[1];
      EXPECT_EQ(course.at(t)[2], t >= 47 ? 1 : 0);
    }
    EXPECT_EQ(left + right, 7 * 4);
    EXPECT_EQ(data.test.labels[i], right > left ? 1 : 0);
    EXPECT_EQ(data.test.targets(i, static_cast<std::size_t>(data.test.labels[i])), 1);
  }
}

TEST(EvidenceTask, GroupsSpikeWithTheirProbabilities) {
  const Dataset data = make_dataset("evidence-accumulation", TaskParameters{}.set("train_samples", 4));
  double noise = 0, recall = 0;
  for (const InputSequence& course : data.train.sequences) {
    ASSERT_EQ(course.steps(), 2250U);
    for (std::uint32_t t = 0; t < course.steps(); ++t) {
      for (std::size_t k = 0; k < 10; ++k) {
        noise += course.at(t)[30 + k];
        if (t >= 2100) {
          recall += course.at(t)[20 + k];
        } else {
          EXPECT_EQ(course.at(t)[20 + k], 0);
        }
      }
    }
  }
  // Five standard deviations of 90000 draws at 0.01 and of 6000 at 0.04.
  EXPECT_NEAR(noise, 900, 150);
  EXPECT_NEAR(recall, 240, 76);
}

TEST(EvidenceTask, AnEvenNumberOfCuesAndCuesLongerThanTheirSpacingAreRefused) {
  EXPECT_THROW(make_dataset("evidence-accumulation", TaskParameters{}.set("cues", 4)), ConfigError);
  EXPECT_THROW(make_dataset("evidence-accumulation", TaskParameters{}.set("cue_steps", 200)), ConfigError);
}

}  // namespace
}  // namespace apical
