// SPDX-License-Identifier: Apache-2.0
// Handwritten digits in a spiking network as an experiment.
#include <fmt/format.h>

#include <algorithm>

#include "apical/models/payeur2021_mnist.h"
#include "apical/models/spiking_fields.h"
#include "apical/models/spiking_models.h"

namespace apical::payeur2021 {
namespace {

using namespace course;

constexpr std::size_t kFirstTest = 1000;  // pictures the untrained network is tested with: it guesses
constexpr std::size_t kWatched = 8;       // test pictures whose activity is kept
constexpr std::size_t kTrainImages = 60000, kTestImages = 10000;  // of MNIST

std::size_t first_of(std::size_t wanted, std::size_t all) {
  return wanted == 0 ? all : std::min(wanted, all);
}

std::vector<Phase> prediction(const MnistOptions& o) {
  return {{.name = "settling", .duration_s = o.settle_s},
          {.name = "prediction", .duration_s = o.prediction_s - o.settle_s}};
}

/// Of the hidden population in phase `phase`, where its burst probability goes by `probability`.
std::vector<Measure> measures(const char* phase, const char* probability, const char* accuracy) {
  const std::string last = phase;
  return {
      {.quantities = {MeasureKind::accuracy},
       .phase = "prediction",
       .text = "test pictures right (fraction)",
       .title = accuracy},
      {.quantities = {MeasureKind::cost}, .phase = "prediction", .text = "squared distance from the targets"},
      {.quantities = {MeasureKind::event_Hz},
       .of = {"hid"},
       .phase = last,
       .text = "event rate of the hidden population"},
      {.quantities = {MeasureKind::burst_probability},
       .of = {"hid"},
       .phase = last,
       .name = probability,
       .text = "its burst probability"},
      {.quantities = {MeasureKind::rms_weight},
       .of = {"in->hid", "hid->out"},
       .name = "weight_{from}_{to}_mV",
       .title = "Plastic weights (mV)"}};
}

Stage test(const MnistOptions& o, const char* name, When when) {
  Stage s{.name = name, .when = when, .shows = Shows::test_samples};
  s.phases = prediction(o);
  s.measures = measures("prediction", "{of}_burst_probability", "Accuracy on test pictures");
  s.watched_first = kWatched;
  return s;
}

}  // namespace

Course mnist_course(const MnistOptions& o, std::size_t epochs) {
  Stage untrained = test(o, "untrained", When::before), tested = test(o, "test", When::epoch);
  untrained.at_most = kFirstTest;
  untrained.watched = "untrained";
  tested.watched = "trained";
  Stage training{.name = "training",
                 .when = When::epoch,
                 .shows = Shows::training_samples,
                 .shuffled = true,
                 .decay = o.decay,
                 .where = "train"};
  training.phases = prediction(o);
  training.phases.push_back(
      {.name = "teaching", .duration_s = o.teaching_s, .plastic = true, .taught = true});
  training.measures = measures("teaching", "{of}_taught_burst_probability", "Accuracy within training");
  Course c;
  c.samples = Samples{.task = "mnist",
                      .population = "in",
                      .rate_Hz = o.input_Hz,
                      .pooling = o.pooling,
                      .train = first_of(o.train_images, kTrainImages),
                      .test = first_of(o.test_images, kTestImages)};
  c.teacher = Teacher{.population = "out",
                      .sees = Teacher::Sees::counts,
                      .cost = Teacher::Cost::squared_distance,
                      .law = Teacher::Law::burst_probability,
                      .high_Hz = o.e_max_Hz,
                      .low_Hz = o.e_min_Hz,
                      .resting_burst_probability = o.output_burst_probability};
  c.stages = {untrained, training, tested};
  c.epochs = epochs;
  c.activity_bin_s = o.prediction_s / 10;
  return c;
}

}  // namespace apical::payeur2021

