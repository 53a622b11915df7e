// SPDX-License-Identifier: Apache-2.0
// `apical data` as a person uses it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "apical/io/digest.h"
#include "apical/io/json.h"
#include "apical/io/test_pictures.h"
#include "apical/tasks/cifar10.h"
#include "apical/tasks/data_receipt.h"
#include "support/command_line.h"
#include "support/environment.h"

namespace apical::test {
namespace {

using testing::HasSubstr;
using Data = CommandLine;

TEST_F(Data, ListNamesEverySetWithItsLicence) {
  const Answer answer = apical_says({"data", "list", "--data", directory_.path().string()});
  EXPECT_EQ(answer.code, 0) << answer.err;
  for (const char* part : {"cifar10", "fashion-mnist", "mnist", "licence: MIT", "missing"})
    EXPECT_THAT(answer.out, HasSubstr(part));
  const auto json = io::parse_json(
      apical_says({"data", "list", "--json", "--data", directory_.path().string()}).out, "list");
  EXPECT_EQ(json.at("schema"), "apical-data-list/1");
  EXPECT_EQ(json.at("sets").size(), 3U);
  EXPECT_EQ(json.at("sets")[0].at("files")[0].at("state"), "missing");
}

TEST_F(Data, VerifyTellsMissingFromDamaged) {
  const std::string base = directory_.path().string();
  EXPECT_EQ(apical_says({"data", "verify", "--data", base}).code,
            0);  // nothing is here, nothing was asked for
  const Answer missing = apical_says({"data", "verify", "mnist", "--data", base});
  EXPECT_EQ(missing.code, 1);
  EXPECT_THAT(missing.out, HasSubstr("apical data fetch mnist"));
  io::write_atomically(directory_ / "train-labels-idx1-ubyte", "not labels");
  const Answer damaged = apical_says({"data", "verify", "mnist", "--json", "--data", base});
  EXPECT_EQ(damaged.code, 3);
  const auto json = io::parse_json(damaged.out, "verify");
  EXPECT_EQ(json.at("sets")[0].at("files")[1].at("state"), "damaged");
  EXPECT_EQ(json.at("missing"), true);
}

TEST_F(Data, AFolderThatIsNoneIsAFaultOfTheFileSystem) {
  io::write_atomically(directory_ / "file", "not a folder");
  const std::string base = (directory_ / "file").string();
  const std::string experiment =
      file("[task]\nname = \"mnist\"\n[model]\nname = \"backpropagation\"\nlayers = [784, 10]\n");
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"data", "list"},
                                             {"data", "verify"},
                                             {"data", "verify", "mnist"},
                                             {"data", "fetch", "mnist"},
                                             {"check", experiment},
                                             {"run", experiment, "--out", out()}}) {
    std::vector<std::string> given = arguments;
    given.insert(given.end(), {"--data", base});
    const Answer a = apical_says(given);
    EXPECT_EQ(a.code, 5) << arguments[0];
    EXPECT_THAT(a.err, HasSubstr(base + ": cannot open directory: Not a directory")) << arguments[0];
  }
  EXPECT_FALSE(io::file_exists(out()));
}

/// Nothing is walked through: what is below a folder of data sets, however deep or in circles, costs no time.
TEST_F(Data, ListLooksForItsFilesAndForNothingElse) {
  io::Path deep = directory_ / "d";
  for (int i = 0; i < 60; ++i) deep /= "deeper";
  std::filesystem::create_directories(deep);
  for (const char* name : {"a", "b", "mnist"}) std::filesystem::create_symlink(".", directory_ / "d" / name);
  std::filesystem::create_symlink("cifar10", directory_ / "d" / "cifar10");  // to itself
  const auto began = std::chrono::steady_clock::now();
  const Answer a = apical_says({"data", "list", "--data", (directory_ / "d").string()});
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(1));
  EXPECT_EQ(a.code, 5);
  EXPECT_THAT(a.err, HasSubstr("d/cifar10"));
  EXPECT_THAT(a.err, HasSubstr("Too many levels of symbolic links"));
  std::filesystem::remove(directory_ / "d" / "cifar10");
  EXPECT_EQ(apical_says({"data", "list", "--data", (directory_ / "d").string()}).code, 0);
}

TEST_F(Data, VerifyCallsAConversionByItsName) {
  std::string records;
  records.assign(30'730'000, '\1');
  io::write_atomically(directory_ / "test_batch.bin", std::string_view(records));
  write_receipt(directory_.path(),
                {"cifar10",
                 "re-encoded",
                 false,
                 {{"test_batch.bin", io::digest_of(io::Digest::md5, io::bytes_of(records))}}});
  const Answer converted = apical_says({"data", "verify", "cifar10", "--data", directory_.path().string()});
  EXPECT_THAT(converted.out,
              HasSubstr("converted  " + (directory_ / "test_batch.bin").string() + ": re-encoded"));
  EXPECT_EQ(converted.code, 1);  // the other five are missing
  records[5] = '\2';
  io::write_atomically(directory_ / "test_batch.bin", std::string_view(records));
  const Answer changed = apical_says({"data", "verify", "cifar10", "--data", directory_.path().string()});
  EXPECT_EQ(changed.code, 3);
  EXPECT_THAT(changed.out, HasSubstr("changed since it was written (re-encoded)"));
}

