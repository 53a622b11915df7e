// SPDX-License-Identifier: Apache-2.0
// The engine at work in a thread of its own while the thread that called from Python waits without the GIL,
// runs callbacks, and looks for signals. So callbacks are made where users expect them, and Ctrl-C, or any
// handler of a signal that raises, ends the work at its next safe point.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>

namespace apical::python {

class CallingThread {
 public:
  using Work = std::function<void(const std::atomic<bool>& stop)>;

  /// Returns when `work` has. Throws what a callback or a handler of a signal raised, else what `work` threw.
  /// Called with the GIL.
  void wait_for(const Work& work);

  /// From within the work: runs `callback` on the thread that waits, with the GIL, and returns when it has.
  /// What it raises ends the work; nothing is called afterwards. Threads of the work take turns.
  void call(const std::function<void()>& callback);
  /// From within a callback.
  void stop() { stop_ = true; }

 private:
  std::mutex turns_;  ///< whose callback it is
  std::mutex mutex_;
  std::condition_variable changed_;
  const std::function<void()>* callback_ = nullptr;
  bool done_ = false;
  std::atomic<bool> stop_{false};
};

}  // namespace apical::python
