// SPDX-License-Identifier: Apache-2.0
// A credit rule that Apical does not have: errors travel through fixed random weights into dendrites that
// saturate. A network learns exclusive or by it, batch by batch.
#include <apical/layered.h>
#include <apical/rules.h>

#include <cmath>
#include <cstdio>
#include <memory>

using namespace apical;
using namespace apical::layered;

namespace {

constexpr double kMost = 0.2;  // of an error that a hidden neuron takes in

class SaturatingFeedback final : public DeltaRule<double> {
 public:
  SaturatingFeedback(const NetworkDescription& network, std::uint64_t seed)
      : output_(network.depth() - 1),
        feedback_(
            random_feedback<double>(network, FeedbackPath::chained, WeightInit::glorot_uniform, 1, seed)) {}
  std::string_view name() const override { return "saturating_feedback"; }

 protected:
  MatrixView<const double> feedback(const Network<double>&, std::size_t l) const override {
    return feedback_[l - 1].view();
  }
  /// What stands in `delta` afterwards is what the layer below hears, and what these neurons learn by.
  void emit(std::size_t layer, MatrixView<double> delta) override {
    if (layer == output_) return;
    for (std::size_t n = 0; n < delta.rows(); ++n) {
      for (double& error : delta.row(n)) error = kMost * std::tanh(error / kMost);
    }
  }

 private:
  std::size_t output_;
  FeedbackWeights<double> feedback_;
};

}  // namespace

int main() {
  Matrix<double> X(4, 2), Y(4, 1);  // one row per sample
  for (std::size_t n = 0; n < 4; ++n) {
    X(n, 0) = static_cast<double>(n / 2);
    X(n, 1) = static_cast<double>(n % 2);
    Y(n, 0) = X(n, 0) != X(n, 1) ? 1 : 0;
  }
  const NetworkDescription net = dense_network({2, 16, 1}, Activation::tanh, Activation::sigmoid, Loss::bce);
  LayeredSettings settings;
  settings.optimiser.learning_rate = 0.5;
  LayeredModel<double> model(make_network<double>(net, WeightInit::glorot_uniform, 1),
                             std::make_unique<SaturatingFeedback>(net, 1), settings);
  double loss = 0;
  for (int batch = 0; batch <= 2000; ++batch) {
    loss = model.learn_batch(X.view(), Y.view());
    if (batch % 400 == 0) std::printf("%4d  loss %.4f\n", batch, loss);
  }
  return loss < 0.05 ? 0 : 1;
}
