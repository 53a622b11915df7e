// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/layered/convolution.h"

#include <algorithm>
#include <utility>

#include "apical/engine/layered/kernels.h"
#include "apical/engine/layered/product_count.h"
#include "apical/engine/layered/shared_parts.h"

namespace apical::layered {
namespace {

// Rows of one product: enough for the BLAS to reach its speed, few enough that patches stay in cache.
constexpr std::size_t kRowsPerProduct = 256;
// Sums over samples are split into this many parts at most, each with a matrix of its own.
constexpr std::size_t kParts = 4;

/// Memory that grows to the largest size asked for and stays; contents are whatever was there.
template <class T>
class Scratch {
 public:
  T* at_least(std::size_t n) {
    if (values_.size() < n) values_.resize(n);
    return values_.data();
  }

 private:
  AlignedBuffer<T> values_;
};

/// Of every thread: an image with its channels side by side in each pixel, the averaged image, patches, and
/// units.
template <class T>
struct Bench {
  Scratch<T> image, averaged, patches, units, spare;
};
template <class T>
Bench<T>& bench() {
  static thread_local Bench<T> own;
  return own;
}

/// Sizes that follow from a convolution; images are pixel-major here, all channels of a pixel side by side.
struct Plan {
  const Convolution& c;
  ImageShape out;
  std::size_t channels, padded_height, padded_width;  // of the image with its border
  std::size_t height, width;                          // of the averaged image
  std::size_t step;                                   // pixels of it from one patch to the next
  std::size_t positions, patch;

  explicit Plan(const Convolution& convolution)
      : c(convolution),
        out(c.out()),
        channels(c.in.channels),
        padded_height(c.in.height + 2 * c.padding),
        padded_width(c.in.width + 2 * c.padding),
        height(padded_height - (c.pool - 1) * c.stride),
        width(padded_width - (c.pool - 1) * c.stride),
        step(c.stride * c.pool_stride),
        positions(out.pixels()),
        patch(c.patch()) {}

  std::size_t padded_units() const { return padded_height * padded_width * channels; }
  std::size_t averaged_units() const { return height * width * channels; }
  std::size_t groups(std::size_t samples) const {
    return std::min(samples, (samples * positions + kRowsPerProduct - 1) / kRowsPerProduct);
  }
};

/// Samples [first, last) of group g of `groups`.
std::pair<std::size_t, std::size_t> share(std::size_t samples, std::size_t groups, std::size_t g) {
  return {samples * g / groups, samples * (g + 1) / groups};
}

/// Channel-major row to pixel-major image with a border of zeros.
template <class T>
void to_pixels(const Plan& p, const T* row, T* image) {
  const ImageShape& in = p.c.in;
  if (p.c.padding == 0) return transpose<T>(in.channels, in.pixels(), row, in.pixels(), image, in.channels);
  std::fill_n(image, p.padded_units(), T(0));
  for (std::size_t y = 0; y < in.height; ++y) {
    T* to = image + ((y + p.c.padding) * p.padded_width + p.c.padding) * in.channels;
    transpose<T>(in.channels, in.width, row + y * in.width, in.pixels(), to, in.channels);
  }
}

/// Pixel-major image with a border to channel-major row, without the border.
template <class T>
void from_pixels(const Plan& p, const T* image, T* row) {
  const ImageShape& in = p.c.in;
  if (p.c.padding == 0) return transpose<T>(in.pixels(), in.channels, image, in.channels, row, in.pixels());
  for (std::size_t y = 0; y < in.height; ++y) {
    const T* from = image + ((y + p.c.padding) * p.padded_width + p.c.padding) * in.channels;
    transpose<T>(in.width, in.channels, from, in.channels, row + y * in.width, in.pixels());
  }
}

template <class T>
void add(T* to, const T* from, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) to[i] += from[i];
}
template <class T>
void add_scaled(T* to, const T* from, T scale, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) to[i] += scale * from[i];
}

/// Every (v, u) of the window with the offset of its pixel in the padded image.
template <class F>
void for_window(const Plan& p, F&& f) {
  for (std::size_t v = 0; v < p.c.pool; ++v) {
    for (std::size_t u = 0; u < p.c.pool; ++u) f((v * p.padded_width + u) * p.c.stride * p.channels);
  }
}

/// The averaged image; without a window that is the image itself.
template <class T>
const T* average(const Plan& p, const T* image, T* averaged) {
  if (p.c.pool == 1) return image;
  const T share_of_one = T(1) / static_cast<T>(p.c.pool * p.c.pool);
  const std::size_t line = p.width * p.channels;
  std::fill_n(averaged, p.averaged_units(), T(0));
  for (std::size_t y = 0; y < p.height; ++y) {
    for_window(p, [&](std::size_t offset) {
      add_scaled(averaged + y * line, image + y * p.padded_width * p.channels + offset, share_of_one, line);
    });
  }
  return averaged;
}

