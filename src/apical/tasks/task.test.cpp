// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "apical/tasks/teacher_student.h"

namespace apical {
namespace {

using testing::HasSubstr;

template <class Fault, class Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const Fault& fault) {
    return fault.what();
  }
  return "nothing was thrown";
}

TEST(Tasks, AreSortedAndSayWhatTheyAreAndWhereFrom) {
  std::string last;
  for (const TaskInfo& task : tasks()) {
    EXPECT_LT(last, task.name);
    last = task.name;
    EXPECT_FALSE(task.description.empty()) << task.name;
    EXPECT_FALSE(task.citation.empty()) << task.name;
    // Throws if a default lies outside of its own range.
    for (const FieldInfo& f : list_fields(task.recipe))
      EXPECT_FALSE(f.meaning.empty()) << task.name << "." << f.name;
  }
}

TEST(Tasks, SayWhatTheirDataAre) {
  for (const char* name : {"cart-pole", "cart-pole-v1", "copy", "delayed-match-to-sample", "mackey-glass",
                           "sines", "store-recall", "teacher-student", "xor", "yin-yang"}) {
    const TaskInfo& info = find_task(name);
    const Dataset data = make_dataset(name);
    EXPECT_EQ(info.sequences, data.is_sequence()) << name;
    EXPECT_EQ(info.steers, data.closed_loop.has_value()) << name;
    EXPECT_EQ(info.rewards, data.episodes.has_value()) << name;
    if (info.rewards) continue;  // a policy's decisions are not right or wrong
    EXPECT_EQ(info.classifies, data.readout != Readout::regression) << name;
  }
}

TEST(Tasks, UnknownNamesAreAnsweredWithTheNearest) {
  EXPECT_THAT(message_of<ConfigError>([] { make_dataset("yinyang"); }),
              HasSubstr("did you mean 'yin-yang'?"));
  EXPECT_THAT(message_of<ConfigError>([] { make_dataset("fashion_mnist"); }),
              HasSubstr("did you mean 'fashion-mnist'?"));
  EXPECT_THAT(message_of<ConfigError>([] { make_dataset("xor", TaskParameters{}.set("ouputs", 2)); }),
              HasSubstr("did you mean 'outputs'?"));
}

TEST(Tasks, WrongValuesAreAnsweredWithTheRange) {
  const auto asked = [](const std::string& task, const TaskParameters& p) {
    return message_of<ConfigError>([&] { make_dataset(task, p); });
  };
  EXPECT_THAT(asked("xor", TaskParameters{}.set("outputs", 3)),
              HasSubstr("outputs is 3; expected a whole number from 1 to 2"));
  EXPECT_THAT(asked("xor", TaskParameters{}.set("outputs", 1.5)),
              HasSubstr("expected a whole number from 1 to 2"));
  EXPECT_THAT(asked("xor", TaskParameters{}.set("off", NAN)), HasSubstr("expected a number from -1 to 0"));
  EXPECT_THAT(asked("xor", TaskParameters{}.set("outputs", "two")), HasSubstr("expected a number such as 1"));
  EXPECT_THAT(asked("teacher-student", TaskParameters{}.set("input_law", "unif")),
              HasSubstr("uniform or normal"));
  EXPECT_THAT(asked("yin-yang", TaskParameters{}.set("r_small", 0.3)), HasSubstr("less than half of r_big"));
  EXPECT_THAT(asked("delayed-match-to-sample", TaskParameters{}.set("longest_delay_steps", 10)),
              HasSubstr("at least 'shortest_delay_steps' = 50"));
}

TEST(Tasks, LayersAreReadFromInputToOutput) {
  EXPECT_EQ(parse_layers("32-16-1"), (std::vector<std::size_t>{32, 16, 1}));
  for (const char* wrong :
       {"", "3", "3-", "-3", "3--2", "3-0", "3-x", "3 2", "3-2-", "3-100001", "3-99999999999999999999"}) {
    EXPECT_THROW(parse_layers(wrong), ConfigError) << wrong;
  }
}

TEST(Xor, HasTheFourPatternsAndNoLinearSolution) {
  const Dataset data = make_dataset("xor");
  ASSERT_EQ(data.train.size(), 4U);
  EXPECT_EQ(data.inputs(), 2U);
  EXPECT_EQ(data.outputs(), 1U);
  // A linear read-out a + b x1 + c x2 gives equal sums on the two diagonals of the square; the targets do
  // not.
  double equal = 0, different = 0;
  std::vector<double> x(2);
  for (std::size_t i = 0; i < 4; ++i) {
    data.train.read_input(i, std::span<double>(x));
    EXPECT_EQ(data.train.targets(i, 0), x[0] != x[1] ? 1.0 : 0.0);
    EXPECT_EQ(data.decide(data.train.targets.row(i)), data.train.labels[i]);
    (x[0] == x[1] ? equal : different) += data.train.targets(i, 0);
  }
  EXPECT_EQ(equal, 0.0);
  EXPECT_EQ(different, 2.0);
}

TEST(Xor, TwoOutputsAreOneHotAndBitsMayBeSigned) {
  const Dataset data = make_dataset("xor", TaskParameters{}.set("outputs", 2).set("off", -1));
  EXPECT_EQ(data.outputs(), 2U);
  std::vector<double> x(2);
  data.test.read_input(0, std::span<double>(x));
  EXPECT_EQ(x, (std::vector<double>{-1, -1}));
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(data.decide(data.test.targets.row(i)), data.test.labels[i]);
}

}  // namespace
}  // namespace apical
