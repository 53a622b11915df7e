// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/layered/gemm.h"

#include <cblas.h>
#include <fmt/format.h>
#include <sys/mman.h>

#include <cmath>
#include <mutex>
#include <new>
#include <string_view>
#include <utility>

#include "apical/core/random.h"
#include "apical/engine/layered/product_count.h"
#include "apical/engine/layered/shared_parts.h"

// Present in OpenBLAS only; weak, so that another CBLAS links as well.
extern "C" {
__attribute__((weak)) void openblas_set_num_threads(int);
__attribute__((weak)) char* openblas_get_corename(void);
__attribute__((weak)) char* openblas_get_config(void);
__attribute__((weak)) int openblas_get_parallel(void);
}

namespace apical::layered {
namespace {

// Large enough that packing is amortised, small enough that one layer of a typical network gives work to a
// few threads.
constexpr std::size_t kTileRows = 256, kTileCols = 128;

CBLAS_TRANSPOSE cblas_op(Op op) { return op == Op::none ? CblasNoTrans : CblasTrans; }

template <class T>
void blas_product(Op op_a, Op op_b, T alpha, MatrixView<const T> A, MatrixView<const T> B, T beta,
                  MatrixView<T> C) {
  const auto m = static_cast<blasint>(C.rows()), n = static_cast<blasint>(C.cols());
  const auto k = static_cast<blasint>(op_a == Op::none ? A.cols() : A.rows());
  const auto lda = static_cast<blasint>(A.stride()), ldb = static_cast<blasint>(B.stride());
  const auto ldc = static_cast<blasint>(C.stride());
  if constexpr (std::is_same_v<T, float>) {
    cblas_sgemm(CblasRowMajor, cblas_op(op_a), cblas_op(op_b), m, n, k, alpha, A.data(), lda, B.data(), ldb,
                beta, C.data(), ldc);
  } else {
    cblas_dgemm(CblasRowMajor, cblas_op(op_a), cblas_op(op_b), m, n, k, alpha, A.data(), lda, B.data(), ldb,
                beta, C.data(), ldc);
  }
}

/// A single-threaded OpenBLAS that was built without locks hands out its packing buffers without asking who
/// else is there: two products at once pack into the same memory and come out wrong (OpenBLAS issues 1755 and
/// 2126; Debian's libopenblas0-serial is such a build). Then one product is computed at a time.
bool products_may_overlap() {
  static const bool safe =
      openblas_get_parallel == nullptr || openblas_get_parallel() != 0 ||
      (openblas_get_config != nullptr &&
       std::string_view(openblas_get_config()).find("USE_LOCKING") != std::string_view::npos);
  return safe;
}

std::mutex one_product_at_a_time;  // float and double share the buffers

template <class T>
void guarded_product(Op op_a, Op op_b, T alpha, MatrixView<const T> A, MatrixView<const T> B, T beta,
                     MatrixView<T> C) {
  if (products_may_overlap()) return blas_product<T>(op_a, op_b, alpha, A, B, beta, C);
  const std::lock_guard lock(one_product_at_a_time);
  blas_product<T>(op_a, op_b, alpha, A, B, beta, C);
}

/// The operand that makes columns (or rows) [first, last) of the product.
template <class T>
MatrixView<const T> rows_of(Op op, MatrixView<const T> A, std::size_t first, std::size_t last) {
  return op == Op::none
             ? MatrixView<const T>(A.data() + first * A.stride(), last - first, A.cols(), A.stride())
             : MatrixView<const T>(A.data() + first, A.rows(), last - first, A.stride());
}
template <class T>
MatrixView<const T> cols_of(Op op, MatrixView<const T> B, std::size_t first, std::size_t last) {
  return rows_of(op == Op::none ? Op::transpose : Op::none, B, first, last);
}

/// OpenBLAS takes a buffer of this much address space for every thread that multiplies, and where a limit of
/// the process refuses it, it asks again for ever. So each thread asks before, for one more: the library has
/// a thread of its own that takes one, too.
void require_room_for_buffers() {
  static thread_local bool asked = false;
  if (asked) return;
  constexpr std::size_t kBuffers = 2 * ((std::size_t{128} << 20) + (std::size_t{4} << 20));
  void* const room = ::mmap(nullptr, kBuffers, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (room == MAP_FAILED) throw std::bad_alloc();
  ::munmap(room, kBuffers);
  asked = true;
}

void require_working_blas() {
  require_room_for_buffers();
  static std::once_flag checked;
  std::call_once(checked, [] {
    if (openblas_set_num_threads) openblas_set_num_threads(1);
    const std::string library = "BLAS kernel " + blas_core_name();
    check_gemm<float>(&blas_product<float>, library);
    check_gemm<double>(&blas_product<double>, library);
  });
}

/// What comes before every product: false if there is nothing to compute.
template <class T>
bool checked(Op op_a, Op op_b, MatrixView<const T> A, MatrixView<const T> B, MatrixView<T> C) {
  const std::size_t inner = op_a == Op::none ? A.cols() : A.rows();
  APICAL_CHECK((op_a == Op::none ? A.rows() : A.cols()) == C.rows());
  APICAL_CHECK((op_b == Op::none ? B.cols() : B.rows()) == C.cols());
  APICAL_CHECK((op_b == Op::none ? B.rows() : B.cols()) == inner);
  if (C.rows() == 0 || C.cols() == 0) return false;
  require_working_blas();
  if (ProductCount* count = current_product_count()) {
    const double products =
        static_cast<double>(C.rows()) * static_cast<double>(C.cols()) * static_cast<double>(inner);
    // Rows are samples: a product over them correlates, any other passes values through weights.
    (op_a == Op::transpose ? count->correlated : count->transmitted) += products;
  }
  return true;
}

}  // namespace

template <class T>
void whole_gemm(Op op_a, Op op_b, std::type_identity_t<T> alpha, In<T> A, In<T> B,
                std::type_identity_t<T> beta, MatrixView<T> C) {
  if (checked<T>(op_a, op_b, A, B, C)) guarded_product<T>(op_a, op_b, alpha, A, B, beta, C);
}

template <class T>
void gemm(const Workers& workers, Op op_a, Op op_b, std::type_identity_t<T> alpha, In<T> A, In<T> B,
          std::type_identity_t<T> beta, MatrixView<T> C) {
  if (!checked<T>(op_a, op_b, A, B, C)) return;
  const std::size_t row_tiles = (C.rows() + kTileRows - 1) / kTileRows;
  const std::size_t col_tiles = (C.cols() + kTileCols - 1) / kTileCols;
  const std::size_t tiles = row_tiles * col_tiles;
  const auto tile_of_C = [&](std::size_t tile) {
    const std::size_t r0 = tile / col_tiles * kTileRows, c0 = tile % col_tiles * kTileCols;
    const std::size_t r1 = std::min(C.rows(), r0 + kTileRows), c1 = std::min(C.cols(), c0 + kTileCols);
    return MatrixView<T>(C.data() + r0 * C.stride() + c0, r1 - r0, c1 - c0, C.stride());
  };
  const auto compute = [&](std::size_t tile) {
    const std::size_t r0 = tile / col_tiles * kTileRows, c0 = tile % col_tiles * kTileCols;
    const MatrixView<T> part = tile_of_C(tile);
    guarded_product<T>(op_a, op_b, alpha, rows_of(op_a, A, r0, r0 + part.rows()),
                       cols_of(op_b, B, c0, c0 + part.cols()), beta, part);
  };
  const auto numbers = static_cast<double>(C.rows()) * static_cast<double>(C.cols());
  const auto inner = static_cast<double>(op_a == Op::none ? A.cols() : A.rows());
  if (!shares(workers, tiles, numbers * inner, numbers)) return workers.run(tiles, compute);
  run_on_ranks<T>(workers, tiles, compute, [&](std::size_t tile, auto&& f) {
    const MatrixView<T> part = tile_of_C(tile);
    for (std::size_t r = 0; r < part.rows(); ++r) f(part.row(r).data(), part.cols());
  });
}

namespace reference {
template <class T>
void gemm(Op op_a, Op op_b, std::type_identity_t<T> alpha, In<T> A, In<T> B, std::type_identity_t<T> beta,
          MatrixView<T> C) {
  const std::size_t inner = op_a == Op::none ? A.cols() : A.rows();
  for (std::size_t r = 0; r < C.rows(); ++r) {
    for (std::size_t c = 0; c < C.cols(); ++c) {
      double sum = 0;
      for (std::size_t k = 0; k < inner; ++k) {
        const T a = op_a == Op::none ? A(r, k) : A(k, r);
        const T b = op_b == Op::none ? B(k, c) : B(c, k);
        sum += static_cast<double>(a) * static_cast<double>(b);
      }
      const double old = beta == 0 ? 0 : static_cast<double>(beta) * static_cast<double>(C(r, c));
      C(r, c) = static_cast<T>(static_cast<double>(alpha) * sum + old);
    }
  }
}
}  // namespace reference

template <class T>
void check_gemm(GemmFunction<T> product, const std::string& library) {
  struct Shape {
    std::size_t m, n, k;
  };
  const double tolerance = std::is_same_v<T, float> ? 2e-5 : 5e-14;
  std::uint32_t object = 0;
  const auto fill = [&](Matrix<T>& matrix) {
    std::uint64_t index = 0;
    for (T& x : matrix.flat()) x = static_cast<T>(uniform({1, Stream::task_input, object, index++}, -1, 1));
    ++object;
  };
  for (const Shape s :
       {Shape{1, 1, 1}, Shape{3, 5, 7}, Shape{17, 33, 65}, Shape{64, 96, 131}, Shape{1, 130, 64}}) {
    for (const Op op_a : {Op::none, Op::transpose}) {
      for (const Op op_b : {Op::none, Op::transpose}) {
        Matrix<T> A = op_a == Op::none ? Matrix<T>(s.m, s.k) : Matrix<T>(s.k, s.m);
        Matrix<T> B = op_b == Op::none ? Matrix<T>(s.k, s.n) : Matrix<T>(s.n, s.k);
        Matrix<T> C(s.m, s.n), expected(s.m, s.n);
        fill(A);
        fill(B);
        fill(C);
        expected = C;
        const T alpha = static_cast<T>(0.75), beta = static_cast<T>(-0.5);
        product(op_a, op_b, alpha, std::as_const(A).view(), std::as_const(B).view(), beta, C.view());
        reference::gemm<T>(op_a, op_b, alpha, A.view(), B.view(), beta, expected.view());
        for (std::size_t i = 0; i < C.size(); ++i) {
          const double got = C.flat()[i], want = expected.flat()[i];
          if (std::abs(got - want) <= tolerance * static_cast<double>(s.k)) continue;
          throw Error(
              ExitCode::check_failed,
              fmt::format(
                  "{} computes wrong matrix products: {}x{}x{} ({}, {}), element {}: {} instead of {}; "
                  "use another BLAS library or kernel (OPENBLAS_CORETYPE=Haswell for OpenBLAS)",
                  library, s.m, s.n, s.k, op_a == Op::none ? "A" : "A^T", op_b == Op::none ? "B" : "B^T", i,
                  got, want));
        }
      }
    }
  }
}

std::string blas_core_name() { return openblas_get_corename ? openblas_get_corename() : "unknown"; }

template void gemm<float>(const Workers&, Op, Op, float, In<float>, In<float>, float, MatrixView<float>);
template void gemm<double>(const Workers&, Op, Op, double, In<double>, In<double>, double,
                           MatrixView<double>);
template void whole_gemm<float>(Op, Op, float, In<float>, In<float>, float, MatrixView<float>);
template void whole_gemm<double>(Op, Op, double, In<double>, In<double>, double, MatrixView<double>);
template void reference::gemm<float>(Op, Op, float, In<float>, In<float>, float, MatrixView<float>);
template void reference::gemm<double>(Op, Op, double, In<double>, In<double>, double, MatrixView<double>);
template void check_gemm<float>(GemmFunction<float>, const std::string&);
template void check_gemm<double>(GemmFunction<double>, const std::string&);

}  // namespace apical::layered