/// Transpose of average(): image += the averaged pixels it went into.
template <class T>
void spread(const Plan& p, const T* averaged, T* image) {
  const T share_of_one = T(1) / static_cast<T>(p.c.pool * p.c.pool);
  const std::size_t line = p.width * p.channels;
  for (std::size_t y = 0; y < p.height; ++y) {
    for_window(p, [&](std::size_t offset) {
      add_scaled(image + y * p.padded_width * p.channels + offset, averaged + y * line, share_of_one, line);
    });
  }
}

/// f(pixels of the averaged image, place in the patch row): one contiguous run per kernel row of every patch.
template <class T, class U, class F>
void for_runs(const Plan& p, T* averaged, U* patches, F&& f) {
  const std::size_t run = p.c.kernel_width * p.channels;
  for (std::size_t y = 0; y < p.out.height; ++y) {
    for (std::size_t x = 0; x < p.out.width; ++x) {
      for (std::size_t i = 0; i < p.c.kernel_height; ++i) {
        f(averaged + ((y * p.step + i) * p.width + x * p.step) * p.channels, patches, run);
        patches += run;
      }
    }
  }
}

/// Patches of the samples [first, last) as rows: (samples * positions, patch).
template <class T>
MatrixView<const T> gather_patches(const Plan& p, MatrixView<const T> h, std::size_t first, std::size_t last,
                                   Bench<T>& b) {
  const std::size_t rows = (last - first) * p.positions;
  T* const patches = b.patches.at_least(rows * p.patch);
  T* const image = b.image.at_least(p.padded_units());
  T* const averaged = b.averaged.at_least(p.averaged_units());
  for (std::size_t n = first; n < last; ++n) {
    to_pixels(p, h.row(n).data(), image);
    for_runs(p, average(p, image, averaged), patches + (n - first) * p.positions * p.patch,
             [](const T* from, T* to, std::size_t run) { std::copy_n(from, run, to); });
  }
  return {patches, rows, p.patch};
}

/// Units of the samples [first, last), channels side by side: (samples * positions, channels).
template <class T>
MatrixView<const T> gather_units(const Plan& p, MatrixView<const T> above, std::size_t first,
                                 std::size_t last, Bench<T>& b) {
  const std::size_t rows = (last - first) * p.positions, channels = p.out.channels;
  T* const units = b.units.at_least(rows * channels);
  for (std::size_t n = first; n < last; ++n) {
    transpose<T>(channels, p.positions, above.row(n).data(), p.positions,
                 units + (n - first) * p.positions * channels, channels);
  }
  return {units, rows, channels};
}

/// What a transposed image means for a row: row = keep row + image.
template <class T, class Transpose>
void store(T* row, std::size_t n, T keep, Scratch<T>& spare, Transpose&& transpose_to) {
  if (keep == 0) return transpose_to(row);
  T* const from = spare.at_least(n);
  transpose_to(from);
  linear_combination<T>(keep, {row, n}, 1, {from, n}, {row, n});
}

/// W with its columns in the order of pixel-major patches, (i, j, c) instead of (c, i, j).
template <class T>
MatrixView<const T> pixel_major(const Plan& p, MatrixView<const T> W, Scratch<T>& memory) {
  const std::size_t taps = p.c.kernel_height * p.c.kernel_width;
  if (p.channels == 1 || taps == 1) return W;
  T* const own = memory.at_least(W.rows() * p.patch);
  for (std::size_t o = 0; o < W.rows(); ++o)
    transpose<T>(p.channels, taps, W.row(o).data(), taps, own + o * p.patch, p.channels);
  return {own, W.rows(), p.patch};
}

double multiply_adds(const Plan& p, std::size_t samples) {
  return static_cast<double>(samples * p.positions) * static_cast<double>(p.out.channels * p.patch);
}

/// Products of single groups are counted by their sum, on the thread that asked for it.
void count_products(const Plan& p, std::size_t samples, double ProductCount::*kind) {
  ProductCount* const count = current_product_count();
  if (count != nullptr) count->*kind += multiply_adds(p, samples);
}

