// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>
#include <set>

#include "apical/errors.h"
#include "apical/layered.h"
#include "apical/rules.h"
#include "golden/burst_networks.h"
#include "golden/comparison.h"
#include "golden/ngrad_case.h"

namespace apical::golden {
namespace {

using namespace apical::layered;

constexpr double kTolerance = 1e-12;  // float64; the order of sums differs

/// How a run of the file is made with the rule. Where weights are tied after each update but do not start so,
/// whoever replays ties them; where they do, the rule has the mode.
struct RunOptions {
  explicit RunOptions(const json& options) {
    static const std::set<std::string> known{
        "lr",        "steps",     "momentum", "decay", "coupled", "P",        "error_scale", "normalise",
        "initial_Y", "initial_Q", "tie_Y",    "tie_Q", "teacher", "feedback", "lr_Y",        "lr_Q"};
    for (const auto& item : options.items()) {
      if (!known.contains(item.key())) throw DataError(fmt::format("unknown option '{}'", item.key()));
    }
    lr = options.at("lr");
    momentum = options.value("momentum", 0.0);
    decay = options.value("decay", 0.0);
    coupled = options.value("coupled", false);
    rule.baseline = options.value("P", 0.5);
    rule.error_scale = options.value("error_scale", 1.0);
    rule.divide_scales = options.value("normalise", false);
    initial_Y = options.value("initial_Y", "given");
    initial_Q = options.value("initial_Q", "P Y");
    tie_Y = options.value("tie_Y", false);
    tie_Q = options.value("tie_Q", false);
    teacher = options.value("teacher", true);
    lr_Y = options.value("lr_Y", 0.0);
    lr_Q = options.value("lr_Q", 0.0);
    const std::string feedback =
        options.contains("feedback") && options["feedback"].is_string() ? options["feedback"] : "fixed";
    learned = feedback == "kp";
    if (learned) {
      rule.feedback = CcnFeedback::learned;
    } else if (feedback == "apical_events") {
      rule.feedback = CcnFeedback::apical_events;
    } else if (feedback == "apical_bursts") {
      rule.feedback = CcnFeedback::apical_bursts;
    } else if (feedback == "fixed") {
      rule.feedback = CcnFeedback::fixed;
    } else {
      throw DataError(fmt::format("unknown feedback '{}'", feedback));
    }
    rule.cancelling = CcnCancelling::apart;
    rule.follow = false;
    rule.Y_rate = lr_Y;
    rule.Q_rate = lr_Q;
  }
  /// Y and Q move by their own rates: the optimiser has rate 1.
  LayeredSettings settings() const {
    LayeredSettings s{{.kind = OptimiserKind::momentum,
                       .learning_rate = lr,
                       .momentum = momentum,
                       .weight_decay = decay,
                       .decay = coupled ? DecayKind::coupled : DecayKind::unscaled},
                      OptimiserSettings{.kind = OptimiserKind::sgd, .learning_rate = 1}};
    if (learned && coupled) {
      s.feedback_optimiser = s.optimiser;
      s.feedback_optimiser->learning_rate = 1;
    }
    return s;
  }
  BurstCcnOptions rule;
  double lr = 0, momentum = 0, decay = 0, lr_Y = 0, lr_Q = 0;
  bool coupled = false, tie_Y = false, tie_Q = false, teacher = true, learned = false;
  std::string initial_Y, initial_Q;
};

/// In the programs offsets decay as weights do. Where that joins the credit, it does so here.
class DecayingOffsets final : public CreditRule<double> {
 public:
  DecayingOffsets(std::unique_ptr<BurstCcn<double>> rule, double decay)
      : rule_(std::move(rule)), decay_(decay) {}
  std::string_view name() const override { return rule_->name(); }
  Needs needs() const override { return rule_->needs(); }
  double credit(const Workers& workers, const layered::Network<double>& network, const Batch<double>& batch,
                Credit<double>& out, int update) override {
    const double loss = rule_->credit(workers, network, batch, out, update);
    for (std::size_t l = 0; l < out.db.size(); ++l) {
      for (std::size_t i = 0; i < out.db[l].size(); ++i) out.db[l][i] -= decay_ * network.parameters.b[l][i];
    }
    return loss;
  }
  MatrixView<const double> output() const override { return rule_->output(); }
  std::span<const Trainable<double>> learned_feedback() override { return rule_->learned_feedback(); }