TEST_F(Data, WrongUseSaysWhatIsRight) {
  EXPECT_THAT(apical_says({"data", "verfy"}).err, HasSubstr("did you mean 'verify'?"));
  EXPECT_THAT(apical_says({"data", "verify", "mnits"}).err, HasSubstr("did you mean 'mnist'?"));
  EXPECT_THAT(apical_says({"data", "convert", "mnist", "x"}).err, HasSubstr("expected cifar10"));
  EXPECT_THAT(apical_says({"data", "convert", "cifar10"}).err, HasSubstr("needs a data set and an archive"));
  EXPECT_THAT(apical_says({"data", "fetch"}).err, HasSubstr("needs the name"));
  EXPECT_THAT(apical_says({"data", "list", "--from", "x"}).err, HasSubstr("belongs to 'apical data fetch'"));
  EXPECT_EQ(apical_says({"data", "list", "mnist"}).code, 2);
}

TEST_F(Data, AFetchThatCannotBeIsAnErrorOfTheNetworkWithAdvice) {
  const Answer answer = apical_says({"data", "fetch", "fashion-mnist", "--from", "http://127.0.0.1:1/",
                                     "--data", directory_.path().string()});
  EXPECT_EQ(answer.code, 5);
  EXPECT_THAT(answer.err, HasSubstr("by hand"));
  EXPECT_THAT(answer.err, HasSubstr((directory_ / "fashion-mnist").string()));
}

TEST_F(Data, AStoppedFetchCanBeGoneOnWith) {
  io::write_atomically(directory_ / "train-images-idx3-ubyte.gz",
                       std::string_view(std::string(100'000, 'x')));
  const Answer answer =
      apical_says({"data", "fetch", "mnist", "--from", "file://" + directory_.path().string(), "--data",
                   (directory_ / "data").string()},
                  true);
  EXPECT_EQ(answer.code, 75);
  EXPECT_THAT(answer.err, HasSubstr("goes on with what has come"));
  EXPECT_TRUE(io::file_exists(directory_ / "data" / "mnist" / "train-images-idx3-ubyte.gz.part"));
}

TEST_F(Data, TheDirectoryOfTheCommandLineIsWhereTasksLook) {
  const std::string experiment =
      file("[task]\nname = \"mnist\"\n[model]\nname = \"backpropagation\"\nlayers = [784, 10]\n");
  const Answer answer = apical_says({"check", experiment, "--data", (directory_ / "elsewhere").string()});
  EXPECT_EQ(answer.code, 3);
  EXPECT_THAT(answer.err, HasSubstr((directory_ / "elsewhere" / "mnist").string()));
}

TEST_F(Data, TheEnvironmentNamesTheDirectoryUnlessTheCommandLineDoes) {
  const std::vector<std::string> list{"data", "list"};
  {
    const EnvironmentVariable named("APICAL_DATA", "/named");
    EXPECT_THAT(apical_says(list).out, HasSubstr("in /named:"));
    EXPECT_THAT(apical_says({"data", "list", "--data", "/given"}).out, HasSubstr("in /given:"));
    EXPECT_EQ(std::string(std::getenv("APICAL_DATA")), "/named") << "a command changes nothing around it";
  }
  const EnvironmentVariable none("APICAL_DATA", nullptr), home("HOME", "/home"),
      data("XDG_DATA_HOME", "/xdg");
  EXPECT_THAT(apical_says(list).out, HasSubstr("in /xdg/apical:"));
  const EnvironmentVariable relative("XDG_DATA_HOME", "relative");
  EXPECT_THAT(apical_says(list).out, HasSubstr("in /home/.local/share/apical:"));
  const EnvironmentVariable no_home("HOME", nullptr);
  EXPECT_THAT(apical_says(list).err, HasSubstr("no data directory is known"));
  EXPECT_THAT(apical_says({"data", "list", "--data", ""}).err, HasSubstr("--data is empty"));
}

constexpr const char* kFolderOfPictures = R"([task]
name = "image-folder"
directory = "pictures"
size = 8
corrupt_files = "skip"
augment = "crop-and-flip"
[model]
name = "backpropagation"
layers = [192, 4, 2]
batch = 4
[training]
epochs = 2
)";

TEST_F(Data, ARunOnAFolderOfPicturesCountsWhatItSkips) {
  for (int i = 0; i < 20; ++i) {
    const std::string path = std::string(i < 12 ? "train/" : "test/") + (i % 2 == 0 ? "a" : "b") + "/" +
                             std::to_string(i) + ".jpg";
    io::write_jpeg(directory_ / ("pictures/" + path),
                   io::plain_picture(10, 12, i % 2 == 0 ? 20 : 230, 100, static_cast<std::uint8_t>(i)));
  }
  for (const char* name : {"2.jpg", "4.jpg"})
    io::write_atomically(directory_ / "pictures" / "train" / "a" / name, "no picture");
  const std::string experiment = file(kFolderOfPictures), base = directory_.path().string();
  const Answer answer = apical_says({"run", experiment, "--out", out(), "--quiet", "--data", base});
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.err, HasSubstr("2 files were left out of task 'image-folder'"));
  const std::string events = io::read_text(io::Path(out()) / "events.ndjson");
  EXPECT_THAT(events, HasSubstr("\"event\":\"skipped_files\""));
  for (const char* name : {"train/a/2.jpg", "train/a/4.jpg"}) EXPECT_THAT(events, HasSubstr(name));
  // Refused, the same file stops the run with its name.
  const Answer refused = apical_says({"run", experiment, "--out", out("refused"), "--quiet", "--data", base,
                                      "--set", "task.corrupt_files=refuse"});
  EXPECT_EQ(refused.code, 3);
  EXPECT_THAT(refused.err, testing::AnyOf(HasSubstr("train/a/2.jpg"), HasSubstr("train/a/4.jpg")));
  EXPECT_THAT(refused.err, HasSubstr("corrupt_files = \"skip\""));
}

constexpr const char* kSmallCifar = R"([task]
name = "cifar10"
verify = "none"
validation_samples = 5
[model]
name = "backpropagation"
layers = [3072, 4, 10]
batch = 5
[training]
epochs = 1
)";

