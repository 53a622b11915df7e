// SPDX-License-Identifier: Apache-2.0
// Recurrent networks through the command line: a TOML file and what the library's functions say of it, stop
// and resume, compare, check, weights out and in, and what is said when parts do not fit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <numeric>

#include "apical/engine/recurrent/backpropagation_through_time.h"
#include "apical/experiment/experiment.h"
#include "apical/io/file.h"
#include "apical/io/json.h"
#include "apical/models/recurrent_models.h"
#include "apical/run/make_learner.h"
#include "apical/run/run.h"
#include "apical/run/summary.h"
#include "support/command_line.h"
#include "support/small_experiments.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using test::Answer;
using test::apical_says;
using test::with;
using testing::HasSubstr;

const std::string kBits = test::small_recurrent_network();

class RecurrentCli : public test::CommandLine {
 protected:
  Answer run(const std::string& text, const std::string& name = "run",
             const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{"run", file(text), "--out", out(name), "--quiet"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return apical_says(arguments);
  }
  std::string left(const std::string& what, const std::string& name = "run") const {
    return io::read_text(fs::path(out(name)) / what);
  }
};

TEST_F(RecurrentCli, TheFirstUpdateOfAFileIsTheGradientOfTheLibrary) {
  const Experiment e = read_experiment(TomlDocument::parse(
      with(kBits, "batch = 8", "batch = 16\noptimiser = \"sgd\"\nlearning_rate = 1\nclip_norm = 0"),
      "first.toml"));
  ThreadPool pool(2);
  const std::unique_ptr<Learner> learner = make_learner(e, Resources{pool});
  // The network of the file, from its weights alone: tau_steps = 4, leak in rates, half the squared error.
  recurrent::Network net;
  net.k = 0.25;
  const std::size_t n = 6, inputs = 3;
  const auto numbers = [&](const char* name) {
    const std::vector<Parameter> all = learner->parameters();
    std::size_t p = 0;
    while (all.at(p).name != name) ++p;
    return learner->parameter(p, 1);  // of the second seed
  };
  const auto th = [&] {
    Matrix<double> m(n, n + inputs + 1);
    const auto W = numbers("a1->a1"), U = numbers("input->a1"), b = numbers("a1.offsets");
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) m(i, j) = W[i * n + j];
      for (std::size_t j = 0; j < inputs; ++j) m(i, n + j) = U[i * inputs + j];
      m(i, n + inputs) = b[i];
    }
    return m;
  };
  net.th = th();
  net.V = Matrix<double>(1, n);
  const auto V = numbers("a1->a2");
  std::copy(V.begin(), V.end(), net.V.flat().begin());
  net.c = numbers("a2.offsets");
  recurrent::Gradient sum = recurrent::Gradient::zeros(net);
  const Split& train = learner->data(1).train;
  ASSERT_EQ(train.size(), 16U);
  for (std::size_t i = 0; i < train.size(); ++i) {
    const std::uint32_t steps = train.sequences[i].steps();
    recurrent::Trial trial{.inputs = Matrix<double>(steps, inputs),
                           .targets = Matrix<double>(steps, 1, train.targets(i, 0)),
                           .mask = recurrent::Vector(steps, 0.0),
                           .start = {}};
    for (std::uint32_t t = 0; t < steps; ++t) {
      const auto shown = train.sequences[i].at(t);
      std::copy(shown.begin(), shown.end(), trial.inputs.row(t).begin());
      if (t + 2 >= steps) trial.mask[t] = 0.5;  // slot_steps = 2
    }
    sum.add(recurrent::backpropagate(net, recurrent::run(net, trial)).gradient);
  }
  std::vector<std::uint32_t> order(16);
  std::iota(order.begin(), order.end(), 0U);
  learner->learn({order, order}, true);
  const Matrix<double> after = th();
  double largest = 0;
  for (std::size_t k = 0; k < after.size(); ++k) {
    EXPECT_NEAR(after.flat()[k], net.th.flat()[k] - sum.th.flat()[k] / 16, 1e-15);
    largest = std::max(largest, std::abs(sum.th.flat()[k]));
  }
  EXPECT_GT(largest, 1e-3);
}

TEST_F(RecurrentCli, ARunLeavesFiguresAnglesNeedsAndAReport) {
  const Answer a = run(kBits, "run", {"--json"});
  ASSERT_EQ(a.code, 0) << a.err;
  const nlohmann::json s = nlohmann::json::parse(a.out);
  for (const char* area : {"input", "recurrent", "readout", "total"})
    EXPECT_NEAR(last_measure(s, area, "angle_deg").at("mean").get<double>(), 0, 1e-4) << area;
  EXPECT_THAT(s.at("needs").get<std::vector<std::string>>(), testing::Contains("weight transport"));
  EXPECT_GT(s.at("cost_per_sample").at("synaptic_events").get<double>(), 0);
  EXPECT_THAT(left("report.html"), HasSubstr("errors that other units make in all later steps"));
  const Experiment e = read_experiment(TomlDocument::read((fs::path(out()) / "experiment.toml").string()));
  EXPECT_EQ(e.resolved, left("experiment.toml"));
}

