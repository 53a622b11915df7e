// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/weight_mirror.h"

namespace apical::layered {

template <class T>
void mirror(const Workers& workers, const Connection& connection, const Matrix<T>& W,
            const AlignedBuffer<T>& b, Activation f, In<T> xi, double decay, double eta, Rows<T>& response,
            Matrix<T>& Y) {
  if (f.kind == Activation::softmax) f = Activation::linear;
  // The last row is the response to silence, f(b).
  const auto all = response.resize(xi.rows() + 1, connection ? connection->out().units() : W.rows());
  offsets_only<T>(connection, b, all);
  const MatrixView<T> driven(all.data(), xi.rows(), all.cols());
  transmit<T>(workers, connection, xi, W.view(), driven, 1, 1);
  activate(workers, f, all, all);
  const auto silent = all.row(xi.rows());
  for (std::size_t n = 0; n < driven.rows(); ++n) {
    for (std::size_t i = 0; i < driven.cols(); ++i) driven(n, i) -= silent[i];
  }
  // A kernel is seen at every position: the growth of one synapse is their mean. Averaging divides it on the
  // way up and again here.
  const double positions = connection ? static_cast<double>(connection->out().pixels()) /
                                            static_cast<double>(connection->pool * connection->pool)
                                      : 1;
  correlate<T>(workers, connection, driven, xi, static_cast<T>(eta / positions), Y.view(),
               static_cast<T>(1 - decay));
}

template <class T>
WeightMirror<T>::WeightMirror(const NetworkDescription& description, FeedbackWeights<T> feedback,
                              WeightMirrorOptions options, std::uint64_t seed)
    : feedback_(std::move(feedback)), options_(options), seed_(seed) {
  check_feedback(description, FeedbackPath::chained, feedback_);
  if (options_.every < 1 || options_.vectors < 1) {
    throw FieldError::about({"mirror_every", "mirror_vectors"},
                            "weight mirror: 'every' and 'vectors' must be at least 1");
  }
}

template <class T>
void WeightMirror<T>::prepare_feedback(const Workers& workers, const Network<T>& network) {
  if (resting_ || batches_++ % static_cast<std::uint64_t>(options_.every) != 0) return;
  const std::uint64_t phase = (batches_ - 1) / static_cast<std::uint64_t>(options_.every);
  for (std::size_t l = 0; l < feedback_.size(); ++l) {
    const auto xi = noise_.resize(options_.vectors, network.description.layers[l].size);
    for (std::size_t i = 0; i < noise_.flat().size(); ++i) {
      noise_.flat()[i] =
          static_cast<T>(options_.sigma * normal({seed_, Stream::perturbation, static_cast<std::uint32_t>(l),
                                                  phase * noise_.flat().size() + i}));
    }
    mirror<T>(workers, network.description.connection(l + 1), network.parameters.W[l + 1],
              network.parameters.b[l + 1], network.description.layers[l + 1].activation, xi, options_.decay,
              options_.eta, response_, feedback_[l]);
  }
}

template void mirror<float>(const Workers&, const Connection&, const Matrix<float>&,
                            const AlignedBuffer<float>&, Activation, In<float>, double, double, Rows<float>&,
                            Matrix<float>&);
template void mirror<double>(const Workers&, const Connection&, const Matrix<double>&,
                             const AlignedBuffer<double>&, Activation, In<double>, double, double,
                             Rows<double>&, Matrix<double>&);
template class WeightMirror<float>;
template class WeightMirror<double>;

void fields(FieldVisitor& v, WeightMirrorOptions& o) {
  v({"mirror_every", "batches", "batches from one mirror phase to the next", at_least(1)}, o.every);
  v({"mirror_vectors", "", "noise vectors per mirror phase", at_least(1)}, o.vectors);
  v({"mirror_sigma", "", "standard deviation of that noise", at_least(0)}, o.sigma);
  v({"mirror_decay", "", "share of the feedback weights that is forgotten per mirror phase"}, o.decay);
  v({"mirror_eta", "", "learning rate of the feedback weights"}, o.eta);
}

void fields(FieldVisitor& v, MirroredFeedbackOptions& o) {
  fields(v, o.mirror);
  fields(v, o.feedback);
}

RuleEntries weight_mirror_rules() {
  return {
      {.name = "weight_mirror",
       .description =
           "feedback weights learn the transpose of the forward weights from noise in phases without data",
       .citation = "Akrout, Wilson, Humphreys, Lillicrap & Tweed, NeurIPS 2019",
       .options = MirroredFeedbackOptions{}}};
}

}  // namespace apical::layered
