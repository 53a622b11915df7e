// SPDX-License-Identifier: Apache-2.0
#include "apical/procedure/spiking_mnist_course.h"

#include <fmt/format.h>

#include <mutex>

#include "apical/core/random.h"
#include "apical/procedure/spiking_course_parts.h"
#include "apical/tasks/task.h"

namespace apical {
namespace {

using namespace payeur2021;

constexpr std::size_t kPart = 500;        // pictures between two chances to save
constexpr std::size_t kFirstTest = 1000;  // pictures the untrained network is tested with: it guesses
constexpr std::size_t kWatched = 8;       // test pictures whose activity is kept
constexpr std::size_t kTrainImages = 60000, kTestImages = 10000;  // of MNIST

/// All seeds of a run read the same pictures.
std::shared_ptr<const Dataset> pictures() {
  static std::mutex mutex;
  static std::weak_ptr<const Dataset> shared;
  const std::lock_guard lock(mutex);
  std::shared_ptr<const Dataset> data = shared.lock();
  if (!data)
    shared = data =
        std::make_shared<const Dataset>(make_dataset("mnist", TaskParameters{}.set("validation_samples", 0)));
  return data;
}

std::size_t first_of(std::size_t wanted, std::size_t all) {
  return wanted == 0 ? all : std::min(wanted, all);
}
std::size_t parts_of(std::size_t pictures) { return (pictures + kPart - 1) / kPart; }

/// Sums over the pictures shown since an epoch's training or test began.
struct Tally {
  std::uint64_t shown = 0, correct = 0;
  double cost = 0, hidden_Hz = 0, hidden_burst_probability = 0;
  template <class Archive>
  void visit_state(Archive& a) {
    a("shown", shown);
    a("correct", correct);
    a("cost", cost);
    a("hidden_Hz", hidden_Hz);
    a("hidden_burst_probability", hidden_burst_probability);
  }
};

class MnistCourse final : public WatchedCourse {
 public:
  MnistCourse(const MnistOptions& o, std::size_t epochs, const CourseSetting& s)
      : WatchedCourse(mnist_network(o, mnist_sources(o, kMnistSide)), s),
        data_(pictures()),
        epochs_(epochs),
        train_(first_of(o.train_images, data_->train.size())),
        test_(first_of(o.test_images, data_->test.size())),
        network_(o, mnist_sources(o, kMnistSide), s.seed, s.pool, watching()) {}

  std::size_t rounds() const override { return 1 + epochs_ * (parts_of(train_) + parts_of(test_)); }

  std::vector<MeasureRow> run_round(std::size_t round) override {
    if (round == 0) {
      test(0, std::min(test_, kFirstTest), "untrained");
      return {row(0, "test")};
    }
    const std::size_t of_training = parts_of(train_), of_epoch = of_training + parts_of(test_);
    const std::size_t epoch = (round - 1) / of_epoch + 1, part = (round - 1) % of_epoch;
    if (part < of_training) {
      train(epoch, part);
      if (part + 1 == of_training) return {row(epoch, "train")};
      return {};
    }
    const std::size_t first = (part - of_training) * kPart;
    test(first, std::min(test_, first + kPart), epoch == epochs_ ? "trained" : "");
    if (part + 1 == of_epoch) return {row(epoch, "test")};
    return {};
  }

  io::Bytes save() override { return io::save_state(*this); }
  void load(std::span<const std::byte> bytes, const std::string& origin) override {
    io::load_state(bytes, *this, origin);
  }
  template <class Archive>
  void visit_state(Archive& a) {
    a.section("watch", [&] { watch_.visit_state(a); });
    a.section("tally", [&] { tally_.visit_state(a); });
    FlexibleArchive<Archive> flexible(a);
    a.section("network", [&] { network_.network().visit_state(flexible); });
  }

 private:
  std::vector<double> picture(const Split& split, std::size_t i) const {
    std::vector<double> pixels(kMnistSide * kMnistSide);
    split.read_input(i, pixels);
    return pooled(pixels, kMnistSide, network_.options().pooling);
  }

  void count(const MnistAnswer& a, std::size_t label) {
    ++tally_.shown;
    tally_.correct += a.digit == label ? 1 : 0;
    tally_.cost += a.cost;
    tally_.hidden_Hz += network_.hidden_Hz();
    tally_.hidden_burst_probability += network_.hidden_burst_probability();
  }

  void train(std::size_t epoch, std::size_t part) {
    if (order_epoch_ != epoch) order_ = permutation({setting_.seed, Stream::sample_order, 0, epoch}, train_);
    order_epoch_ = epoch;
    const double all = static_cast<double>(train_ * epochs_);
    for (std::size_t i = part * kPart; i < std::min(train_, (part + 1) * kPart); ++i) {
      const auto label = static_cast<std::size_t>(data_->train.labels[order_[i]]);
      const double done = static_cast<double>((epoch - 1) * train_ + i) / all;
      count(network_.learn(picture(data_->train, order_[i]), label, network_.options().decay ? 1 - done : 1),
            label);
    }
  }

  void test(std::size_t first, std::size_t last, const std::string& segment) {
    const bool watched = first == 0 && !segment.empty();
    if (watched) {
      std::vector<std::string> labels;
      for (std::size_t i = 0; i < std::min(last, kWatched); ++i)
        labels.push_back(fmt::format("a {}", data_->test.labels[i]));
      watch_.open(segment, ends_of(labels, network_.options().prediction_s, setting_.raster_s),
                  network_.network());
    }
    for (std::size_t i = first; i < last; ++i) {
      if (watched && i == kWatched) watch_.close();
      const auto label = static_cast<std::size_t>(data_->test.labels[i]);
      count(network_.predict(picture(data_->test, i), label), label);
    }
    watch_.close();
  }

  MeasureRow row(std::size_t epoch, const std::string& split) {
    const auto shown = static_cast<double>(tally_.shown);
    MeasureRow row{
        epoch,
        split,
        {{"accuracy", static_cast<double>(tally_.correct) / shown}, {"cost", tally_.cost / shown}}};
    row.values.emplace_back("hid_event_Hz", tally_.hidden_Hz / shown);
    row.values.emplace_back(split == "train" ? "hid_taught_burst_probability" : "hid_burst_probability",
                            tally_.hidden_burst_probability / shown);
    for (const auto& [name, connection] :
         {std::pair{"weight_in_hid_mV", "in->hid"}, {"weight_hid_out_mV", "hid->out"}}) {
      row.values.emplace_back(name, network_.root_mean_square_weight_mV(connection));
    }
    tally_ = {};
    return row;
  }

  std::shared_ptr<const Dataset> data_;
  std::size_t epochs_, train_, test_;
  MnistNetwork network_;
  Tally tally_;
  std::vector<std::uint32_t> order_;
  std::size_t order_epoch_ = 0;
};

}  // namespace

std::unique_ptr<SpikingCourse> make_mnist_course(const MnistOptions& o, std::size_t epochs,
                                                 const CourseSetting& s) {
  return std::make_unique<MnistCourse>(o, epochs, s);
}

double mnist_course_seconds(const MnistOptions& o, std::size_t epochs) {
  const auto train = static_cast<double>(first_of(o.train_images, kTrainImages)),
             test = static_cast<double>(first_of(o.test_images, kTestImages));
  return std::min(test, static_cast<double>(kFirstTest)) * o.prediction_s +
         static_cast<double>(epochs) * (train * (o.prediction_s + o.teaching_s) + test * o.prediction_s);
}

}  // namespace apical
