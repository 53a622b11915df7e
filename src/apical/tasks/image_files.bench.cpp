// SPDX-License-Identifier: Apache-2.0
// Pictures per second of the loader: small ones as they are, and photographs of 500 x 375 pixels brought to
// windows of 224 from a shorter side of 256. "alone": the reader decodes; otherwise the thread ahead of it
// shares the work.
#include "apical/tasks/image_files.h"

#include <benchmark/benchmark.h>

#include <numeric>

#include "apical/io/test_directory.h"
#include "apical/io/test_pictures.h"

namespace apical {
namespace {

void read_pictures(benchmark::State& state, std::size_t count, std::size_t rows, std::size_t cols,
                   std::size_t size, std::size_t side) {
  const io::TestDirectory directory;
  std::vector<io::Path> paths;
  for (std::size_t n = 0; n < count; ++n) {
    io::Picture picture = io::plain_picture(rows, cols, 0, 0, 0);
    for (std::size_t i = 0; i < picture.rgb.size(); ++i) {
      picture.rgb[i] = static_cast<std::uint8_t>(
          128 + (i / 3 % cols / 8 * 13 + i / 3 / cols / 8 * 29 + n * 7) % 100 + i % 5);
    }
    paths.push_back(directory / (std::to_string(n) + ".jpg"));
    io::write_jpeg(paths.back(), picture);
  }
  const ImageFiles files(paths, size, side);
  const Augmentation augmentation{.crop = true, .flip = true, .pad = 0};
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0U);
  std::uint64_t epoch = 0;
  for (auto _ : state) {
    if (state.range(0) > 0) files.announce(order, &augmentation, {1, epoch});
    for (const std::uint32_t sample : order)
      benchmark::DoNotOptimize(files.read(sample, &augmentation, {1, epoch}));
    ++epoch;
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
}

void BM_SmallPictures(benchmark::State& state) { read_pictures(state, 1000, 32, 32, 32, 32); }
void BM_Photographs(benchmark::State& state) { read_pictures(state, 64, 375, 500, 224, 256); }
BENCHMARK(BM_SmallPictures)->ArgName("ahead")->Arg(0)->Arg(1)->UseRealTime();
BENCHMARK(BM_Photographs)->ArgName("ahead")->Arg(0)->Arg(1)->UseRealTime();

}  // namespace
}  // namespace apical