namespace apical::models {
namespace {

using namespace payeur2021;

void fields(Fields& f, MnistOptions& o) {
  f.count("hidden", o.hidden, "", "neurons of the hidden population");
  f.count("per_class", o.per_class, "", "output neurons of each digit");
  f.count("pooling", o.pooling, "pixels",
          "per side of a square that shares one Poisson source: 1, 2, 4, 7 ...; 2 leaves 14 x 14 sources");
  mnist_sources(o, kMnistSide);
  f.count("train_images", o.train_images, "", "of an epoch, the first so many; 0: all");
  f.count("test_images", o.test_images, "", "the first so many; 0: all");
  f.choice("feedback", o.feedback, {"random", "learned", "bursts", "cut"},
           "bursts of the output, less those its events let expect, reach hidden dendrites through fixed "
           "random weights, or through weights "
           "that change as forward ones do; bursts alone; or nothing");
  f("hidden_plasticity", o.hidden_plasticity, "false: only the output learns");
  f("hidden_eta", o.hidden_eta, "mV",
    "learning rate of the hidden population, per event and presynaptic event");
  f("output_eta", o.output_eta, "mV", "learning rate of the output");
  f("decay", o.decay, "learning rates fall linearly to 0 over the training");
  positive(f, "dt_s", o.dt_s, "s", "time step");
  positive(f, "prediction_s", o.prediction_s, "s", "of each picture, without plasticity and teacher");
  positive(f, "settle_s", o.settle_s, "s", "of it in which events are not counted");
  if (!(o.settle_s < o.prediction_s))
    throw FieldError(
        {"settle_s", "prediction_s", "dt_s"},
        fmt::format("is {:g}; expected less than prediction_s = {:g}", o.settle_s, o.prediction_s));
  if (std::lround((o.prediction_s - o.settle_s) / o.dt_s) < 1) {
    throw FieldError(
        {"settle_s", "prediction_s", "dt_s"},
        fmt::format("is {:g}; expected to leave at least one step of {:g} s of prediction_s = {:g} "
                    "to count events in",
                    o.settle_s, o.dt_s, o.prediction_s));
  }
  positive(f, "teaching_s", o.teaching_s, "s", "after it, with both");
  if (std::lround(o.teaching_s / o.dt_s) < 1)
    throw FieldError({"teaching_s", "dt_s"},
                     fmt::format("is {:g}; expected at least one step of {:g} s", o.teaching_s, o.dt_s));
  positive(f, "alpha_s", o.alpha_s, "s", "averaging time of event and burst rates");
  positive(f, "input_Hz", o.input_Hz, "Hz", "rate of a white pixel");
  positive(f, "escape_Hz", o.escape_Hz, "Hz", "largest event rate, but for the refractory time of 20 ms");
  f("threshold_mV", o.threshold_mV, "mV",
    "above rest, where the event rate is half of it; the slope is 2 mV");
  probability(f, "output_burst_probability", o.output_burst_probability,
              "of output neurons without a teacher");
  f("e_max_Hz", o.e_max_Hz, "Hz", "wanted of the right digit's neurons");
  positive(f, "e_min_Hz", o.e_min_Hz, "Hz", "wanted of the others");
  if (!(o.e_max_Hz > o.e_min_Hz))
    throw FieldError({"e_max_Hz", "e_min_Hz"},
                     fmt::format("is {:g}; expected more than e_min_Hz = {:g}", o.e_max_Hz, o.e_min_Hz));
  positive(f, "hidden_max_Hz", o.hidden_max_Hz, "Hz",
           "event rate of hidden neurons above which homeostasis takes their weights down");
  f("initial_gain", o.initial_gain, "",
    "spread of hidden potentials over pictures at the start, in units of the slope, about");
  f("feedback_gain", o.feedback_gain, "",
    "spread of what a digit's output adds to hidden dendrites when it bursts at 40 Hz, in units of their "
    "slope; of learned feedback at the start");
  from_0(f, "feedback_follow", o.feedback_follow, "",
         "learned: change of a feedback weight over that of the forward weight beside it");
}

void apply(MnistOptions&, std::string_view, std::size_t) {}

CircuitAndCourse build(const MnistOptions& o) {
  constexpr std::size_t kEpochs = 5;
  return {mnist_network(o, mnist_sources(o, kMnistSide)), mnist_course(o, kEpochs)};
}

}  // namespace

SpikingModel burstprop_mnist() {
  return spiking_recipe<MnistOptions>("burstprop-mnist",
                                      "hundreds of bursting neurons learn handwritten digits from Poisson "
                                      "spikes: events carry the picture up, "
                                      "bursts the teacher's signal down. Beyond the article: docs/spiking.md",
                                      "Payeur et al. (2021), Nat Neurosci 24:1010 (the rule and its phases); "
                                      "Greedy et al. (2022), Single-phase deep "
                                      "learning in cortico-cortical networks, NeurIPS 35 (taking off "
                                      "expected bursts); Stuck & Naud (2024), bioRxiv "
                                      "2024.07.19.604308 (digits)",
                                      {}, apply, fields, build);
}

}  // namespace apical::models
