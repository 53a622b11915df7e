// SPDX-License-Identifier: Apache-2.0
#include "apical/procedure/spiking_display.h"

#include <fmt/format.h>

namespace apical {
namespace {

using namespace payeur2021;

struct Displayer {
  std::size_t epochs;

  CourseDisplay operator()(const XorOptions& o) const {
    CourseDisplay out;
    Display& d = out.display;
    const double middle = 0.5 * (o.e_min_Hz + o.e_max_Hz);
    d.headlines.push_back({"patterns_correct", "patterns right, of 4", ""});
    Display::Dots answers{"Answers of the output population", "", "event rate of the output (Hz)", {}};
    for (const XorPattern& p : kXorPatterns) {
      const std::string metric = fmt::format("out_event_Hz_{}", p.name);
      d.headlines.push_back({metric, fmt::format("output for {} (target {:d})", p.text, p.target()), "Hz"});
      if (epochs > 0) answers.rows.push_back({fmt::format("{} untrained", p.text), metric, true});
      answers.rows.push_back({fmt::format("{} (target {:d})", p.text, p.target()), metric, false});
    }
    answers.caption = fmt::format(
        "Second half of each presentation, without a teacher. Right is above {0:g} Hz for target 1, below "
        "{0:g} Hz for target 0.",
        middle);
    d.dots.push_back(answers);
    const auto over_patterns = [&](const char* population, const char* quantity) {
      std::vector<Display::Figure::Line> lines;
      for (const XorPattern& p : kXorPatterns)
        lines.push_back({fmt::format("{} → {:d}", p.text, p.target()),
                         fmt::format("{}_{}_{}", population, quantity, p.name)});
      return lines;
    };
    d.figures.push_back({"Cost of an epoch",
                         "Cross-entropy of the output's mean event rate at the end of each prediction phase, "
                         "summed over the four patterns.",
                         "epoch",
                         "cost",
                         "train",
                         {{"cost", "cost"}},
                         {},
                         ""});
    d.figures.push_back({"Answers within training",
                         "Event rate of the output population in the second half of the prediction phase.",
                         "epoch", "event rate (Hz)", "train", over_patterns("out", "event_Hz"), middle,
                         "middle"});
    for (const auto& [population, text] : {std::pair{"out", "output"},
                                           {"hid1", "first hidden population"},
                                           {"hid2", "second hidden population"}}) {
      d.figures.push_back({fmt::format("Burst probability while taught: {}", text),
                           "In the teaching phase. What the teacher's current does to output bursts reaches "
                           "hidden dendrites through feedback.",
                           "epoch",
                           "burst probability",
                           "train",
                           over_patterns(population, "taught_burst_probability"),
                           {},
                           ""});
    }
    for (const auto& [population, text] :
         {std::pair{"hid1", "first hidden population"}, {"hid2", "second hidden population"}}) {
      d.figures.push_back({fmt::format("Event rates within training: {}", text),
                           "In the second half of the prediction phase.",
                           "epoch",
                           "event rate (Hz)",
                           "train",
                           over_patterns(population, "event_Hz"),
                           {},
                           ""});
    }
    Display::Figure weights{
        "Plastic weights", "Mean over each projection.", "epoch", "weight", "train", {}, {}, ""};
    for (const char* w : {"in1_hid1", "in1_hid2", "in2_hid1", "in2_hid2", "hid1_out", "hid2_out"}) {
      std::string label = w;
      label.replace(label.find('_'), 1, " → ");
      weights.lines.push_back({label, fmt::format("weight_{}", w)});
    }
    d.figures.push_back(weights);
    std::string order;
    for (const XorPattern& p : kXorPatterns)
      order += fmt::format("{}{}", order.empty() ? "" : ", then ", p.text);
    d.activity = fmt::format("The inputs are {}, for {:g} s each.", order, o.example_s);
    out.course = fmt::format(
        "{:g} s without input, then a test of {:g} s for each pattern without plasticity or teacher. {} "
        "epochs of the four patterns in their fixed order: {:g} s of "
        "prediction without plasticity, then {:g} s with plasticity and a teaching current into each output "
        "dendrite, frozen, computed from that neuron's event rate. "
        "Then the test again. Nothing is reset between examples.",
        3 * o.alpha_s, o.example_s, epochs, 0.9 * o.example_s, 0.1 * o.example_s);
    return out;
  }

