// SPDX-License-Identifier: Apache-2.0
// The three products of a convolution with averaging, on rows of flat images. Averaging comes first: the mean
// over a window of convolved positions is the convolution of an image that was itself averaged (with the
// convolution's stride between the averaged pixels), which needs pool_stride^2 times fewer multiplications.
// Patches of a fixed group of samples then are the rows of one matrix product, so bits depend on shapes, not
// on the number of threads.
#pragma once

#include <span>

#include "apical/engine/layered/connection.h"
#include "apical/engine/layered/gemm.h"

namespace apical::layered {

/// a = gain pool(conv(h)) + b + keep a, with b one offset per channel or empty. h (N, in), a (N, out).
template <class T>
void convolve(const Workers& workers, const Convolution& c, In<T> h, In<T> W,
              std::span<const std::type_identity_t<T>> b, MatrixView<T> a, std::type_identity_t<T> gain,
              std::type_identity_t<T> keep);
/// below = gain (transpose of convolve) above + keep below. above (N, out), below (N, in).
template <class T>
void convolve_back(const Workers& workers, const Convolution& c, In<T> above, In<T> W, MatrixView<T> below,
                   std::type_identity_t<T> gain, std::type_identity_t<T> keep);
/// dW = factor sum_n over samples and positions of post times the patch it reads + keep dW. post (N, out),
/// pre (N, in).
template <class T>
void correlate_patches(const Workers& workers, const Convolution& c, In<T> post, In<T> pre,
                       std::type_identity_t<T> factor, MatrixView<T> dW, std::type_identity_t<T> keep);

namespace reference {
/// Scalar twin of convolve() for gain 1 and keep 0 in the order of the definition: convolve everywhere, then
/// average.
template <class T>
void convolve(const Convolution& c, In<T> h, In<T> W, MatrixView<T> a);
}  // namespace reference

}  // namespace apical::layered
