// SPDX-License-Identifier: Apache-2.0
#include "apical/cli/progress.h"

#include <fmt/format.h>

#include <cmath>
#include <ostream>

namespace apical::cli {
namespace {
constexpr double kTerminalInterval = 0.1, kPlainInterval = 60;  // seconds
constexpr double kWindow = 2;                                   // seconds of the moving rate

std::string duration(double s) {
  if (s < 90) return fmt::format("{:.0f} s", s);
  if (s < 5400) return fmt::format("{:.0f} min", s / 60);
  return fmt::format("{:.1f} h", s / 3600);
}
}  // namespace

ProgressPrinter::ProgressPrinter(Context& context, std::string label, bool quiet)
    : context_(context),
      label_(std::move(label)),
      quiet_(quiet),
      last_shown_(Clock::now()),
      window_start_(last_shown_) {}

ProgressPrinter::~ProgressPrinter() { clear(); }

void ProgressPrinter::clear() {
  if (line_open_) context_.err << "\r\x1b[K" << std::flush;
  line_open_ = false;
}

void ProgressPrinter::on_simulated(double done_s, double total_s, const std::string& note) {
  if (quiet_) return;
  const auto now = Clock::now();
  if (window_done_ < 0) {
    window_done_ = done_s;
    window_start_ = now;
  }
  constexpr double kFirst = 0.5, kLong = 30;  // seconds of wall time: pieces are of unequal length
  const double window = std::chrono::duration<double>(now - window_start_).count();
  if (window >= kFirst) rate_ = (done_s - window_done_) / window;
  if (window >= kLong) {
    window_start_ = now;
    window_done_ = done_s;
  }
  const double interval = context_.err_is_terminal ? kTerminalInterval : kPlainInterval;
  if (std::chrono::duration<double>(now - last_shown_).count() < interval) return;
  last_shown_ = now;
  std::string text = fmt::format("{}: {:.0f} of {:.0f} s simulated", label_, done_s, total_s);
  if (rate_ > 0) text += fmt::format(", {:.3g} s/s, {} left", rate_, duration((total_s - done_s) / rate_));
  show(text + (note.empty() ? "" : "; " + note));
}

void ProgressPrinter::on(const Progress& p) {
  if (quiet_) return;
  const auto now = Clock::now();
  const double done =
      static_cast<double>(p.epoch - 1) + static_cast<double>(p.sample) / static_cast<double>(p.samples);
  if (window_done_ < 0) {
    window_done_ = done;
    window_start_ = now;
  }
  const double window = std::chrono::duration<double>(now - window_start_).count();
  if (window >= kWindow || (rate_ == 0 && window > 0.2)) {
    rate_ = (done - window_done_) / window;
    if (window >= kWindow) {
      window_start_ = now;
      window_done_ = done;
    }
  }
  const double interval = context_.err_is_terminal ? kTerminalInterval : kPlainInterval;
  if (std::chrono::duration<double>(now - last_shown_).count() < interval) return;
  last_shown_ = now;
  std::string text = fmt::format("{}: epoch {}/{}", label_, p.epoch, p.epochs);
  if (rate_ > 0) {
    text += fmt::format(", {:.3g} samples/s, {} left", rate_ * static_cast<double>(p.samples),
                        duration((static_cast<double>(p.epochs) - done) / rate_));
  }
  show(text + validation_);
}

void ProgressPrinter::on(const TrainingMeasured& m) {
  double sum = 0;
  std::size_t known = 0;
  for (const auto& replica : m.replicas) {
    for (const NamedFigure& figure : replica) {
      if (figure.name != "return" || !std::isfinite(figure.value)) continue;
      sum += figure.value;
      ++known;
    }
  }
  if (known > 0) validation_ = fmt::format(", return {:.1f}", sum / static_cast<double>(known));
}

void ProgressPrinter::on(const Evaluated& e) {
  if (!e.scores.empty() && e.scores.front().episodes > 0) return;  // returns of training say it already
  double loss = 0, accuracy = 0, falls = 0, teacher_falls = 0;
  bool steers = false;
  for (const Score& s : e.scores) {
    loss += s.loss() / static_cast<double>(e.scores.size());
    accuracy += s.accuracy() / static_cast<double>(e.scores.size());
    steers = steers || s.plant.control_steps > 0;
    falls += s.plant.falls / static_cast<double>(e.scores.size());
    teacher_falls += s.teacher.falls / static_cast<double>(e.scores.size());
  }
  validation_ = fmt::format(", {} loss {:.3g}", name_of(e.split), loss);
  if (steers) validation_ += fmt::format(", {:.3g} falls (teacher {:.3g})", falls, teacher_falls);
  if (accuracy > 0) validation_ += fmt::format(", accuracy {:.4f}", accuracy);
}

void ProgressPrinter::show(const std::string& text) {
  if (context_.err_is_terminal) {
    context_.err << "\r\x1b[K" << text << std::flush;
    line_open_ = true;
  } else {
    context_.err << text << std::endl;
  }
}

}  // namespace apical::cli