 private:
  std::unique_ptr<BurstCcn<double>> rule_;
  double decay_;
};

class RunReplay {
 public:
  RunReplay(const json& file, const json& run, Comparison& compare, std::string where)
      : file_(file), run_(run), compare_(compare), where_(std::move(where)), options_(run.at("options")) {
    const json& initial = file.at("initial");
    network_.description =
        dense_network(file.at("sizes"), Activation::sigmoid, Activation::sigmoid, Loss::mse);
    network_.parameters.W = read_matrices<double>(initial.at("weight"));
    for (const json& b : initial.at("bias")) network_.parameters.b.push_back(read_vector<double>(b));
    x_ = read_matrix<double>(initial.at("inputs"));
    y_ = read_matrix<double>(initial.at("targets"));
    const auto& W = network_.parameters.W;
    FeedbackWeights<double> above(W.begin() + 1, W.end());
    if (options_.initial_Y == "given") {
      Y_ = read_matrices<double>(initial.at("Y"));
    } else if (options_.initial_Y == "W") {
      Y_ = above;
    } else {
      throw DataError(fmt::format("unknown initial_Y '{}'", options_.initial_Y));
    }
    if (options_.initial_Q == "given") {
      Q_ = read_matrices<double>(initial.at("Q"));
    } else if (options_.initial_Q == "P Y" || options_.initial_Q == "P W") {
      Q_ = scaled(options_.initial_Q == "P Y" ? Y_ : above);
    } else {
      throw DataError(fmt::format("unknown initial_Q '{}'", options_.initial_Q));
    }
  }

  void replay() {
    through(options_.rule, true);
    // What has a mode of its own in the rule is replayed in it too.
    const bool balanced = options_.initial_Q == "P Y" && !options_.tie_Y &&
                          (options_.rule.feedback == CcnFeedback::fixed || options_.tie_Q);
    BurstCcnOptions mode = options_.rule;
    mode.cancelling = CcnCancelling::balanced;
    if (options_.initial_Y == "W" && options_.tie_Y && options_.initial_Q == "P Y" && options_.tie_Q) {
      mode.feedback = CcnFeedback::symmetric;
      through(mode, false);
    } else if (balanced && mode.feedback != CcnFeedback::apical_events) {
      through(mode, false);
    }
  }

 private:
  FeedbackWeights<double> scaled(FeedbackWeights<double> Y) const {
    for (auto& m : Y) {
      for (double& w : m.flat()) w *= options_.rule.baseline;
    }
    return Y;
  }

  void through(const BurstCcnOptions& options, bool tie) {
    const bool apart = options.cancelling == CcnCancelling::apart;
    const bool own_Y = options.feedback != CcnFeedback::symmetric;
    auto owned = std::make_unique<BurstCcn<double>>(network_.description, options,
                                                    own_Y ? Y_ : FeedbackWeights<double>{},
                                                    apart ? Q_ : FeedbackWeights<double>{});
    BurstCcn<double>& rule = *owned;
    LayeredModel<double> model(
        network_, std::make_unique<DecayingOffsets>(std::move(owned), options_.coupled ? options_.decay : 0),
        options_.settings());
    const json& steps = run_.at("steps");
    for (std::size_t k = 0; k < steps.size(); ++k) {
      const json& step = steps[k];
      const std::string at = fmt::format("{}{}, step {}", where_, tie ? "" : " as a mode of the rule", k + 1);
      Matrix<double> target = y_;
      if (!options_.teacher) model.predict(x_.view(), target.view());
      check_angles(rule, model, target, step.at("angle_to_gradient_deg"), at);
      const auto offsets = model.network().parameters.b;
      const double loss = model.learn_batch(x_.view(), target.view());
      if (!options_.coupled) decay_offsets(offsets, model.network().parameters.b);
      const double mse = 2 * loss / static_cast<double>(target.cols());
      compare_.close(at + " loss", mse, step.at("loss_mse"));
      check_step(rule, step, at);
      if (tie) tie_weights(rule, model);
      check_after(rule, model, step.at("after"), at);
    }
  }

  void check_list(const std::string& what, const std::vector<std::vector<double>>& found,
                  const json& expected) {
    compare_.exact(what + ": layers", static_cast<double>(found.size()),
                   static_cast<double>(expected.size()));
    for (std::size_t l = 0; l < std::min(found.size(), expected.size()); ++l) {
      std::vector<double> wanted;
      flatten(expected[l], wanted);
      compare_.close_all(fmt::format("{} of layer {}", what, l + 1), found[l], json(wanted));
    }
  }
  template <class List>
  static std::vector<std::vector<double>> values(const List& list) {
    std::vector<std::vector<double>> out;
    for (const auto& m : list) flatten(m, out.emplace_back());
    return out;
  }