  CourseDisplay operator()(const MnistOptions& o) const {
    CourseDisplay out;
    Display& d = out.display;
    d.headlines = {{"accuracy", "test pictures right (fraction)", ""},
                   {"cost", "squared distance from the targets", ""},
                   {"hid_event_Hz", "event rate of the hidden population", "Hz"},
                   {"hid_burst_probability", "its burst probability", ""}};
    const auto figure = [&](const char* title, const char* caption, const char* y, const char* split,
                            const char* label, const char* metric) {
      d.figures.push_back({title, caption, "epoch", y, split, {{label, metric}}, {}, ""});
    };
    figure("Accuracy on test pictures",
           "The digit whose output neurons had most events in the prediction phase. Epoch 0 is the untrained "
           "network, on the first 1000 pictures at most.",
           "fraction right", "test", "test", "accuracy");
    figure("Accuracy within training", "Mean over the pictures of an epoch, each before it was taught.",
           "fraction right", "train", "training", "accuracy");
    figure("Cost within training",
           "Squared distance of output event rates from their targets over the squared range, mean over "
           "digits and pictures.",
           "cost", "train", "cost", "cost");
    figure("Hidden event rate within training", "In the teaching phase.", "event rate (Hz)", "train",
           "hidden", "hid_event_Hz");
    figure("Hidden burst probability within training", "In the teaching phase.", "burst probability", "train",
           "hidden", "hid_taught_burst_probability");
    d.figures.push_back({"Plastic weights",
                         "Root mean square over each projection.",
                         "epoch",
                         "weight (mV)",
                         "train",
                         {{"in → hid", "weight_in_hid_mV"}, {"hid → out", "weight_hid_out_mV"}},
                         {},
                         ""});
    d.activity = fmt::format("The first test pictures, {:g} s each.", o.prediction_s);
    out.course = fmt::format(
        "{} epochs of all training pictures in an order of their own. Each picture sets the rates of its "
        "Poisson sources: {:g} s of prediction without plasticity, whose first {:g} s are "
        "not counted, then {:g} s with plasticity and a teaching current into each output dendrite, frozen, "
        "computed from that neuron's event rate. After each epoch a test: "
        "predictions alone. Nothing is reset between pictures.",
        epochs, o.prediction_s, o.settle_s, o.teaching_s);
    return out;
  }

  CourseDisplay operator()(const PropagationOptions& o) const {
    CourseDisplay out;
    Display& d = out.display;
    d.headlines = {
        {"r_event_rate_1_soma_drive", "r(event rate 1, somatic drive)", ""},
        {"r_event_rate_2_event_rate_1", "r(event rate 2, event rate 1)", ""},
        {"r_burst_probability_2_dendrite_drive", "r(burst probability 2, dendritic drive)", ""},
        {"r_burst_probability_2_soma_drive", "r(burst probability 2, somatic drive)", ""},
        {"r_burst_probability_1_burst_rate_2", "r(burst probability 1, burst rate 2)", ""},
        {"r_burst_probability_1_burst_probability_2", "r(burst probability 1, burst probability 2)", ""},
        {"pyr1_event_Hz", "event rate of area 1", "Hz"},
        {"pyr2_event_Hz", "event rate of area 2", "Hz"},
        {"pyr1_burst_probability", "burst probability of area 1", ""},
        {"pyr2_burst_probability", "burst probability of area 2", ""}};
    d.dots.push_back(correlations(d.headlines));
    d.activity = fmt::format("The drives begin at {:g} s.", o.burn_in_s);
    out.course = fmt::format(
        "{:g} s without drives, then {:g} s with a sine current of {:g} pA and period {:g} s into the somata "
        "of area 1 and one of {:g} pA and {:.4g} s into the "
        "dendrites of area 2. Events and bursts are counted in bins of {:g} ms; drives are taken at the end "
        "of a bin.",
        o.burn_in_s, o.duration_s, o.soma_amplitude_A * 1e12, o.soma_period_s, o.dendrite_amplitude_A * 1e12,
        o.dendrite_period_s, o.bin_s * 1e3);
    return out;
  }

  CourseDisplay operator()(const models::MultiplexingOptions& m) const {
    const PropagationOptions& o = m.population;
    CourseDisplay out;
    Display& d = out.display;
    d.headlines = {{"r_event_rate_soma_drive", "r(event rate, somatic drive)", ""},
                   {"r_event_rate_dendrite_drive", "r(event rate, dendritic drive)", ""},
                   {"r_burst_probability_dendrite_drive", "r(burst probability, dendritic drive)", ""},
                   {"r_burst_probability_soma_drive", "r(burst probability, somatic drive)", ""},
                   {"event_Hz", "event rate", "Hz"},
                   {"burst_probability", "burst probability", ""}};
    d.dots.push_back(correlations(d.headlines));
    d.activity = fmt::format("The drives begin at {:g} s.", o.burn_in_s);
    out.course = fmt::format(
        "{:g} s without drives, then {:g} s with a sine current of {:g} pA and period {:g} s into somata and "
        "one of {:g} pA and {:.4g} s into dendrites. "
        "Events and bursts are counted in bins of {:g} ms; drives are taken at the end of a bin.",
        o.burn_in_s, o.duration_s, o.soma_amplitude_A * 1e12, o.soma_period_s, o.dendrite_amplitude_A * 1e12,
        o.dendrite_period_s, o.bin_s * 1e3);
    return out;
  }

