// SPDX-License-Identifier: Apache-2.0
// Aligned storage and views. A view does not own; a buffer is 64-byte aligned so that every SIMD
// width may load from its start.
#pragma once

#include <algorithm>
#include <cstddef>
#include <new>
#include <span>
#include <vector>

#include "apical/core/error.h"

namespace apical {

inline constexpr std::size_t kAlignment = 64;

/// Aligned to kAlignment; from half a huge page on in whole huge pages (where the system has any), because a
/// sweep over a large matrix otherwise waits for the translation of its addresses.
void* allocate_aligned(std::size_t bytes);
void deallocate_aligned(void* p, std::size_t bytes) noexcept;

template <class T>
struct AlignedAllocator {
  using value_type = T;
  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U>&) noexcept {}
  T* allocate(std::size_t n) { return static_cast<T*>(allocate_aligned(n * sizeof(T))); }
  void deallocate(T* p, std::size_t n) noexcept { deallocate_aligned(p, n * sizeof(T)); }
  bool operator==(const AlignedAllocator&) const = default;
};

template <class T>
using AlignedBuffer = std::vector<T, AlignedAllocator<T>>;

/// `n` rounded up to a multiple of `block`.
constexpr std::size_t round_up(std::size_t n, std::size_t block) { return (n + block - 1) / block * block; }

/// Row-major rows x cols with a leading dimension (elements from one row to the next).
template <class T>
class MatrixView {
 public:
  MatrixView() = default;
  MatrixView(T* data, std::size_t rows, std::size_t cols, std::size_t stride)
      : data_(data), rows_(rows), cols_(cols), stride_(stride) {}
  MatrixView(T* data, std::size_t rows, std::size_t cols) : MatrixView(data, rows, cols, cols) {}
  std::size_t rows() const { return rows_; }
  std::size_t cols() const { return cols_; }
  std::size_t stride() const { return stride_; }
  T* data() const { return data_; }
  T& operator()(std::size_t row, std::size_t col) const {
    APICAL_DCHECK(row < rows_ && col < cols_);
    return data_[row * stride_ + col];
  }
  std::span<T> row(std::size_t r) const { return {data_ + r * stride_, cols_}; }
  operator MatrixView<const T>() const { return {data_, rows_, cols_, stride_}; }

 private:
  T* data_ = nullptr;
  std::size_t rows_ = 0, cols_ = 0, stride_ = 0;
};

/// Owning row-major matrix without padding; W(post, pre) everywhere in Apical.
template <class T>
class Matrix {
 public:
  Matrix() = default;
  Matrix(std::size_t rows, std::size_t cols, T value = T{})
      : values_(rows * cols, value), rows_(rows), cols_(cols) {}
  std::size_t rows() const { return rows_; }
  std::size_t cols() const { return cols_; }
  std::size_t size() const { return values_.size(); }
  T& operator()(std::size_t r, std::size_t c) { return values_[r * cols_ + c]; }
  const T& operator()(std::size_t r, std::size_t c) const { return values_[r * cols_ + c]; }
  std::span<T> row(std::size_t r) { return {values_.data() + r * cols_, cols_}; }
  std::span<const T> row(std::size_t r) const { return {values_.data() + r * cols_, cols_}; }
  std::span<T> flat() { return {values_.data(), values_.size()}; }
  std::span<const T> flat() const { return {values_.data(), values_.size()}; }
  MatrixView<T> view() { return {values_.data(), rows_, cols_}; }
  MatrixView<const T> view() const { return {values_.data(), rows_, cols_}; }
  bool operator==(const Matrix&) const = default;

 private:
  AlignedBuffer<T> values_;
  std::size_t rows_ = 0, cols_ = 0;
};

}  // namespace apical
