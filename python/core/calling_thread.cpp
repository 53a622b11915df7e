// SPDX-License-Identifier: Apache-2.0
#include "core/calling_thread.h"

#include <nanobind/nanobind.h>

#include <chrono>
#include <exception>
#include <thread>

namespace nb = nanobind;

namespace apical::python {

namespace {
constexpr std::chrono::milliseconds kLookForSignals{20};
}

void CallingThread::wait_for(const Work& work) {
  std::exception_ptr of_work, of_python;
  std::thread worker([&] {
    try {
      work(stop_);
    } catch (...) {
      of_work = std::current_exception();
    }
    const std::lock_guard lock(mutex_);
    done_ = true;
    changed_.notify_all();
  });
  for (bool done = false; !done;) {
    const std::function<void()>* callback = nullptr;
    {
      const nb::gil_scoped_release others_run;
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, kLookForSignals, [&] { return done_ || callback_ != nullptr; });
      callback = callback_;
      done = done_;
    }
    if (of_python == nullptr) {
      try {
        if (callback != nullptr) (*callback)();
        if (PyErr_CheckSignals() != 0) throw nb::python_error();
      } catch (...) {
        of_python = std::current_exception();
        stop_ = true;
      }
    }
    if (callback == nullptr) continue;
    const std::lock_guard lock(mutex_);
    callback_ = nullptr;
    changed_.notify_all();
  }
  worker.join();
  if (of_python != nullptr) std::rethrow_exception(of_python);
  if (of_work != nullptr) std::rethrow_exception(of_work);
}

void CallingThread::call(const std::function<void()>& callback) {
  const std::lock_guard turn(turns_);
  std::unique_lock lock(mutex_);
  callback_ = &callback;
  changed_.notify_all();
  changed_.wait(lock, [&] { return callback_ == nullptr; });
}

}  // namespace apical::python
