// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/layered/network.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "apical/engine/layered/convolution.h"
#include "apical/engine/layered/layered_fields.h"

namespace apical::layered {
namespace {

template <class Enum, std::size_t N>
Enum from_name(const std::array<std::string_view, N>& names, std::string_view name, std::string_view what) {
  for (std::size_t k = 0; k < N; ++k) {
    if (names[k] == name) return static_cast<Enum>(k);
  }
  throw ConfigError(fmt::format("unknown {} '{}'", what, name), {},
                    suggestion(name, std::vector<std::string>(names.begin(), names.end())));
}

constexpr std::array<std::string_view, 3> kLosses{"mse", "ce", "bce"};

/// In lanes, so that the compiler can use vectors without changing the order of additions.
template <class T>
T sum(std::span<const T> x) {
  constexpr std::size_t kLanes = 16;
  T lanes[kLanes] = {};
  std::size_t i = 0;
  for (; i + kLanes <= x.size(); i += kLanes) {
    for (std::size_t k = 0; k < kLanes; ++k) lanes[k] += x[i + k];
  }
  T total = 0;
  for (; i < x.size(); ++i) total += x[i];
  for (const T lane : lanes) total += lane;
  return total;
}

/// Gram-Schmidt, twice for round-off, on the rows of W (rows <= cols).
void orthonormalise_rows(Matrix<double>& W) {
  for (int pass = 0; pass < 2; ++pass) {
    for (std::size_t r = 0; r < W.rows(); ++r) {
      for (std::size_t q = 0; q < r; ++q) {
        double dot = 0;
        for (std::size_t c = 0; c < W.cols(); ++c) dot += W(r, c) * W(q, c);
        for (std::size_t c = 0; c < W.cols(); ++c) W(r, c) -= dot * W(q, c);
      }
      double norm = 0;
      for (std::size_t c = 0; c < W.cols(); ++c) norm += W(r, c) * W(r, c);
      for (std::size_t c = 0; c < W.cols(); ++c) W(r, c) /= std::sqrt(norm);
    }
  }
}

}  // namespace

std::string loss_name(Loss loss) { return std::string(kLosses[static_cast<std::size_t>(loss)]); }
Loss loss_from_name(std::string_view name) { return from_name<Loss>(kLosses, name, "loss"); }
std::string weight_init_name(WeightInit init) { return std::string(name_of(init)); }
WeightInit weight_init_from_name(std::string_view name) {
  return from_name<WeightInit>(kNames<WeightInit>, name, "weight_init");
}

Layer convolution_layer(const Convolution& convolution, Activation activation) {
  return {convolution.out().units(), activation, convolution};
}

std::size_t NetworkDescription::weight_rows(std::size_t l) const {
  return connection(l) ? connection(l)->channels : layers[l].size;
}
std::size_t NetworkDescription::weight_cols(std::size_t l) const {
  return connection(l) ? connection(l)->patch() : fan_in(l);
}

Fan NetworkDescription::fan(std::size_t l) const {
  if (const Connection& c = connection(l))
    return {c->patch(), c->channels * c->kernel_height * c->kernel_width};
  return {fan_in(l), layers[l].size};
}

void require_dense(const NetworkDescription& description, std::string_view rule, std::string_view why) {
  for (std::size_t l = 0; l < description.depth(); ++l) {
    if (description.connection(l)) {
      throw FieldError::about(
          {"layers"},
          fmt::format("{} needs all-to-all layers, and layer {} is a convolution: {}", rule, l + 1, why));
    }
  }
}

void NetworkDescription::validate() const {
  if (inputs == 0) throw FieldError::about({"layers"}, "a network needs at least one input");
  if (layers.empty()) throw FieldError::about({"layers"}, "a network needs at least one layer");
  for (std::size_t l = 0; l < depth(); ++l) {
    if (layers[l].size == 0) throw FieldError::about({"layers"}, fmt::format("layer {} has no units", l + 1));
    if (const Connection& c = connection(l)) {
      const ImageShape out = c->out();
      if (c->in.units() != fan_in(l) || out.units() != layers[l].size) {
        throw FieldError::about(
            {"layers"},
            fmt::format("layer {} is a convolution of {} to {}, but has {} units below and {} of its own",
                        l + 1, to_string(c->in), to_string(out), fan_in(l), layers[l].size));
      }
    }
    if (l + 1 < depth() && layers[l].activation.kind == Activation::softmax) {
      throw FieldError::about(
          {"layers"},
          fmt::format("layer {} is softmax, which only the output layer ({}) can be", l + 1, depth()));
    }
  }
  const bool softmax = output_activation().kind == Activation::softmax;
  if (softmax != (loss == Loss::ce)) {
    throw FieldError::about({"output", "loss"},
                            fmt::format("output activation '{}' with loss '{}': softmax and ce go together",
                                        activation_name(output_activation().kind), loss_name(loss)));
  }
  if (loss == Loss::bce && output_activation().kind != Activation::sigmoid) {
    throw FieldError::about({"loss", "output"}, fmt::format("loss bce needs sigmoid outputs, not '{}'",
                                                            activation_name(output_activation().kind)));
  }
}

NetworkDescription dense_network(const std::vector<std::size_t>& sizes, Activation hidden, Activation output,
                                 Loss loss) {
  if (sizes.size() < 2) throw ConfigError("a network needs at least an input size and an output size");
  NetworkDescription description{.inputs = sizes[0], .layers = {}, .loss = loss};
  for (std::size_t l = 1; l < sizes.size(); ++l) {
    description.layers.push_back({sizes[l], l + 1 == sizes.size() ? output : hidden});
  }
  description.validate();
  return description;
}

template <class T>
Parameters<T> Parameters<T>::zeros(const NetworkDescription& description) {
  Parameters<T> p;
  for (std::size_t l = 0; l < description.depth(); ++l) {
    p.W.emplace_back(description.weight_rows(l), description.weight_cols(l));
    p.b.emplace_back(description.weight_rows(l), T(0));
  }
  return p;
}

template <class T>
Credit<T> Credit<T>::zeros(const NetworkDescription& description) {
  Parameters<T> p = Parameters<T>::zeros(description);
  return {std::move(p.W), std::move(p.b)};
}

template <class T>
void initialise(Matrix<T>& W, Fan fan, WeightInit init, double gain, std::uint64_t seed, Stream stream,
                std::uint32_t object) {
  const double n_in = static_cast<double>(fan.in), n_out = static_cast<double>(fan.out);
  const auto each = [&](auto&& draw) {
    for (std::size_t i = 0; i < W.size(); ++i)
      W.flat()[i] = static_cast<T>(gain * draw(Address{seed, stream, object, i}));
  };
  const auto uniform_within = [&](double bound) {
    each([=](const Address& at) { return uniform(at, -bound, bound); });
  };
  const auto normal_with = [&](double variance) {
    each([sd = std::sqrt(variance)](const Address& at) { return sd * normal(at); });
  };
  switch (init) {
    case WeightInit::glorot_uniform:
      return uniform_within(std::sqrt(6 / (n_in + n_out)));
    case WeightInit::glorot_normal:
      return normal_with(2 / (n_in + n_out));
    case WeightInit::he_normal:
      return normal_with(2 / n_in);
    case WeightInit::fan_in_uniform:
      return uniform_within(1 / std::sqrt(n_in));
    case WeightInit::orthogonal: {
      const bool tall = W.rows() > W.cols();
      Matrix<double> Q(std::min(W.rows(), W.cols()), std::max(W.rows(), W.cols()));
      for (std::size_t i = 0; i < Q.size(); ++i) Q.flat()[i] = normal({seed, stream, object, i});
      orthonormalise_rows(Q);
      for (std::size_t r = 0; r < W.rows(); ++r) {
        for (std::size_t c = 0; c < W.cols(); ++c)
          W(r, c) = static_cast<T>(gain * (tall ? Q(c, r) : Q(r, c)));
      }
    }
  }
}

template <class T>
Network<T> make_network(const NetworkDescription& description, WeightInit init, std::uint64_t seed,
                        const std::vector<double>& gains, double output_bias) {
  description.validate();
  if (!gains.empty() && gains.size() != description.depth()) {
    throw ConfigError(fmt::format("{} gains for {} layers", gains.size(), description.depth()));
  }
  Network<T> network{description, Parameters<T>::zeros(description)};
  const auto layers = static_cast<std::uint32_t>(description.depth());
  for (std::uint32_t l = 0; l < layers; ++l) {
    initialise(network.parameters.W[l], description.fan(l), init, gains.empty() ? 1.0 : gains[l], seed,
               Stream::initial_weight, l);
    if (init != WeightInit::fan_in_uniform) continue;
    const double bound = 1 / std::sqrt(static_cast<double>(description.fan(l).in));
    for (std::size_t i = 0; i < network.parameters.b[l].size(); ++i) {
      network.parameters.b[l][i] =
          static_cast<T>(uniform({seed, Stream::initial_weight, layers + l, i}, -bound, bound));
    }
  }
  for (T& b : network.parameters.b.back()) b += static_cast<T>(output_bias);
  return network;
}

template <class T>
void transmit(const Workers& workers, const Connection& connection, In<T> h, In<T> W, MatrixView<T> a,
              std::type_identity_t<T> gain, std::type_identity_t<T> keep) {
  if (connection) return convolve<T>(workers, *connection, h, W, {}, a, gain, keep);
  gemm<T>(workers, Op::none, Op::transpose, gain, h, W, keep, a);
}

template <class T>
void offsets_only(const Connection& connection, std::span<const std::type_identity_t<T>> b, MatrixView<T> a) {
  const std::size_t repeats = connection ? connection->out().pixels() : 1;
  APICAL_CHECK(b.size() * repeats == a.cols());
  for (std::size_t n = 0; n < a.rows(); ++n) {
    if (!connection) {
      std::copy(b.begin(), b.end(), a.row(n).begin());
      continue;
    }
    for (std::size_t o = 0; o < b.size(); ++o) std::fill_n(a.row(n).data() + o * repeats, repeats, b[o]);
  }
}

template <class T>
void project(const Workers& workers, const Connection& connection, In<T> h, In<T> W,
             std::span<const std::type_identity_t<T>> b, MatrixView<T> a) {
  if (connection) return convolve<T>(workers, *connection, h, W, b, a, 1, 0);
  offsets_only<T>(connection, b, a);
  transmit<T>(workers, connection, h, W, a, 1, 1);
}

template <class T>
void project(const Workers& workers, const Network<std::type_identity_t<T>>& network, std::size_t layer,
             In<T> h, MatrixView<T> a) {
  const Parameters<T>& p = network.parameters;
  project<T>(workers, network.description.connection(layer), h, p.W[layer].view(), p.b[layer], a);
}

template <class T>
void project_back(const Workers& workers, const Connection& connection, In<T> above, In<T> W,
                  MatrixView<T> below, std::type_identity_t<T> gain, std::type_identity_t<T> keep) {
  if (connection) return convolve_back<T>(workers, *connection, above, W, below, gain, keep);
  gemm<T>(workers, Op::none, Op::none, gain, above, W, keep, below);
}

template <class T>
void correlate(const Workers& workers, const Connection& connection, In<T> post, In<T> pre,
               std::type_identity_t<T> factor, MatrixView<T> dW, std::type_identity_t<T> keep) {
  const T scale = factor / static_cast<T>(post.rows());
  if (connection) return correlate_patches<T>(workers, *connection, post, pre, scale, dW, keep);
  gemm<T>(workers, Op::transpose, Op::none, scale, post, pre, keep, dW);
}

template <class T>
void batch_mean(const Connection& connection, In<T> post, std::type_identity_t<T> factor, std::span<T> db,
                std::type_identity_t<T> keep) {
  const std::size_t repeats = connection ? connection->out().pixels() : 1;
  APICAL_CHECK(post.cols() == db.size() * repeats);
  for (T& x : db) x = keep == 0 ? T(0) : keep * x;
  const T scale = factor / static_cast<T>(post.rows());
  for (std::size_t n = 0; n < post.rows(); ++n) {
    const auto row = post.row(n);
    if (connection) {
      for (std::size_t i = 0; i < db.size(); ++i) db[i] += scale * sum<T>(row.subspan(i * repeats, repeats));
    } else {
      for (std::size_t i = 0; i < db.size(); ++i) db[i] += scale * row[i];
    }
  }
}

template <class T>
void check_input(const NetworkDescription& description, MatrixView<const T> X) {
  if (X.rows() == 0) throw DataError("a batch needs at least one sample");
  if (X.cols() != description.inputs) {
    throw DataError(
        fmt::format("samples have {} values, the network has {} inputs", X.cols(), description.inputs));
  }
}

template <class T>
void check_batch(const NetworkDescription& description, MatrixView<const T> X, MatrixView<const T> Y) {
  check_input(description, X);
  if (Y.rows() != X.rows() || Y.cols() != description.outputs()) {
    throw DataError(fmt::format("targets are {} x {} where {} x {} (samples x outputs) was expected",
                                Y.rows(), Y.cols(), X.rows(), description.outputs()));
  }
}

template <class T>
void forward(const Workers& workers, const Network<T>& network, In<T> X, Activity<T>& activity) {
  check_input<T>(network.description, X);
  resize(activity.a, network.description, X.rows());
  resize(activity.h, network.description, X.rows());
  for (std::size_t l = 0; l < network.description.depth(); ++l) {
    project(workers, network, l, presynaptic(X, activity.h, l), activity.a[l].view());
    activate(workers, network.description.layers[l].activation, activity.a[l].view(), activity.h[l].view());
  }
}

template <class T>
void output_delta(const Workers& workers, const NetworkDescription& description, In<T> h, In<T> Y,
                  MatrixView<T> delta) {
  blend(workers, 1, h, -1, Y, delta);
  if (description.loss == Loss::mse) times_derivative(workers, description.output_activation(), h, delta);
}

template <class T>
void sample_losses(const NetworkDescription& description, const Activity<T>& activity, In<T> Y,
                   std::span<double> losses) {
  const auto a = activity.a.back().view(), h = activity.h.back().view();
  APICAL_CHECK(losses.size() == h.rows() && Y.rows() == h.rows() && Y.cols() == h.cols());
  for (std::size_t n = 0; n < h.rows(); ++n) {
    double loss = 0;
    switch (description.loss) {
      case Loss::mse:
        for (std::size_t k = 0; k < h.cols(); ++k) {
          const double e = static_cast<double>(h(n, k)) - static_cast<double>(Y(n, k));
          loss += 0.5 * e * e;
        }
        break;
      case Loss::ce: {
        double largest = a(n, 0), sum = 0;
        for (std::size_t k = 0; k < a.cols(); ++k) largest = std::max(largest, static_cast<double>(a(n, k)));
        for (std::size_t k = 0; k < a.cols(); ++k) sum += std::exp(static_cast<double>(a(n, k)) - largest);
        for (std::size_t k = 0; k < a.cols(); ++k) {
          loss -= static_cast<double>(Y(n, k)) * (static_cast<double>(a(n, k)) - largest - std::log(sum));
        }
        break;
      }
      case Loss::bce:
        // -log h = log(1 + e^-a) and -log(1-h) = a + log(1 + e^-a), written for either sign of a.
        for (std::size_t k = 0; k < a.cols(); ++k) {
          const double x = a(n, k), y = Y(n, k);
          loss += std::max(x, 0.0) - x * y + std::log1p(std::exp(-std::abs(x)));
        }
        break;
    }
    losses[n] = loss;
  }
}

template <class T>
double mean_loss(const NetworkDescription& description, const Activity<T>& activity, In<T> Y) {
  double sum = 0;
  const std::size_t rows = activity.h.back().rows();
  static thread_local std::vector<double> losses;  // keeps its capacity: no allocation per batch
  losses.resize(rows);
  sample_losses<T>(description, activity, Y, losses);
  for (const double loss : losses) sum += loss;
  return sum / static_cast<double>(rows);
}

#define APICAL_INSTANTIATE(T)                                                                              \
  template struct Parameters<T>;                                                                           \
  template struct Credit<T>;                                                                               \
  template void initialise<T>(Matrix<T>&, Fan, WeightInit, double, std::uint64_t, Stream, std::uint32_t);  \
  template Network<T> make_network<T>(const NetworkDescription&, WeightInit, std::uint64_t,                \
                                      const std::vector<double>&, double);                                 \
  template void transmit<T>(const Workers&, const Connection&, In<T>, In<T>, MatrixView<T>, T, T);         \
  template void project<T>(const Workers&, const Connection&, In<T>, In<T>, std::span<const T>,            \
                           MatrixView<T>);                                                                 \
  template void project<T>(const Workers&, const Network<T>&, std::size_t, In<T>, MatrixView<T>);          \
  template void offsets_only<T>(const Connection&, std::span<const T>, MatrixView<T>);                     \
  template void project_back<T>(const Workers&, const Connection&, In<T>, In<T>, MatrixView<T>, T, T);     \
  template void correlate<T>(const Workers&, const Connection&, In<T>, In<T>, T, MatrixView<T>, T);        \
  template void batch_mean<T>(const Connection&, In<T>, T, std::span<T>, T);                               \
  template void check_input<T>(const NetworkDescription&, MatrixView<const T>);                            \
  template void check_batch<T>(const NetworkDescription&, MatrixView<const T>, MatrixView<const T>);       \
  template void forward<T>(const Workers&, const Network<T>&, In<T>, Activity<T>&);                        \
  template void output_delta<T>(const Workers&, const NetworkDescription&, In<T>, In<T>, MatrixView<T>);   \
  template void sample_losses<T>(const NetworkDescription&, const Activity<T>&, In<T>, std::span<double>); \
  template double mean_loss<T>(const NetworkDescription&, const Activity<T>&, In<T>);
APICAL_INSTANTIATE(float)
APICAL_INSTANTIATE(double)
#undef APICAL_INSTANTIATE

}  // namespace apical::layered
