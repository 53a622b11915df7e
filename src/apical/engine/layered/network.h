// SPDX-License-Identifier: Apache-2.0
// A feed-forward network on mini-batches. Layer l = 1..L: a_l = W_l h_{l-1} + b_l, h_l = f_l(a_l), h_0 = x.
// Batches are rows: x is (N, n_0), a_l and h_l are (N, n_l). A dense W_l is (n_l, n_{l-1}), row =
// postsynaptic neuron; a convolution shares one row per channel among all positions (see connection.h), and
// W_l stands for the linear map it makes. In code layer l has index l-1. Every credit rule shares this
// forward computation.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apical/core/matrix.h"
#include "apical/core/random.h"
#include "apical/engine/layered/connection.h"
#include "apical/engine/layered/elementwise.h"
#include "apical/engine/layered/gemm.h"
#include "apical/engine/layered/workers.h"

namespace apical::layered {

/// Per sample: mse 1/2 sum_k (h_k - y_k)^2; ce -sum_k y_k log softmax(a)_k; bce -sum_k [y_k log h_k + (1-y_k)
/// log(1-h_k)] with h = sigmoid(a). The loss of a batch is the mean over its samples.
enum class Loss { mse, ce, bce };
std::string loss_name(Loss loss);
Loss loss_from_name(std::string_view name);

struct Layer {
  std::size_t size = 0;
  Activation activation;
  Connection connection = kAllToAll;  ///< with the layer below
};

/// A layer of the size that the convolution makes.
Layer convolution_layer(const Convolution& convolution, Activation activation);

/// Synapses that one unit receives, and that one unit sends to a layer: what the scale of initial weights
/// goes by. For a convolution those of one unit of the image, borders aside: in.channels and channels times
/// the pixels of the kernel.
struct Fan {
  std::size_t in = 0, out = 0;
};

/// What a network is, without numbers in it.
struct NetworkDescription {
  std::size_t inputs = 0;
  std::vector<Layer> layers;
  Loss loss = Loss::mse;

  std::size_t depth() const { return layers.size(); }
  std::size_t outputs() const { return layers.back().size; }
  /// Presynaptic units of the layer with this index.
  std::size_t fan_in(std::size_t layer) const { return layer == 0 ? inputs : layers[layer - 1].size; }
  const Activation& output_activation() const { return layers.back().activation; }
  const Connection& connection(std::size_t layer) const { return layers[layer].connection; }
  /// Shape of W_l and length of b_l: one row and one offset per unit, or per channel of a convolution.
  std::size_t weight_rows(std::size_t layer) const;
  std::size_t weight_cols(std::size_t layer) const;
  std::size_t weights(std::size_t layer) const { return weight_rows(layer) * weight_cols(layer); }
  Fan fan(std::size_t layer) const;
  /// Throws ConfigError: no layers, empty layers, convolutions that do not fit the layer below or the size of
  /// their own, softmax below the top or without ce, ce without softmax, bce without sigmoid.
  void validate() const;
};

/// Throws ConfigError that names the layer if any connection is a convolution; `why` completes "... needs
/// all-to-all layers: ".
void require_dense(const NetworkDescription& description, std::string_view rule, std::string_view why);

/// sizes n_0..n_L with one hidden and one output activation; validated.
NetworkDescription dense_network(const std::vector<std::size_t>& sizes, Activation hidden, Activation output,
                                 Loss loss);

/// W_l and b_l, or anything else of these shapes.
template <class T>
struct Parameters {
  std::vector<Matrix<T>> W;
  std::vector<AlignedBuffer<T>> b;

  /// Zeros of the right shapes.
  static Parameters zeros(const NetworkDescription& description);
  template <class Archive>
  void visit_state(Archive& a) {
    a("W", W);
    a("b", b);
  }
};

/// A change of the parameters at learning rate 1, in the direction that the rule wants to go (downhill for
/// rules that follow a gradient), mean over the batch.
template <class T>
struct Credit {
  std::vector<Matrix<T>> dW;
  std::vector<AlignedBuffer<T>> db;
  static Credit zeros(const NetworkDescription& description);
};

template <class T>
struct Network {
  NetworkDescription description;
  Parameters<T> parameters;
};

/// How weights start. n_in, n_out: the fans of the connection, for dense layers pre- and postsynaptic units.
enum class WeightInit {
  glorot_uniform,  ///< U(+-sqrt(6/(n_in+n_out))), b = 0 (Glorot & Bengio 2010)
  glorot_normal,   ///< N(0, 2/(n_in+n_out)), b = 0
  he_normal,       ///< N(0, 2/n_in), b = 0 (He et al. 2015)
  fan_in_uniform,  ///< U(+-1/sqrt(n_in)) for W and b, what PyTorch's nn.Linear does
  orthogonal,      ///< orthonormal rows or columns, b = 0 (Saxe et al. 2014)
};
std::string weight_init_name(WeightInit init);
WeightInit weight_init_from_name(std::string_view name);

/// Fills one matrix; `gain` multiplies. `object` separates matrices of one seed.
template <class T>
void initialise(Matrix<T>& W, Fan fan, WeightInit init, double gain, std::uint64_t seed, Stream stream,
                std::uint32_t object);
/// A dense (n_out, n_in) matrix.
template <class T>
void initialise(Matrix<T>& W, WeightInit init, double gain, std::uint64_t seed, Stream stream,
                std::uint32_t object) {
  initialise(W, {W.cols(), W.rows()}, init, gain, seed, stream, object);
}

/// A network with initial weights, validated. `gains` per layer; empty means 1 everywhere. `output_bias` is
/// added to the offsets of the output layer.
template <class T>
Network<T> make_network(const NetworkDescription& description, WeightInit init, std::uint64_t seed,
                        const std::vector<double>& gains = {}, double output_bias = 0);

/// A matrix with one row per sample whose number of rows may change without allocation up to the largest
/// seen.
template <class T>
class Rows {
 public:
  MatrixView<T> resize(std::size_t rows, std::size_t cols) {
    values_.resize(rows * cols);
    rows_ = rows;
    cols_ = cols;
    return view();
  }
  std::size_t rows() const { return rows_; }
  std::size_t cols() const { return cols_; }
  MatrixView<T> view() { return {values_.data(), rows_, cols_}; }
  MatrixView<const T> view() const { return {values_.data(), rows_, cols_}; }
  std::span<T> flat() { return {values_.data(), rows_ * cols_}; }
  std::span<const T> flat() const { return {values_.data(), rows_ * cols_}; }