TEST_F(RecurrentCli, EveryRuleThatIsStoppedGoesOnToTheSameBits) {
  for (const models::RecurrentModelRecipe& m : models::recurrent_models()) {
    const std::string text = with(kBits, "\"bptt\"", "\"" + m.name + "\"");
    const Experiment e = read_experiment(TomlDocument::parse(text, "bits.toml"));
    ThreadPool pool(2);
    const Resources machine{pool};
    RunOptions whole, parts;
    whole.directory = fs::path(out(m.name + "-whole"));
    parts.directory = fs::path(out(m.name + "-parts"));
    const std::atomic<bool> go{false};
    ASSERT_FALSE(run_experiment(e, whole, machine, go).stopped);
    std::atomic<bool> stop{false};
    struct StopInTheMiddle final : Listener {
      explicit StopInTheMiddle(std::atomic<bool>& s) : stop(s) {}
      void on(const RunProgress& p) override {
        if (p.done > 0.4 * p.total) stop = true;
      }
      std::atomic<bool>& stop;
    } listener(stop);
    parts.listeners.push_back(&listener);
    ASSERT_TRUE(run_experiment(e, parts, machine, stop).stopped) << m.name;
    const Answer rest = apical_says({"run", "--resume", "--out", parts.directory.string(), "--quiet"});
    ASSERT_EQ(rest.code, 0) << rest.err;
    EXPECT_EQ(left("metrics.ndjson", m.name + "-whole"), left("metrics.ndjson", m.name + "-parts")) << m.name;
  }
}

TEST_F(RecurrentCli, WeightsGoOutAndComeIn) {
  ASSERT_EQ(run(kBits, "first").code, 0);
  const std::string weights = out("weights.npz");
  ASSERT_EQ(
      apical_says({"export", out("first"), "--what", "weights", "--format", "npz", "--out", weights}).code,
      0);
  for (const std::string& from : {weights, out("first")}) {
    const std::string name = from == weights ? "from-file" : "from-run";
    const Answer a =
        run(kBits, name, {"--set", "training.epochs=0", "--set", "model.start_from=" + from, "--json"});
    ASSERT_EQ(a.code, 0) << a.err;
    const nlohmann::json before = io::read_json(fs::path(out("first")) / "summary.json"),
                         after = nlohmann::json::parse(a.out);
    EXPECT_EQ(last_measure(before, "test", "loss").at("mean"),
              last_measure(after, "test", "loss").at("mean"));
  }
}

TEST_F(RecurrentCli, CheckAndModelsTellWhatItIs) {
  const Answer a = apical_says({"check", file(kBits)});
  ASSERT_EQ(a.code, 0) << a.err;
  EXPECT_THAT(a.out, HasSubstr("3 inputs, 6 recurrent units, 1 outputs, 60 weights"));
  EXPECT_THAT(a.out, HasSubstr("updates per seed"));
  const Answer one = apical_says({"models", "rflo"});
  EXPECT_THAT(one.out, HasSubstr("weight transport   no"));
  EXPECT_THAT(one.out, HasSubstr("tau_steps"));
  EXPECT_THAT(apical_says({"models"}).out, HasSubstr("recurrent networks: credit through time"));
}

TEST_F(RecurrentCli, RulesAreComparedAndRecorded) {
  const std::string text = kBits +
                           "[[record]]\npopulation = \"a1\"\nvariable = \"rate\"\nevery_batches = 2\n"
                           "[[record]]\nprojection = \"a1->a1\"\nvariable = \"weights\"\nevery_batches = 2\n"
                           "[[variant]]\n[[variant]]\nlabel = \"local\"\n[variant.model]\nname = \"rflo\"\n"
                           "[[variant]]\nlabel = \"spikes\"\n[variant.model]\nname = \"e-prop\"\n";
  const Answer a = apical_says({"compare", file(text), "--out", out()});
  ASSERT_EQ(a.code, 0) << a.err;
  for (const char* label : {"bptt", "local", "spikes"}) EXPECT_THAT(a.out, HasSubstr(label));
  EXPECT_TRUE(io::file_exists(fs::path(out()) / "local" / "results.h5"));
}

TEST_F(RecurrentCli, MistakesAreExplained) {
  struct Mistake {
    std::string text, says;
  };
  const std::vector<Mistake> mistakes{
      {with(kBits, "\"bptt\"", "\"bbtt\""), "did you mean 'bptt'?"},
      {with(kBits, "[3, 6, 1]", "[3, 6]"), "layers has 2 entries; expected 3"},
      {with(kBits, "[3, 6, 1]", "[2, 6, 1]"), "task 'store-recall' has 3 inputs and 1 outputs"},
      {with(kBits, "tau_steps", "tau_ms"), "unknown key 'tau_ms' in [model]"},
      {with(kBits, "tau_steps", "threshold = 1\ntau_steps"),
       "'model.threshold' does not go with neurons = \"rate\""},
      {with(kBits, "\"bptt\"", "\"rtrl\"\nneurons = \"lif\""), "unknown key 'neurons'"},
      {with(kBits, "seeds = 2", "seeds = 2\nprecision = \"float\""), "unknown key 'precision'"},
      {kBits + "[[population]]\nname = \"x\"\nsize = 3\n", "is a recurrent network without populations"},
      {kBits + "[[record]]\npopulation = \"a3\"\nvariable = \"rate\"\n", "unknown area 'a3'"},
      {test::yin_yang(20, 10, 10) + "[model]\nname = \"bptt\"\nlayers = [4, 6, 3]\n",
       "recurrent networks learn sequences"},
  };
  for (const Mistake& m : mistakes) {
    const Answer a = run(m.text);
    EXPECT_EQ(a.code, 3) << m.text << a.err;
    EXPECT_THAT(a.err, HasSubstr(m.says));
    EXPECT_FALSE(fs::exists(out())) << a.err;
  }
}

}  // namespace
}  // namespace apical
