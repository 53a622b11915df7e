// SPDX-License-Identifier: Apache-2.0
// Kinds that need the 92 pictures and their RDMs (Kriegeskorte et al., Neuron 60:1126, 2008), which do not
// come with Apical.
#include <cmath>
#include <cstdlib>
#include <map>
#include <numeric>

#include "golden/representation.h"
#include "golden/representation_case.h"

namespace apical::golden {
namespace {

/// The folder it92, its pictures and arrays, read once.
class It92 {
 public:
  It92() {
    const char* const data = std::getenv("APICAL_DATA");
    if (data == nullptr) {
      throw DataError("needs the folder it92 in the folder that APICAL_DATA names, which is not set");
    }
    folder_ = io::Path(data) / "it92";
    stimuli_ = read_stimulus_set(folder_);
  }
  const StimulusSet& stimuli() const { return stimuli_; }
  SessionRdms rdms(const std::string& array) const {
    return read_reference_rdms(folder_ / "rdms.npz", array, {}, stimuli_.size());
  }
  Rdm pixel_rdm(std::size_t size, const std::string& colour) {
    const std::string name = std::to_string(size) + " " + colour;
    if (!pixel_rdms_.contains(name)) {
      pixel_rdms_[name] = rdm_of(pixels(size, colour).view(), Dissimilarity::correlation);
    }
    return pixel_rdms_.at(name);
  }
  Matrix<double> pixels(std::size_t size, const std::string& colour) const {
    return pixels_of(stimuli_, {size, size}, colour == "grey" ? PixelColour::grey : PixelColour::rgb);
  }

 private:
  io::Path folder_;
  StimulusSet stimuli_;
  std::map<std::string, Rdm> pixel_rdms_;
};

double own_resize(const json& file) { return file.at("tolerance_own_resize").at("abs").get<double>(); }

class It92Replay {
 public:
  It92Replay(const json& file, Comparison& c)
      : file_(file),
        config_(file.at("config")),
        c_(c),
        kept_(config_.at("stimuli").get<std::vector<std::uint32_t>>()),
        own_resize_(own_resize(file)) {
    for (const auto& model : config_.at("models").items()) models_[model.key()] = model_of(model.value());
    for (const auto& one : config_.at("references").items()) {
      references_[one.key()] = cut(mean_over_sessions(data_.rdms(one.value().get<std::string>())).at(0));
    }
    sessions_ = data_.rdms(config_.at("subjects").get<std::string>());
    for (auto& subject : sessions_) {
      for (Rdm& rdm : subject) rdm = cut(rdm);
    }
    subjects_ = mean_over_sessions(sessions_);
  }

  void run() {
    const json& expected = file_.at("expected");
    for (const auto& item : expected.items()) {
      const std::string& key = item.key();
      const json& value = item.value();
      if (key == "correlations") {
        correlations(value);
      } else if (key == "partial-spearman") {
        partial(value);
      } else if (key == "subject_mean") {
        for (const auto& model : value.items()) {
          for (const auto& measure : model.value().items()) {
            const auto scores = per_subject(model.key(), by_name<RdmMeasure>(measure.key()));
            number(model.key(), "subject_mean " + model.key() + " " + measure.key(), mean(scores),
                   measure.value());
          }
        }
      } else if (key == "per_subject_spearman") {
        for (const auto& model : value.items()) {
          const auto scores = per_subject(model.key(), RdmMeasure::spearman);
          c_.exact(key + ": length", static_cast<double>(scores.size()),
                   static_cast<double>(model.value().size()));
          for (std::size_t s = 0; s < scores.size(); ++s) {
            number(model.key(), key + " " + model.key(), scores[s], model.value().at(s));
          }
        }
      } else if (key == "ceiling") {
        for (const auto& measure : value.items()) {
          ceiling("ceiling " + measure.key(), subjects_, by_name<RdmMeasure>(measure.key()), measure.value());
        }
      } else if (key == "sessions_of_a_subject_spearman") {
        std::vector<double> found;
        for (const auto& subject : sessions_) {
          found.push_back(compare_rdms(subject.at(0), subject.at(1), RdmMeasure::spearman));
        }
        c_.close_all(key, found, value);
      } else if (key == "ceiling_if_sessions_were_subjects") {
        std::vector<Rdm> all;
        for (const auto& subject : sessions_) all.insert(all.end(), subject.begin(), subject.end());
        ceiling(key, all, RdmMeasure::spearman, value);
      } else if (key == "inference") {
        inference(value);
      } else {
        c_.note_unknown_keys({{key, 0}}, {}, "expected.");
      }
    }
  }