  void check_step(const BurstCcn<double>& rule, const json& step, const std::string& at) {
    const double P = options_.rule.baseline;
    const auto e = values(rule.events()), x = values(rule.excess());
    auto p = e, b = e;
    for (std::size_t l = 0; l < e.size(); ++l) {
      for (std::size_t i = 0; i < e[l].size(); ++i) {
        b[l][i] = x[l][i] + P * e[l][i];
        p[l][i] = b[l][i] / e[l][i];
      }
    }
    auto apical = values(rule.apical());
    apical.pop_back();  // the output has no dendrite
    check_list(at + " event_rate", e, step.at("event_rate"));
    check_list(at + " burst_prob", p, step.at("burst_prob"));
    check_list(at + " burst_rate", b, step.at("burst_rate"));
    check_list(at + " apical", apical, step.at("apical"));
  }

  /// Also the credit that the angles are of.
  void check_angles(BurstCcn<double>& rule, LayeredModel<double>& model, const Matrix<double>& target,
                    const json& expected, const std::string& at) {
    const Workers serial;
    const Network<double>& net = model.network();
    auto credit = Credit<double>::zeros(net.description), gradient = credit;
    rule.credit(serial, net, {x_.view(), target.view()}, credit, 0);
    const json& step = run_.at("steps").at(steps_seen_++ % run_.at("steps").size());
    auto W = values(credit.dW), c = values(credit.db);
    for (auto* list : {&W, &c}) {
      for (auto& layer : *list) {
        for (double& g : layer) g = -g;
      }
    }
    check_list(at + " grad_weight", W, step.at("grad_weight"));
    check_list(at + " grad_bias", c, step.at("grad_bias"));
    if (expected.is_null()) return;
    Backpropagation<double> exact;
    exact.credit(serial, net, {x_.view(), target.view()}, gradient, 0);
    for (std::size_t l = 0; l < credit.dW.size(); ++l) {
      // arccos has no precision at 0: the cosine has.
      compare_.close(fmt::format("{} cosine to the gradient of layer {}", at, l + 1),
                     cosine<double>(std::as_const(credit.dW[l]).flat(), gradient.dW[l].flat()),
                     std::cos(expected.at(l).get<double>() * std::numbers::pi / 180));
    }
  }

  void decay_offsets(const std::vector<AlignedBuffer<double>>& before,
                     std::vector<AlignedBuffer<double>>& now) {
    for (std::size_t l = 0; l < now.size(); ++l) {
      for (std::size_t i = 0; i < now[l].size(); ++i) now[l][i] -= options_.decay * before[l][i];
    }
  }

  void tie_weights(BurstCcn<double>& rule, const LayeredModel<double>& model) {
    for (std::size_t l = 0; l < Y_.size(); ++l) {
      if (options_.tie_Y) rule.burst_weights()[l] = model.network().parameters.W[l + 1];
      if (!options_.tie_Q) continue;
      rule.event_weights()[l] = rule.burst_weights()[l];
      for (double& q : rule.event_weights()[l].flat()) q *= options_.rule.baseline;
    }
  }

  void check_after(BurstCcn<double>& rule, const LayeredModel<double>& model, const json& after,
                   const std::string& at) {
    for (const auto& item : after.items()) {
      const std::string what = at + " " + item.key() + " afterwards";
      if (item.key() == "weight") {
        check_list(what, values(model.network().parameters.W), item.value());
      } else if (item.key() == "bias") {
        check_list(what, values(model.network().parameters.b), item.value());
      } else if (item.key() == "Y") {
        // Of a view: what it shows.
        std::vector<MatrixView<const double>> Y;
        for (std::size_t l = 1; l < model.network().description.depth(); ++l)
          Y.push_back(rule.feedback_beside(model.network(), l));
        check_list(what, values(Y), item.value());
      } else if (item.key() == "Q") {
        if (!rule.event_weights().empty()) check_list(what, values(rule.event_weights()), item.value());
      } else {
        throw DataError(fmt::format("unknown weights '{}'", item.key()));
      }
    }
  }

  const json &file_, &run_;
  Comparison& compare_;
  std::string where_;
  RunOptions options_;
  layered::Network<double> network_;
  Matrix<double> x_, y_;
  FeedbackWeights<double> Y_, Q_;
  std::size_t steps_seen_ = 0;
};

Verdict replay_rates(const json& file) {
  Comparison compare(kTolerance, kTolerance);
  compare.note_unknown_keys(file, {"name", "provenance", "model", "sizes", "initial", "runs"});
  std::size_t number = 0;
  for (const json& run : file.at("runs")) {
    RunReplay(file, run, compare, fmt::format("run {}", ++number)).replay();
  }
  Verdict v = compare.verdict();
  if (v.note.empty()) v.note = fmt::format("{} numbers", compare.compared());
  return v;
}

}  // namespace

void add_burst_network_formats(std::vector<Format>& list) {
  const auto of_model = [](const char* model) {
    return [model](const json& file) { return file.is_object() && file.value("model", "") == model; };
  };
  list.push_back({"BurstCCN rate network", of_model("burstccn_rate"), replay_rates});
}

}  // namespace apical::golden
