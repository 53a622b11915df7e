// SPDX-License-Identifier: Apache-2.0
// Dense matrix products through a CBLAS that runs one thread per call. The result is cut into fixed
// tiles, each computed by one call, and tiles are spread over our own threads: bits depend on the BLAS
// kernel and on shapes, not on the number of threads.
#pragma once

#include <string>
#include <type_traits>

#include "apical/core/matrix.h"
#include "apical/engine/layered/workers.h"

namespace apical::layered {

/// A read-only operand: the element type is deduced from the output alone, so owners and views convert.
template <class T>
using In = MatrixView<const std::type_identity_t<T>>;

enum class Op { none, transpose };

/// C = alpha op(A) op(B) + beta C, row major. Shapes are checked; C must not overlap A or B. The first call
/// in a process checks the BLAS against a scalar twin (see check_gemm) and throws Error if it computes wrong
/// results.
template <class T>
void gemm(const Workers& workers, Op op_a, Op op_b, std::type_identity_t<T> alpha, In<T> A, In<T> B,
          std::type_identity_t<T> beta, MatrixView<T> C);

/// The same by one call of the BLAS on this thread, for operands that are parts of something larger already.
template <class T>
void whole_gemm(Op op_a, Op op_b, std::type_identity_t<T> alpha, In<T> A, In<T> B,
                std::type_identity_t<T> beta, MatrixView<T> C);

namespace reference {
/// The scalar twin: plain loops, sums in double.
template <class T>
void gemm(Op op_a, Op op_b, std::type_identity_t<T> alpha, In<T> A, In<T> B, std::type_identity_t<T> beta,
          MatrixView<T> C);
}  // namespace reference

/// A product to be checked: same meaning as gemm() on one thread.
template <class T>
using GemmFunction = void (*)(Op, Op, T alpha, MatrixView<const T> A, MatrixView<const T> B, T beta,
                              MatrixView<T> C);

/// Compares `product` with the scalar twin on shapes around the blocking of common kernels, for all
/// transpositions. Throws Error that names `library` and the first wrong case. Some AVX-512 builds of
/// OpenBLAS returned wrong products (OpenBLAS issues 2914, 3152), hence a check at start rather than trust.
template <class T>
void check_gemm(GemmFunction<T> product, const std::string& library);

/// Name of the BLAS kernel family in use ("Haswell", "SkylakeX" …), "unknown" if the library does not say.
/// Bits of products are reproducible per this name.
std::string blas_core_name();

}  // namespace apical::layered