 private:
  Rdm cut(const Rdm& rdm) const { return cut_rdm(rdm, kept_); }

  Rdm model_of(const json& model) {
    if (model.contains("label")) return cut(label_rdm(labels_of(data_.stimuli(), model.at("label"))));
    if (model.contains("array")) return cut(mean_rdm(mean_over_sessions(data_.rdms(model.at("array")))));
    return cut(data_.pixel_rdm(model.at("pixels").get<std::size_t>(), model.at("colour").get<std::string>()));
  }
  const Rdm& model(const std::string& name) const {
    const auto found = models_.find(name);
    if (found == models_.end()) throw DataError("config has no model '" + name + "'");
    return found->second;
  }
  bool needs_resize(const std::string& name) const {
    const json& what = config_.at("models").at(name);
    return what.contains("pixels") &&
           what.at("pixels").get<std::size_t>() != data_.stimuli().pictures.at(0).rows;
  }
  void number(const std::string& model, const std::string& quantity, double found, const json& expected) {
    if (needs_resize(model)) {
      c_.within(quantity, found, expected.get<double>(), own_resize_);
    } else {
      c_.close(quantity, found, expected.get<double>());
    }
  }
  std::vector<double> per_subject(const std::string& name, RdmMeasure measure) const {
    std::vector<double> scores;
    for (const Rdm& subject : subjects_) scores.push_back(compare_rdms(model(name), subject, measure));
    return scores;
  }
  void correlations(const json& expected) {
    for (const auto& m : expected.items()) {
      for (const auto& reference : m.value().items()) {
        for (const auto& measure : reference.value().items()) {
          number(m.key(), m.key() + ", " + reference.key() + " " + measure.key(),
                 compare_rdms(model(m.key()), references_.at(reference.key()),
                              by_name<RdmMeasure>(measure.key())),
                 measure.value());
        }
      }
    }
  }
  void partial(const json& expected) {
    const std::string control = config_.at("control");
    const std::vector<Rdm> controls{model(control)};
    for (const auto& m : expected.items()) {
      for (const auto& reference : m.value().items()) {
        number(control, "partial " + m.key() + ", " + reference.key(),
               partial_spearman(model(m.key()), references_.at(reference.key()), controls),
               reference.value());
      }
    }
  }
  void ceiling(const std::string& name, const std::vector<Rdm>& subjects, RdmMeasure measure,
               const json& expected) {
    const NoiseCeiling found = noise_ceiling(subjects, measure);
    c_.close(name + ".lower", found.lower, expected.at("lower").get<double>());
    c_.close(name + ".upper", found.upper, expected.at("upper").get<double>());
  }
  void inference(const json& expected) {
    std::vector<SeedRdms> chosen;
    bool resizes = false;
    for (const json& name : config_.at("bootstrap_models")) {
      chosen.push_back({model(name)});
      resizes = resizes || needs_resize(name);
    }
    ThreadPool pool(1);
    const RdmDraws draws{draws_of(file_.at("inputs").at("stimulus_draws")),
                         draws_of(file_.at("inputs").at("subject_draws"))};
    const auto measure = by_name<RdmMeasure>(config_.at("bootstrap_measure"));
    compare_inference(c_, "inference", infer_from_draws(chosen, subjects_, measure, draws, pool), expected,
                      resizes ? own_resize_ : 0);
  }