/// compute(g) for groups of samples, of which each fills its rows of `out`.
template <class T, class F>
void run_groups(const Workers& workers, const Plan& p, std::size_t groups, MatrixView<T> out, F&& compute) {
  const auto numbers = static_cast<double>(out.rows() * out.cols());
  if (!shares(workers, groups, multiply_adds(p, out.rows()), numbers)) return workers.run(groups, compute);
  run_on_ranks<T>(workers, groups, compute, [&](std::size_t g, auto&& f) {
    const auto [first, last] = share(out.rows(), groups, g);
    for (std::size_t n = first; n < last; ++n) f(out.row(n).data(), out.cols());
  });
}

template <class T>
void check(const Plan& p, In<T> in, In<T> out, In<T> W) {
  APICAL_CHECK(in.cols() == p.c.in.units() && out.cols() == p.out.units() && in.rows() == out.rows());
  APICAL_CHECK(W.rows() == p.out.channels && W.cols() == p.patch);
}

}  // namespace

template <class T>
void convolve(const Workers& workers, const Convolution& c, In<T> h, In<T> W,
              std::span<const std::type_identity_t<T>> b, MatrixView<T> a, std::type_identity_t<T> gain,
              std::type_identity_t<T> keep) {
  const Plan p(c);
  check<T>(p, h, a, W);
  APICAL_CHECK(b.empty() || b.size() == p.out.channels);
  count_products(p, h.rows(), &ProductCount::transmitted);
  static thread_local Scratch<T> weights;
  const MatrixView<const T> kernel = pixel_major<T>(p, W, weights);
  const std::size_t groups = p.groups(h.rows()), channels = p.out.channels;
  run_groups<T>(workers, p, groups, a, [&](std::size_t g) {
    ProductCount uncounted;
    const CountingProducts aside(uncounted);
    Bench<T>& own = bench<T>();
    const auto [first, last] = share(h.rows(), groups, g);
    const auto patches = gather_patches<T>(p, h, first, last, own);
    const MatrixView<T> units(own.units.at_least(patches.rows() * channels), patches.rows(), channels);
    if (!b.empty()) {
      for (std::size_t r = 0; r < units.rows(); ++r) std::copy(b.begin(), b.end(), units.row(r).begin());
    }
    whole_gemm<T>(Op::none, Op::transpose, gain, patches, kernel, b.empty() ? T(0) : T(1), units);
    for (std::size_t n = first; n < last; ++n) {
      const T* from = units.data() + (n - first) * p.positions * channels;
      store<T>(a.row(n).data(), a.cols(), keep, own.spare,
               [&](T* to) { transpose<T>(p.positions, channels, from, channels, to, p.positions); });
    }
  });
}

template <class T>
void convolve_back(const Workers& workers, const Convolution& c, In<T> above, In<T> W, MatrixView<T> below,
                   std::type_identity_t<T> gain, std::type_identity_t<T> keep) {
  const Plan p(c);
  check<T>(p, below, above, W);
  count_products(p, above.rows(), &ProductCount::transmitted);
  static thread_local Scratch<T> weights;
  const MatrixView<const T> kernel = pixel_major<T>(p, W, weights);
  const std::size_t groups = p.groups(above.rows());
  run_groups<T>(workers, p, groups, below, [&](std::size_t g) {
    ProductCount uncounted;
    const CountingProducts aside(uncounted);
    Bench<T>& own = bench<T>();
    const auto [first, last] = share(above.rows(), groups, g);
    const auto units = gather_units<T>(p, above, first, last, own);
    const MatrixView<T> patches(own.patches.at_least(units.rows() * p.patch), units.rows(), p.patch);
    whole_gemm<T>(Op::none, Op::none, gain, units, kernel, 0, patches);
    T* const image = own.image.at_least(p.padded_units());
    T* const averaged = c.pool == 1 ? image : own.averaged.at_least(p.averaged_units());
    for (std::size_t n = first; n < last; ++n) {
      std::fill_n(image, p.padded_units(), T(0));
      if (c.pool > 1) std::fill_n(averaged, p.averaged_units(), T(0));
      for_runs(p, averaged, std::as_const(patches).data() + (n - first) * p.positions * p.patch,
               [](T* to, const T* from, std::size_t run) { add(to, from, run); });
      if (c.pool > 1) spread(p, averaged, image);
      store<T>(below.row(n).data(), below.cols(), keep, own.spare, [&](T* to) { from_pixels(p, image, to); });
    }
  });
}