  CourseDisplay operator()(const RuleNetworkOptions& o) const {
    CourseDisplay out;
    Display& d = out.display;
    d.headlines.push_back({"weight_phase_0", "mean weight after the burn-in", ""});
    for (std::size_t i = 0; i <= o.phases.size(); ++i) {
      const std::string what = i < o.phases.size() ? fmt::format("dendritic input {:g} d0", o.phases[i])
                                                   : fmt::format("presynaptic dendrites {:+g} pA",
                                                                 o.final_presynaptic_current_A * 1e12);
      d.headlines.push_back(
          {fmt::format("weight_phase_{}", i + 1), fmt::format("after phase {}, {}", i + 1, what), ""});
    }
    d.activity = fmt::format("The burn-in lasts {:g} s, every phase {:g} s.", 4 * o.alpha_s, o.phase_s);
    const char* x = "phase (0: burn-in)";
    d.figures.push_back({"Mean plastic weight at the end of each phase",
                         "Weights follow changes of the targets' burst probability.",
                         x,
                         "weight",
                         "phase",
                         {{"weight", "weight"}},
                         {},
                         ""});
    d.figures.push_back({"Burst probability in each phase",
                         "",
                         x,
                         "burst probability",
                         "phase",
                         {{"targets", "post_burst_probability"}, {"presynaptic", "pre_burst_probability"}},
                         {},
                         ""});
    d.figures.push_back({"Event rate in each phase",
                         "",
                         x,
                         "event rate (Hz)",
                         "phase",
                         {{"targets", "post_event_Hz"}, {"presynaptic", "pre_event_Hz"}},
                         {},
                         ""});
    out.course = fmt::format(
        "{:g} s without plasticity, then {} phases of {:g} s with plasticity and another weight of the input "
        "to the targets' dendrites in each, then {:g} s with a "
        "constant current into presynaptic dendrites instead.",
        4 * o.alpha_s, o.phases.size(), o.phase_s, o.phase_s);
    return out;
  }

  CourseDisplay operator()(const PeriodicExperiment& o) const {
    CourseDisplay out;
    Display& d = out.display;
    d.curve_x = "frequency of pairing (Hz)";
    d.headlines = {{"crossing_periodic", "depression turns into potentiation", "Hz"},
                   {"deepest_periodic", "deepest depression", ""},
                   {"deepest_at_periodic", "which is at", "Hz"}};
    out.course = fmt::format(
        "{} epochs of {} simultaneous pre- and postsynaptic spikes at one frequency, {:g} s apart; weight "
        "changes are summed. No part of it is random.",
        o.protocol.epochs, o.protocol.pairings_per_epoch, o.protocol.interval_between_epochs_s);
    return out;
  }

  CourseDisplay operator()(const PoissonExperiment& o) const {
    CourseDisplay out;
    Display& d = out.display;
    d.curve_x = "rate of both trains (Hz)";
    for (const double p : o.initial_burst_probabilities) {
      d.headlines.push_back({fmt::format("crossing_P0_{:g}", p),
                             fmt::format("P(0) = {:g}: depression turns into potentiation", p), "Hz"});
      d.headlines.push_back(
          {fmt::format("deepest_P0_{:g}", p), fmt::format("P(0) = {:g}: deepest depression", p), ""});
      d.headlines.push_back(
          {fmt::format("deepest_at_P0_{:g}", p), fmt::format("P(0) = {:g}: which is at", p), "Hz"});
    }
    out.course = fmt::format(
        "Independent Poisson trains of {:g} s before and behind one synapse; each seed is the mean of {} "
        "repetitions.",
        o.duration_s, o.repetitions);
    return out;
  }

  CourseDisplay operator()(const BurstPoissonExperiment& o) const {
    CourseDisplay out;
    Display& d = out.display;
    d.curve_x = "burst probability of both trains";
    for (const double r : o.event_rates_Hz) {
      d.headlines.push_back({fmt::format("crossing_{:g}_Hz", r),
                             fmt::format("{:g} Hz: depression turns into potentiation", r), ""});
      d.headlines.push_back({fmt::format("span_{:g}_Hz", r),
                             fmt::format("{:g} Hz: change from the first to the last point", r), ""});
    }
    out.course = fmt::format(
        "Trains of events, each followed by a second spike with the given probability, for {:g} s on both "
        "sides of one synapse; each seed is the mean of {} repetitions.",
        o.duration_s, o.repetitions);
    return out;
  }

  static Display::Dots correlations(const std::vector<Display::Headline>& headlines) {
    Display::Dots d{
        "Correlations at zero lag", "Pearson correlation over bins after the burn-in.", "correlation", {}};
    for (const Display::Headline& h : headlines) {
      if (h.metric.starts_with("r_")) d.rows.push_back({h.text, h.metric, false});
    }
    return d;
  }
};

}  // namespace

CourseDisplay display_of(const models::SpikingOptions& options, std::size_t epochs) {
  return std::visit(Displayer{epochs}, options);
}

}  // namespace apical