  const json& file_;
  const json& config_;
  Comparison& c_;
  std::vector<std::uint32_t> kept_;
  double own_resize_;
  It92 data_;
  std::map<std::string, Rdm> models_, references_;
  SessionRdms sessions_;
  std::vector<Rdm> subjects_;
};

/// Of bytes that may differ by one in at most one of 10 000.
class Bytes {
 public:
  void compare(double found, double expected) {
    ++all_;
    if (found == expected) return;
    ++different_;
    largest_ = std::max(largest_, std::abs(found - expected));
  }
  void finish(Comparison& c) const {
    c.within("bytes: largest difference", largest_, 0, 1);
    c.within("bytes: share that differ", all_ == 0 ? 0 : different_ / all_, 0, 1e-4);
  }

 private:
  double all_ = 0, different_ = 0, largest_ = 0;
};

}  // namespace

void replay_it92(const json& file, Comparison& c) { It92Replay(file, c).run(); }

void replay_it92_images(const json& file, Comparison& c) {
  It92 data;
  const json& expected = file.at("expected");
  for (const auto& size : expected.at("sums").items()) {
    const Matrix<double> pixels = data.pixels(std::stoul(size.key()), "rgb");
    for (std::size_t i = 0; i < pixels.rows(); ++i) {
      const auto row = pixels.row(i);
      c.within("sum of " + std::to_string(i) + " at " + size.key(),
               255 * std::accumulate(row.begin(), row.end(), 0.0), size.value().at(i).get<double>(),
               file.at("tolerance_sums").at("abs").get<double>());
    }
  }
  Bytes bytes;
  for (const auto& item : expected.items()) {
    const bool coloured = item.key().rfind("bytes_", 0) == 0, grey = item.key().rfind("grey_", 0) == 0;
    if (!coloured && !grey) continue;
    const std::size_t size = std::stoul(item.key().substr(item.key().find('_') + 1));
    const Matrix<double> pixels = data.pixels(size, coloured ? "rgb" : "grey");
    for (const auto& picture : item.value().items()) {
      const auto row = pixels.row(std::stoul(picture.key()));
      std::vector<double> numbers;
      flatten(picture.value(), numbers);
      c.exact(item.key() + ": length", static_cast<double>(row.size()), static_cast<double>(numbers.size()));
      for (std::size_t p = 0; p < std::min(row.size(), numbers.size()); ++p) {
        if (coloured) {
          bytes.compare(std::round(255 * row[p]), numbers[p]);
        } else {
          c.within(item.key(), row[p], numbers[p], 1.0 / 255 + 1e-12);
          bytes.compare(std::abs(row[p] - numbers[p]) < 1e-9 ? 0 : 1, 0);
        }
      }
    }
  }
  bytes.finish(c);
  for (const auto& one : expected.at("pixel_rdm_row_0").items()) {
    const auto words = split(one.key(), " ");
    const std::size_t size = std::stoul(words.at(0));
    const Rdm rdm = data.pixel_rdm(size, words.at(1));
    const bool resizes = size != data.stimuli().pictures.at(0).rows;
    for (std::size_t j = 0; j < one.value().size(); ++j) {
      const double value = one.value().at(j).get<double>();
      if (resizes) {
        c.within("pixel_rdm " + one.key(), rdm.at(j), value, own_resize(file));
      } else {
        c.close("pixel_rdm " + one.key(), rdm.at(j), value);
      }
    }
  }
}

void replay_end_to_end(const json& file, Comparison& c) {
  It92 data;
  const json& inputs = file.at("inputs");
  const json& expected = file.at("expected");
  const double allowed = own_resize(file);
  const auto close = [&](const std::string& name, double found, const json& value) {
    c.within(name, found, value.get<double>(), allowed);
  };
  const auto layer = [&](const Matrix<double>& x, const std::string& number) {
    const auto weights = read_matrix<double>(inputs.at("W" + number + "_times_1024"));
    const auto biases = inputs.at("b" + number + "_times_1024").get<std::vector<double>>();
    Matrix<double> h(x.rows(), weights.rows());
    for (std::size_t i = 0; i < x.rows(); ++i) {
      for (std::size_t k = 0; k < weights.rows(); ++k) {
        const double drive =
            std::inner_product(x.row(i).begin(), x.row(i).end(), weights.row(k).begin(), biases[k]);
        h(i, k) = std::tanh(drive / 1024);
      }
    }
    return h;
  };
  std::map<std::string, Matrix<double>> activity;
  activity["pixels"] = data.pixels(28, "grey");
  activity["h1"] = layer(activity["pixels"], "1");
  activity["h2"] = layer(activity["h1"], "2");
  std::map<std::string, Rdm> rdms;
  for (const auto& [name, x] : activity) rdms[name] = rdm_of(x.view(), Dissimilarity::correlation);
  const auto subjects = mean_over_sessions(data.rdms("human_it_sessions"));
  rdms["monkey_it"] = mean_over_sessions(data.rdms("monkey_it")).at(0);

  const auto compare_layers = [&](const std::string& a, const std::string& b, const json& values) {
    const auto x = activity.at(a).view(), y = activity.at(b).view();
    for (const auto& value : values.items()) {
      const std::string name = a + ", " + b + " " + value.key();
      if (value.key() == "cka") {
        close(name, cka(x, y), value.value());
      } else if (value.key() == "cka_debiased") {
        close(name, debiased_cka(x, y), value.value());
      } else if (value.key() == "procrustes") {
        const Procrustes found = procrustes(x, y);
        close(name, found.similarity, value.value().at("similarity"));
        close(name, found.angle_rad, value.value().at("angle_rad"));
        close(name, found.distance, value.value().at("distance"));
      } else {
        close(name, compare_rdms(rdms.at(a), rdms.at(b), by_name<RdmMeasure>(value.key())), value.value());
      }
    }
  };
  const auto compare_with = [&](const std::string& name, const std::string& key, const json& value) {
    const Rdm& rdm = rdms.at(name);
    if (key == "rdm_row_0") {
      for (std::size_t j = 0; j < value.size(); ++j) close(name + "." + key, rdm.at(j), value.at(j));
    } else if (key == "pixels") {
      compare_layers(name, "pixels", value);
    } else if (key == "human_subject_mean") {
      for (const auto& measure : value.items()) {
        double sum = 0;
        for (const Rdm& subject : subjects)
          sum += compare_rdms(rdm, subject, by_name<RdmMeasure>(measure.key()));
        close(name + "." + key, sum / static_cast<double>(subjects.size()), measure.value());
      }
    } else if (key.rfind("partial-spearman ", 0) == 0) {
      const auto sides = split(key.substr(key.find(' ') + 1), " | ");
      const std::vector<Rdm> controls{rdms.at(sides.at(1))};
      close(name + "." + key, partial_spearman(rdm, rdms.at(sides.at(0)), controls), value);
    } else {
      for (const auto& measure : value.items()) {
        close(name + "." + key, compare_rdms(rdm, rdms.at(key), by_name<RdmMeasure>(measure.key())),
              measure.value());
      }
    }
  };
  for (const auto& item : expected.items()) {
    const std::string& key = item.key();
    const std::string of = "_of_stimulus_";
    if (const auto at = key.find(of); at != std::string::npos) {
      const auto row = activity.at(key.substr(0, at)).row(std::stoul(key.substr(at + of.size())));
      c.exact(key + ": length", static_cast<double>(row.size()), static_cast<double>(item.value().size()));
      for (std::size_t k = 0; k < row.size(); ++k) close(key, row[k], item.value().at(k));
    } else if (key.find(", ") != std::string::npos) {
      compare_layers(split(key, ", ").at(0), split(key, ", ").at(1), item.value());
    } else {
      for (const auto& value : item.value().items()) compare_with(key, value.key(), value.value());
    }
  }
}

}  // namespace apical::golden
