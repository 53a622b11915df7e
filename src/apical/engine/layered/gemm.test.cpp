// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/layered/gemm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

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

/// Replicas multiply small matrices at the same time, each on a thread of its own.
TEST(Gemm, ConcurrentProductsDoNotDisturbOneAnother) {
  constexpr std::size_t kThreads = 4, kRounds = 2000;
  std::vector<std::size_t> wrong(kThreads, 0);
  std::vector<std::thread> threads;
  for (std::uint32_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&wrong, t] {
      const auto A = random_matrix<float>(20, 120, 2 * t), B = random_matrix<float>(30, 120, 2 * t + 1);
      Matrix<float> want(20, 30), got(20, 30);
      reference::gemm<float>(Op::none, Op::transpose, 1, A.view(), B.view(), 0, want.view());
      for (std::size_t k = 0; k < kRounds; ++k) {
        gemm<float>(Workers(), Op::none, Op::transpose, 1, A.view(), B.view(), 0, got.view());
        for (std::size_t i = 0; i < got.size(); ++i) wrong[t] += std::abs(got.flat()[i] - want.flat()[i]) > 1e-3F;
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(wrong, std::vector<std::size_t>(kThreads, 0));
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
  const auto A = random_matrix<double>(96, 96, 1), B = random_matrix<double>(96, 96, 2);
  Matrix<double> expected(96, 96);
  gemm<double>(Workers(), Op::none, Op::none, 1, A.view(), B.view(), 0, expected.view());
  std::vector<Matrix<double>> results(64, Matrix<double>(96, 96));
  Workers(pool).run(results.size(), [&](std::size_t i) {
    for (int repeat = 0; repeat < 20; ++repeat) {
      gemm<double>(Workers(), Op::none, Op::none, 1, A.view(), B.view(), 0, results[i].view());
    }
  });
  for (const auto& r : results) EXPECT_EQ(r, expected);
}

void wrong_product(Op op_a, Op op_b, float alpha, MatrixView<const float> A, MatrixView<const float> B, float beta,
                   MatrixView<float> C) {
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