 private:
  AlignedBuffer<T> values_;
  std::size_t rows_ = 0, cols_ = 0;
};

/// One matrix of samples per layer.
template <class T>
using LayerRows = std::vector<Rows<T>>;

/// Shapes `states` as (rows, n_l) for every layer.
template <class T>
void resize(LayerRows<T>& states, const NetworkDescription& description, std::size_t rows) {
  states.resize(description.depth());
  for (std::size_t l = 0; l < states.size(); ++l) states[l].resize(rows, description.layers[l].size);
}

/// Pre-activations and activities of one forward pass.
template <class T>
struct Activity {
  LayerRows<T> a, h;
};

/// What layer `l` reads: the input for l = 0, else the states of the layer below.
template <class T>
MatrixView<const T> presynaptic(MatrixView<const std::type_identity_t<T>> input, const LayerRows<T>& states,
                                std::size_t l) {
  return l == 0 ? input : states[l - 1].view();
}

// The three products of a connection. They are all that rules use of it. W may be any matrix in the shape of
// the connection's weights, forward or feedback.

/// a = gain W h + keep a
template <class T>
void transmit(const Workers& workers, const Connection& connection, In<T> h, In<T> W, MatrixView<T> a,
              std::type_identity_t<T> gain = 1, std::type_identity_t<T> keep = 0);
/// below = gain W^T above + keep below
template <class T>
void project_back(const Workers& workers, const Connection& connection, In<T> above, In<T> W,
                  MatrixView<T> below, std::type_identity_t<T> gain = 1, std::type_identity_t<T> keep = 0);
/// dW = factor mean_n post_n pre_n^T + keep dW; a convolution sums over the positions that share a weight.
template <class T>
void correlate(const Workers& workers, const Connection& connection, In<T> post, In<T> pre,
               std::type_identity_t<T> factor, MatrixView<T> dW, std::type_identity_t<T> keep = 0);

/// a = W h + b: transmit() with the offsets.
template <class T>
void project(const Workers& workers, const Connection& connection, In<T> h, In<T> W,
             std::span<const std::type_identity_t<T>> b, MatrixView<T> a);
/// The same for the layer with this index.
template <class T>
void project(const Workers& workers, const Network<std::type_identity_t<T>>& network, std::size_t layer,
             In<T> h, MatrixView<T> a);
/// a = b in all rows: the drive of a layer that hears nothing.
template <class T>
void offsets_only(const Connection& connection, std::span<const std::type_identity_t<T>> b, MatrixView<T> a);
/// db = factor mean_n post_n + keep db; a convolution sums over positions.
template <class T>
void batch_mean(const Connection& connection, In<T> post, std::type_identity_t<T> factor, std::span<T> db,
                std::type_identity_t<T> keep = 0);

/// Checks that X is (N, n_0) with N >= 1. Throws DataError.
template <class T>
void check_input(const NetworkDescription& description, MatrixView<const T> X);
/// Checks X and that Y is (N, n_L). Throws DataError.
template <class T>
void check_batch(const NetworkDescription& description, MatrixView<const T> X, MatrixView<const T> Y);

/// Forward pass through all layers.
template <class T>
void forward(const Workers& workers, const Network<T>& network, In<T> X, Activity<T>& activity);

/// dLoss_n/da_L per sample: h - y for ce and bce, (h - y) f'(a) for mse.
template <class T>
void output_delta(const Workers& workers, const NetworkDescription& description, In<T> h, In<T> Y,
                  MatrixView<T> delta);

/// Loss of every sample, from pre-activation and activity of the output layer.
template <class T>
void sample_losses(const NetworkDescription& description, const Activity<T>& activity, In<T> Y,
                   std::span<double> losses);
/// Mean loss of a batch.
template <class T>
double mean_loss(const NetworkDescription& description, const Activity<T>& activity, In<T> Y);

}  // namespace apical::layered
