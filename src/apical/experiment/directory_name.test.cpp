// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/directory_name.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

namespace apical {
namespace {

TEST(DirectoryName, LeavesWhatIsReadableReadable) {
  EXPECT_EQ(directory_name("feedback-alignment"), "feedback-alignment");
  EXPECT_EQ(directory_name("burstprop, learned feedback"), "burstprop,_learned_feedback");
  EXPECT_EQ(directory_name("learning rate 0.001"), "learning_rate_0.001");
  EXPECT_EQ(directory_name("eta 1e+06"), "eta_1e+06");
  EXPECT_EQ(directory_name("誤差逆伝播"), "誤差逆伝播");
  EXPECT_EQ(directory_name("μ=0.1"), "μ=0.1");
}

TEST(DirectoryName, TellsApartWhatDiffersInSignsAndBlanks) {
  const std::vector<std::string> labels{"bias -0.5", "bias 0.5", "bias  0.5", "bias_0.5", "1e-06", "1e+06",
                                        "a b",       "a-b",      "a_b",       "A b",      "",      " ",
                                        "%",         "%20",      ".",         "..",       "a/b",   "a%2Fb",
                                        "μ=0.1",     "σ=0.1",    "a\n",       "a"};
  std::set<std::string> names;
  for (const std::string& label : labels) names.insert(directory_name(label));
  EXPECT_EQ(names.size(), labels.size());
}

TEST(DirectoryName, IsNoPathNoHiddenFileAndNoFileBesideIt) {
  EXPECT_EQ(directory_name("../up"), "%2E%2E%2Fup");
  EXPECT_EQ(directory_name("report.html"), "report%2Ehtml");
  EXPECT_EQ(directory_name("--out"), "%2D-out");
  EXPECT_EQ(directory_name("\x1b[2J"), "%1B%5B2J");
  EXPECT_EQ(directory_name("a\u202Eb"), "a%E2%80%AEb") << "a mark that turns text around";
  EXPECT_EQ(directory_name("\xff\xfe"), "%FF%FE");
}

/// Labels of letters that names treat in different ways.
rc::Gen<std::string> labels() {
  return rc::gen::map(
      rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
          "a", "B", "7", " ", "-", "_", ".", "%", "/", "~", "+", "é", "誤", "\u202E", "\x01", "\xE3", "2F")),
      [](const std::vector<std::string>& pieces) {
        std::string text;
        for (const std::string& piece : pieces) text += piece;
        return text;
      });
}

RC_GTEST_PROP(DirectoryName, IsAnotherForAnotherLabel, ()) {
  const std::string a = *labels(), b = *labels();
  RC_ASSERT((directory_name(a) == directory_name(b)) == (a == b));
}

RC_GTEST_PROP(DirectoryName, IsAFileNameOfEveryDisk, ()) {
  std::string label = *labels();
  for (int doublings = *rc::gen::inRange(0, 6); doublings > 0; --doublings) label += label;
  const std::string name = directory_name(label);
  RC_ASSERT(!name.empty() && name.size() <= 200 && name != "." && name != "..");
  RC_ASSERT(name.find('/') == std::string::npos);
}

TEST(DirectoryName, LongLabelsThatDifferAtTheirEndsDiffer) {
  const std::string long_label(300, 'x');
  EXPECT_NE(directory_name(long_label + "1"), directory_name(long_label + "2"));
  EXPECT_NE(directory_name(long_label), directory_name(std::string(160, 'x')));
}

}  // namespace
}  // namespace apical