template <class T>
void correlate_patches(const Workers& workers, const Convolution& c, In<T> post, In<T> pre,
                       std::type_identity_t<T> factor, MatrixView<T> dW, std::type_identity_t<T> keep) {
  const Plan p(c);
  check<T>(p, pre, post, dW);
  count_products(p, post.rows(), &ProductCount::correlated);
  const std::size_t groups = p.groups(post.rows()), parts = std::min(groups, kParts),
                    size = dW.rows() * dW.cols();
  static thread_local Scratch<T> sums;
  T* const sum = sums.at_least(parts * size);
  const auto sum_samples = [&](std::size_t part) {
    ProductCount uncounted;
    const CountingProducts aside(uncounted);
    Bench<T>& own = bench<T>();
    const auto [begin, end] = share(groups, parts, part);
    for (std::size_t g = begin; g < end; ++g) {
      const auto [first, last] = share(post.rows(), groups, g);
      const auto patches = gather_patches<T>(p, pre, first, last, own);
      const auto units = gather_units<T>(p, post, first, last, own);
      whole_gemm<T>(Op::transpose, Op::none, factor, units, patches, g == begin ? T(0) : T(1),
                    MatrixView<T>(sum + part * size, dW.rows(), dW.cols()));
    }
  };
  if (shares(workers, parts, multiply_adds(p, post.rows()), static_cast<double>(parts * size))) {
    run_on_ranks<T>(workers, parts, sum_samples,
                    [&](std::size_t part, auto&& f) { f(sum + part * size, size); });
  } else {
    workers.run(parts, sum_samples);
  }
  const std::size_t taps = c.kernel_height * c.kernel_width;
  workers.run_ranges(dW.rows(), 16, [&](std::size_t first, std::size_t last) {
    Scratch<T>& spare = bench<T>().spare;
    for (std::size_t o = first; o < last; ++o) {
      T* const row = sum + o * p.patch;
      for (std::size_t part = 1; part < parts; ++part) add(row, sum + part * size + o * p.patch, p.patch);
      store<T>(dW.row(o).data(), p.patch, keep, spare,
               [&](T* to) { transpose<T>(taps, p.channels, row, p.channels, to, taps); });
    }
  });
}

namespace reference {
template <class T>
void convolve(const Convolution& c, In<T> h, In<T> W, MatrixView<T> a) {
  const ImageShape wide = c.convolved(), out = c.out();
  const auto at = [](const ImageShape& s, std::size_t channel, std::size_t y, std::size_t x) {
    return (channel * s.height + y) * s.width + x;
  };
  Matrix<double> convolved(1, wide.units());
  for (std::size_t n = 0; n < h.rows(); ++n) {
    for (std::size_t o = 0; o < wide.channels; ++o) {
      for (std::size_t y = 0; y < wide.height; ++y) {
        for (std::size_t x = 0; x < wide.width; ++x) {
          double sum = 0;
          for (std::size_t k = 0; k < c.in.channels; ++k) {
            for (std::size_t i = 0; i < c.kernel_height; ++i) {
              for (std::size_t j = 0; j < c.kernel_width; ++j) {
                const std::size_t row = y * c.stride + i, col = x * c.stride + j;  // in the padded image
                if (row < c.padding || col < c.padding || row - c.padding >= c.in.height ||
                    col - c.padding >= c.in.width)
                  continue;
                const T pixel = h(n, at(c.in, k, row - c.padding, col - c.padding));
                sum += static_cast<double>(pixel) *
                       static_cast<double>(W(o, (k * c.kernel_height + i) * c.kernel_width + j));
              }
            }
          }
          convolved(0, at(wide, o, y, x)) = sum;
        }
      }
      for (std::size_t y = 0; y < out.height; ++y) {
        for (std::size_t x = 0; x < out.width; ++x) {
          double sum = 0;
          for (std::size_t v = 0; v < c.pool; ++v) {
            for (std::size_t u = 0; u < c.pool; ++u)
              sum += convolved(0, at(wide, o, y * c.pool_stride + v, x * c.pool_stride + u));
          }
          a(n, at(out, o, y, x)) = static_cast<T>(sum / static_cast<double>(c.pool * c.pool));
        }
      }
    }
  }
}
}  // namespace reference

#define APICAL_INSTANTIATE(T)                                                                                \
  template void convolve<T>(const Workers&, const Convolution&, In<T>, In<T>, std::span<const T>,            \
                            MatrixView<T>, T, T);                                                            \
  template void convolve_back<T>(const Workers&, const Convolution&, In<T>, In<T>, MatrixView<T>, T, T);     \
  template void correlate_patches<T>(const Workers&, const Convolution&, In<T>, In<T>, T, MatrixView<T>, T); \
  template void reference::convolve<T>(const Convolution&, In<T>, In<T>, MatrixView<T>);
APICAL_INSTANTIATE(float)
APICAL_INSTANTIATE(double)
#undef APICAL_INSTANTIATE

}  // namespace apical::layered
