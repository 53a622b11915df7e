// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/layered/gemm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "apical/core/random.h"

namespace apical::layered {
namespace {

template <class T>
Matrix<T> random_matrix(std::size_t rows, std::size_t cols, std::uint32_t object) {
  Matrix<T> m(rows, cols);
  std::uint64_t i = 0;
  for (T& x : m.flat()) x = static_cast<T>(normal({3, Stream::task_input, object, i++}));
  return m;
}

TEST(Gemm, AgreesWithTheScalarTwinAcrossTileEdges) {
  for (const Op op_a : {Op::none, Op::transpose}) {
    for (const Op op_b : {Op::none, Op::transpose}) {
      const std::size_t m = 300, n = 270, k = 40;
      const auto A = op_a == Op::none ? random_matrix<double>(m, k, 1) : random_matrix<double>(k, m, 1);
      const auto B = op_b == Op::none ? random_matrix<double>(k, n, 2) : random_matrix<double>(n, k, 2);
      auto C = random_matrix<double>(m, n, 3);
      auto D = C;
      gemm<double>(Workers(), op_a, op_b, 1.5, A.view(), B.view(), 0.5, C.view());
      reference::gemm<double>(op_a, op_b, 1.5, A.view(), B.view(), 0.5, D.view());
      double worst = 0;
      for (std::size_t i = 0; i < C.size(); ++i) worst = std::max(worst, std::abs(C.flat()[i] - D.flat()[i]));
      EXPECT_LE(worst, 1e-12);
    }
  }
}

TEST(Gemm, SameBitsForAnyNumberOfThreads) {
  const auto A = random_matrix<float>(64, 784, 1), B = random_matrix<float>(1000, 784, 2);
  Matrix<float> serial(64, 1000);
  gemm<float>(Workers(), Op::none, Op::transpose, 1, A.view(), B.view(), 0, serial.view());
  for (unsigned threads : {2U, 3U, 7U}) {
    ThreadPool pool(threads);
    Matrix<float> parallel(64, 1000);
    gemm<float>(Workers(pool), Op::none, Op::transpose, 1, A.view(), B.view(), 0, parallel.view());
    EXPECT_EQ(serial, parallel) << threads << " threads";
  }
}

TEST(Gemm, ConcurrentCallsDoNotDisturbEachOther) {
  // A BLAS built without locks could hand one packing buffer to two threads.
  ThreadPool pool(4);
  // Small products of operands of their own in many shapes: threads meet in the library as often as can be.
  struct Case {
    Op op;
    Matrix<float> A, B, expected, result;
  };
  std::vector<Case> cases;
  for (std::uint32_t i = 0; i < 16; ++i) {
    const std::size_t rows = 1 + i % 8, inner = 4 + i % 3, cols = 5 + i % 5;
    const Op op = i % 2 == 0 ? Op::none : Op::transpose;
    Case c{
        op,
        op == Op::none ? random_matrix<float>(rows, inner, 2 * i) : random_matrix<float>(inner, rows, 2 * i),
        random_matrix<float>(inner, cols, 2 * i + 1), Matrix<float>(rows, cols), Matrix<float>(rows, cols)};
    gemm<float>(Workers(), c.op, Op::none, 1, c.A.view(), c.B.view(), 0, c.expected.view());
    cases.push_back(std::move(c));
  }
  std::atomic<int> wrong{0};
  Workers(pool).run(cases.size(), [&](std::size_t i) {
    Case& c = cases[i];
    for (int repeat = 0; repeat < 20000; ++repeat) {
      gemm<float>(Workers(), c.op, Op::none, 1, c.A.view(), c.B.view(), 0, c.result.view());
      if (c.result != c.expected) ++wrong;
    }
  });
  EXPECT_EQ(wrong, 0);
}

void wrong_product(Op op_a, Op op_b, float alpha, MatrixView<const float> A, MatrixView<const float> B,
                   float beta, MatrixView<float> C) {
  reference::gemm<float>(op_a, op_b, alpha, A, B, beta, C);
  if (C.cols() == 33) C(16, 32) += 0.01F;
}

TEST(Gemm, ALibraryThatComputesWrongProductsIsRefused) {
  try {
    check_gemm<float>(&wrong_product, "test BLAS");
    FAIL() << "accepted";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("test BLAS computes wrong matrix products: 17x33x65"));
  }
}

}  // namespace
}  // namespace apical::layered