TEST_F(Data, ARunOnConvertedFilesSaysSoWhereverItsDataAreNamed) {
  DataReceipt receipt{"cifar10", "re-encoded <from JPEG>", false, {}};
  std::string records;
  for (int label = 0; label < 10; ++label) {
    records.push_back(static_cast<char>(label));
    records.append(kCifarRecord - 1, static_cast<char>(20 * label));
  }
  for (const std::string& name : cifar10_files()) {
    io::write_atomically(directory_ / name, std::string_view(records));
    receipt.md5[name] = io::digest_of(io::Digest::md5, io::bytes_of(records));
  }
  write_receipt(directory_.path(), receipt);
  const std::string experiment = file(kSmallCifar), base = directory_.path().string();
  EXPECT_THAT(apical_says({"check", experiment, "--data", base}).out,
              HasSubstr("10 test samples; not as published: re-encoded <from JPEG>\n"));
  const auto json = io::parse_json(apical_says({"check", experiment, "--json", "--data", base}).out, "check");
  EXPECT_EQ(json.at("experiments")[0].at("data_provenance"), "re-encoded <from JPEG>");
  const Answer refused = apical_says({"check", experiment, "--data", base, "--set", "task.verify=original"});
  EXPECT_EQ(refused.code, 3);
  EXPECT_THAT(refused.err, HasSubstr("is not the original of CIFAR-10: re-encoded"));

  const Answer stopped = apical_says({"run", experiment, "--out", out(), "--quiet", "--data", base}, true);
  ASSERT_EQ(stopped.code, 75) << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr("data of task 'cifar10': re-encoded"));
  EXPECT_EQ(io::read_json(io::Path(out()) / "manifest.json").at("data_provenance"), "re-encoded <from JPEG>");
  // Other data in the same place: the run does not go on as if nothing had happened.
  io::remove_file(directory_ / kReceiptName);
  const Answer other = apical_says({"run", "--resume", "--out", out(), "--quiet", "--data", base});
  EXPECT_EQ(other.code, 3);
  EXPECT_THAT(other.err, AllOf(HasSubstr("began on \"re-encoded"),
                               HasSubstr("found now are files of which no receipt says")));
  write_receipt(directory_.path(), receipt);
  ASSERT_EQ(apical_says({"run", "--resume", "--out", out(), "--quiet", "--data", base}).code, 0);
  EXPECT_THAT(io::read_text(io::Path(out()) / "report.html"),
              HasSubstr("<b>Data not as published.</b> Re-encoded &lt;from JPEG&gt;</p>"));
}

TEST_F(Data, CircuitsRefuseAugmentation) {
  std::string text = kFolderOfPictures;
  text = with(text, "name = \"backpropagation\"\nlayers = [192, 4, 2]\nbatch = 4",
              "name = \"error-neuron-microcircuit\"\nlayers = [192, 4, 2]");
  for (const char* path : {"train/a/1.jpg", "train/b/1.jpg", "test/a/1.jpg"}) {
    io::write_jpeg(directory_ / (std::string("pictures/") + path), io::plain_picture(10, 12, 0, 0, 0));
  }
  const Answer answer = apical_says({"check", file(text), "--data", directory_.path().string()});
  EXPECT_EQ(answer.code, 3);
  EXPECT_THAT(answer.err, HasSubstr("set augment = \"none\", or choose a layered network"));
}

}  // namespace
}  // namespace apical::test
