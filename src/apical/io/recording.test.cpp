// SPDX-License-Identifier: Apache-2.0
#include "apical/io/recording.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "apical/io/fault_injection.h"
#include "apical/io/test_directory.h"
#include "support/figures.h"

namespace apical::io {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

/// Three variables of different width, stride, precision and timing, whose values tell where they belong.
struct Sample {
  Recording recording;
  VariableId u, rate, reward;
  explicit Sample(const Path& prefix, std::size_t budget = 4096,
                  hdf5::Compression compression = hdf5::Compression::none, std::size_t carried = 0)
      : recording(prefix, {{"seed", std::int64_t{7}}, {"version", "0.1.0"}}, {budget, compression, carried}) {
    u = recording.add_variable({"v1/pyr", "u", "mV", "somatic potential", 5, 1, 0.1, Element::f32, {}});
    rate = recording.add_variable({"v1/pyr", "rate", "Hz", "event rate", 3, 10, 0.1, Element::f64, {}});
    reward = recording.add_variable(
        {"task", "reward", "1", "reward", 1, 1, 0.1, Element::f32, RecordedVariable::Timing::irregular});
  }
  static float value(std::int64_t step, int unit) {
    return static_cast<float>(step) + 0.125f * static_cast<float>(unit);
  }
  void run(std::int64_t first, std::int64_t last) {
    for (std::int64_t step = first; step < last; ++step) {
      const std::vector<float> row{value(step, 0), value(step, 1), value(step, 2), value(step, 3),
                                   value(step, 4)};
      recording.append(u, step, row);
      if (step % 10 == 0)
        recording.append(rate, step, std::vector<double>{step + 0.1, step + 0.2, step + 0.3});
      if (step % 7 == 3 || step % 11 == 0)
        recording.append(reward, step, std::vector<float>{static_cast<float>(step % 2)});
    }
  }
};

void expect_whole(const Path& path, std::int64_t steps) {
  hdf5::File file = hdf5::File::open(path);
  const std::vector<float> u = file.dataset("v1/pyr/u").read<float>();
  ASSERT_EQ(u.size(), static_cast<std::size_t>(steps * 5));
  for (std::int64_t step = 0; step < steps; ++step) {
    for (int unit = 0; unit < 5; ++unit)
      ASSERT_EQ(u[static_cast<std::size_t>(step * 5 + unit)], Sample::value(step, unit));
  }
  EXPECT_EQ(file.dataset("v1/pyr/rate").dims(),
            (std::vector<std::uint64_t>{static_cast<std::uint64_t>((steps + 9) / 10), 3}));
  const auto when = file.dataset("task/reward_steps").read<std::int64_t>();
  EXPECT_EQ(when.size(), file.dataset("task/reward").rows());
  EXPECT_TRUE(
      std::all_of(when.begin(), when.end(), [](std::int64_t s) { return s % 7 == 3 || s % 11 == 0; }));
}

TEST(Recording, SegmentsBecomeOneFileWithUnitsAndTimes) {
  for (const auto compression : {hdf5::Compression::none, hdf5::Compression::deflate}) {
    const TestDirectory dir;
    Sample sample(dir / "results", 4096, compression);
    sample.run(0, 1000);
    EXPECT_GT(sample.recording.segment_count(), 5u);
    const Path path = sample.recording.finish();
    EXPECT_EQ(path, dir / "results.h5");
    expect_whole(path, 1000);
    hdf5::File file = hdf5::File::open(path);
    EXPECT_EQ(file.attribute("v1/pyr/rate", "units"), hdf5::AttributeValue("Hz"));
    EXPECT_EQ(file.attribute("v1/pyr/rate", "stride"), hdf5::AttributeValue(std::int64_t{10}));
    EXPECT_EQ(file.attribute("v1/pyr/rate", "dt_ms"), hdf5::AttributeValue(0.1));
    EXPECT_EQ(file.attribute("/", "seed"), hdf5::AttributeValue(std::int64_t{7}));
    sample.recording.remove_segments();
    EXPECT_EQ(list_directory(dir.path()), std::vector<std::string>{"results.h5"});
    EXPECT_THAT([&] { sample.run(1000, 1001); },
                ThrowsMessage<DataError>(HasSubstr("its segments are removed")));
  }
}

TEST(Recording, MemoryStaysWithinTheBudget) {
  const TestDirectory dir;
  Sample sample(dir / "results", 100'000);
  for (std::int64_t step = 0; step < 20'000; step += 100) {
    sample.run(step, step + 100);
    EXPECT_LE(sample.recording.buffered_bytes(), 50'000u);
  }
  EXPECT_GT(sample.recording.segment_count(), 7u);
}

TEST(Recording, ContinuingEqualsNeverHavingStopped) {
  const TestDirectory whole_dir, parts_dir;
  Sample whole(whole_dir / "results");
  whole.run(0, 500);
  const Bytes expected = read_file(whole.recording.finish());

  Bytes checkpoint;
  std::int64_t at = 0;
  // Ten stops, each after work past the checkpoint that is lost and done again.
  for (const std::int64_t stop : {1, 7, 49, 50, 51, 173, 174, 300, 420, 499}) {
    Sample part(parts_dir / "results");
    if (at > 0) {
      RecordingPosition position;
      load_state(checkpoint, position);
      part.recording.resume(position);
    }
    part.run(at, stop);
    checkpoint = save_state(part.recording.position());
    at = stop;
    part.run(at, std::min<std::int64_t>(at + 120, 500));
  }
  Sample last(parts_dir / "results");
  RecordingPosition position;
  load_state(checkpoint, position);
  last.recording.resume(position);
  last.run(at, 500);
  EXPECT_EQ(read_file(last.recording.finish()), expected) << "bit for bit, wherever segments begin and end";
}

TEST(Recording, APositionCarriesAFewRowsInPlaceOfAFileForEachCheckpoint) {
  const TestDirectory whole_dir, parts_dir;
  constexpr std::size_t kBudget = 1 << 20, kCarried = 2000;
  Sample whole(whole_dir / "results");
  whole.run(0, 500);
  const Bytes expected = read_file(whole.recording.finish());
  Bytes checkpoint, rows;
  const auto keep = [&](Recording& recording) {
    RecordingPosition position = recording.position();
    checkpoint = save_state(position);
    rows = save_state(CarriedRows{position.carried});
  };
  const auto go_on = [&](Recording& recording) {
    RecordingPosition position;
    load_state(checkpoint, position);
    CarriedRows carried;
    load_state(rows, carried);
    position.carried = carried.columns;
    recording.resume(position);
  };
  for (std::int64_t at = 0; at < 500; at += 10) {  // a process for each ten steps
    Sample part(parts_dir / "results", kBudget, hdf5::Compression::none, kCarried);
    if (at > 0) go_on(part.recording);
    part.run(at, at + 10);
    keep(part.recording);
    part.run(at + 10, at + 13);  // lost, and done again
  }
  Sample last(parts_dir / "results", kBudget, hdf5::Compression::none, kCarried);
  go_on(last.recording);
  EXPECT_GT(last.recording.segment_count(), 2u) << "more than is carried becomes a segment";
  EXPECT_LT(last.recording.segment_count(), 15u);
  EXPECT_EQ(read_file(last.recording.finish()), expected);
}

TEST(Recording, CarriedRowsOfAnotherRecordingAreRefused) {
  const TestDirectory dir;
  Sample sample(dir / "results", 4096, hdf5::Compression::none, 4096);
  sample.run(0, 20);
  const RecordingPosition position = sample.recording.position();
  ASSERT_FALSE(position.carried.empty());
  const auto with = [&](auto change) {
    RecordingPosition other = position;
    change(other);
    return [&dir, other] { Sample(dir / "results").recording.resume(other); };
  };
  EXPECT_THAT(with([](auto& p) { p.carried.pop_back(); }),
              ThrowsMessage<DataError>(HasSubstr("carries rows of 3 datasets, this experiment records 4")));
  EXPECT_THAT(with([](auto& p) { p.carried[0].pop_back(); }),
              ThrowsMessage<DataError>(HasSubstr("another width")));
  EXPECT_THAT(with([](auto& p) { p.carried.clear(); }),
              ThrowsMessage<DataError>(HasSubstr("which counts 20")));
}

TEST(Recording, AStartOverAnExistingRecordingIsRefused) {
  const TestDirectory dir;
  {
    Sample first(dir / "results");
    first.run(0, 500);
  }
  Sample second(dir / "results");
  EXPECT_THAT([&] { second.run(0, 500); },
              ThrowsMessage<DataError>(HasSubstr("holds a recording already (results.segment-0001.h5)")));
}

TEST(Recording, AMissingOrChangedSegmentIsNamed) {
  const TestDirectory dir;
  RecordingPosition position;
  {
    Sample sample(dir / "results");
    sample.run(0, 500);
    position = sample.recording.position();
    ASSERT_GT(position.segments.size(), 2u);
  }
  {
    Bytes bytes = read_file(dir / "results.segment-0002.h5");
    // Metadata and data alike; HDF5 would crash on some of these.
    const Bytes whole = bytes;
    for (std::size_t i = 0; i < whole.size(); i += 13) {
      bytes = whole;
      bytes[i] ^= std::byte{16};
      write_atomically(dir / "results.segment-0002.h5", bytes);
      Sample sample(dir / "results");
      EXPECT_THAT([&] { sample.recording.resume(position); },
                  ThrowsMessage<DataError>(HasSubstr("segment-0002.h5: is not the segment that was sealed")));
    }
    write_atomically(dir / "results.segment-0002.h5", whole);
    Sample sample(dir / "results");
    sample.recording.resume(position);
    write_atomically(dir / "results.segment-0002.h5", bytes);
    EXPECT_THAT([&] { sample.recording.finish(); },
                ThrowsMessage<DataError>(HasSubstr("segment-0002.h5: is not the segment that was sealed")));
    EXPECT_FALSE(file_exists(dir / "results.h5"));
  }
  remove_file(dir / "results.segment-0002.h5");
  Sample sample(dir / "results");
  EXPECT_THAT([&] { sample.recording.resume(position); },
              ThrowsMessage<DataError>(HasSubstr("results.segment-0002.h5: is missing")));
  Sample fewer(dir / "results");
  position.variables.pop_back();
  EXPECT_THAT([&] { fewer.recording.resume(position); },
              ThrowsMessage<DataError>(HasSubstr("has 2 variables, this experiment records 3")));
}

TEST(Recording, WrongVariablesAreExplained) {
  const TestDirectory dir;
  Recording r(dir / "results", {}, {.memory_budget = 1000, .compression = {}});
  const RecordedVariable good{"a/b", "u", "mV", "", 10, 1, 0.1, Element::f32, {}};
  const auto with = [&](auto change) {
    RecordedVariable v = good;
    change(v);
    return [&r, v] { r.add_variable(v); };
  };
  r.add_variable(good);
  EXPECT_THAT(with([](auto&) {}), ThrowsMessage<ConfigError>("recorded variable 'a/b/u': is recorded twice"));
  EXPECT_THAT(with([](auto& v) { v.name = ""; }),
              ThrowsMessage<ConfigError>(HasSubstr("needs a group and a name")));
  EXPECT_THAT(with([](auto& v) { v.name = "v", v.width = 0; }),
              ThrowsMessage<ConfigError>(HasSubstr("width 0")));
  EXPECT_THAT(with([](auto& v) { v.name = "v", v.stride_steps = 0; }),
              ThrowsMessage<ConfigError>(HasSubstr("stride 0 steps")));
  EXPECT_THAT(with([](auto& v) { v.name = "v", v.dt_ms = 0; }),
              ThrowsMessage<ConfigError>(HasSubstr("dt_ms = 0")));
  EXPECT_THAT(with([](auto& v) { v.name = "v", v.element = Element::i32; }),
              ThrowsMessage<ConfigError>(HasSubstr("expected float or double")));
  EXPECT_THAT(with([](auto& v) { v.name = "v", v.width = 200; }),
              ThrowsMessage<ConfigError>(HasSubstr("memory budget of 1000")));
}

TEST(Recording, AStepOutOfTurnPoisonsTheRecording) {
  const TestDirectory dir;
  Sample sample(dir / "results");
  sample.run(0, 11);
  const std::string message = "recorded variable 'v1/pyr/rate': row 2 is of step 21, expected 20";
  EXPECT_THAT([&] { sample.recording.append(sample.rate, 21, std::vector<double>(3)); },
              ThrowsMessage<DataError>(message));
  EXPECT_THAT([&] { sample.run(11, 12); }, ThrowsMessage<DataError>(message));
  EXPECT_THAT([&] { sample.recording.finish(); }, ThrowsMessage<DataError>(message));
}

TEST(Recording, EveryFailingOperationIsReportedAndNothingSealedIsLost) {
  for (const int error : {ENOSPC, EIO}) {
    for (const bool persistent : {false, true}) {
      for (std::uint64_t k = 1;; ++k) {
        const TestDirectory dir;
        RecordingPosition checkpoint;
        {
          Sample sample(dir / "results");
          sample.run(0, 100);
          checkpoint = sample.recording.position();
        }
        FaultyDisk disk({.fail_at = k, .error = error, .persistent = persistent, .only_writes = true});
        std::string first;
        {
          const ScopedFileSystem scope(disk);
          Sample sample(dir / "results");
          try {
            sample.recording.resume(checkpoint);
            sample.run(100, 200);
            sample.recording.finish();
          } catch (const IoError& e) {
            first = e.what();
            EXPECT_THAT([&] { sample.run(200, 300); }, ThrowsMessage<IoError>(first));
            EXPECT_THAT([&] { sample.recording.position(); }, ThrowsMessage<IoError>(first));
            EXPECT_THAT([&] { sample.recording.finish(); }, ThrowsMessage<IoError>(first));
          }
        }
        EXPECT_EQ(!first.empty(), disk.fired()) << disk.failed_operation() << " at " << k;
        // The space was freed: continuing is exact.
        remove_temporaries(dir.path());
        Sample again(dir / "results");
        again.recording.resume(checkpoint);
        again.run(100, 200);
        expect_whole(again.recording.finish(), 200);
        if (!disk.fired()) {
          EXPECT_GE(k, 10u);
          test::figure("D4", std::string("failing operations of a recording, ") + std::strerror(error),
                       k - 1);
          break;
        }
      }
    }
  }
}

TEST(Recording, PowerLossAtAnyOperationLosesOnlyWhatIsPastTheCheckpoint) {
  int explored = 0;
  for (std::uint64_t cut = 1;; ++cut) {
    PowerLossDisk disk;
    RecordingPosition checkpoint;
    bool survived = true;
    {
      const ScopedFileSystem scope(disk);
      Sample sample("/run/results");
      sample.run(0, 100);
      checkpoint = sample.recording.position();
      disk.cut_power_at(cut);
      try {
        sample.run(100, 150);
        sample.recording.finish();
      } catch (const PowerCut&) {
        survived = false;
      }
    }
    for (int i = 0; i < 6; ++i) {
      const auto outcome = i < 3 ? static_cast<PowerLossDisk::Outcome>(i) : PowerLossDisk::Outcome::mixed;
      PowerLossDisk rebooted = disk.after_power_loss(outcome, static_cast<std::uint64_t>(i));
      const ScopedFileSystem scope(rebooted);
      remove_temporaries("/run");
      Sample again("/run/results");
      again.recording.resume(checkpoint);
      again.run(100, 150);
      expect_whole(again.recording.finish(), 150);
      ++explored;
    }
    if (survived) break;
  }
  EXPECT_GE(explored, 60);
  test::figure("D3", "power lost while a recording is written", static_cast<std::size_t>(explored));
}

TEST(Recording, AFullDiskIsReportedAndWhatWasSealedStaysReadable) {
  const TestDirectory dir;
  if (::mount("tmpfs", dir.path().c_str(), "tmpfs", 0, "size=2m") != 0)
    GTEST_SKIP() << "mounting a small tmpfs needs root";
  struct Unmount {
    Path path;
    ~Unmount() { ::umount2(path.c_str(), MNT_DETACH); }
  } const unmount{dir.path()};
  Sample sample(dir / "results", 256 << 10);
  EXPECT_THAT([&] { sample.run(0, 1'000'000); },
              ThrowsMessage<IoError>(HasSubstr("No space left on device")));
  EXPECT_THROW(sample.recording.position(), IoError);
  const std::vector<std::string> names = list_directory(dir.path());
  EXPECT_GT(names.size(), 5u);
  std::uint64_t rows = 0;
  for (const std::string& name : names) {
    const auto u = hdf5::File::open(dir / name).dataset("v1/pyr/u").read<float>();
    for (std::size_t i = 0; i < u.size(); ++i) {
      ASSERT_EQ(u[i], Sample::value(static_cast<std::int64_t>(rows + i / 5), static_cast<int>(i % 5)))
          << name;
    }
    rows += u.size() / 5;
  }
}

TEST(Recording, H5pyReadsItAsTimeByUnit) {
  if (!python_has("h5py")) GTEST_SKIP() << "/usr/bin/python3 has no h5py (Debian: python3-h5py)";
  const TestDirectory dir;
  Sample sample(dir / "results", 4096, hdf5::Compression::deflate);
  sample.run(0, 300);
  const Path path = sample.recording.finish();
  std::ofstream(dir / "read.py")
      << "import h5py, numpy as np\n"
         "f = h5py.File('"
      << path.string()
      << "')\n"
         "u = f['v1/pyr/u']\n"
         "assert u.shape == (300, 5) and u.dtype == np.float32, (u.shape, u.dtype)\n"
         "assert np.array_equal(u[:], np.arange(300)[:, None] + 0.125 * np.arange(5)[None, :])\n"
         "assert u.attrs['units'] == 'mV' and u.attrs['description'] == 'somatic potential'\n"
         "assert u.attrs['dt_ms'] == 0.1 and u.attrs['stride'] == 1 and u.attrs['first_step'] == 0\n"
         "r = f['v1/pyr/rate']\n"
         "assert r.shape == (30, 3) and r.dtype == np.float64 and r.attrs['stride'] == 10\n"
         "assert np.array_equal(r[:], 10 * np.arange(30)[:, None] + np.array([0.1, 0.2, 0.3]))\n"
         "assert f['task/reward'].shape[1] == 1 and f['task/reward_steps'].ndim == 1\n"
         "assert f.attrs['seed'] == 7 and f.attrs['version'] == '0.1.0'\n";
  EXPECT_TRUE(run_python(dir / "read.py", dir / "output")) << read_text(dir / "output");
}

}  // namespace
}  // namespace apical::io
