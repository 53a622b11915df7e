// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nanobind/nanobind.h>

#include <memory>
#include <utility>

namespace apical::python {

/// An object of Python's that threads of the engine may let go of.
class Kept {
 public:
  explicit Kept(nanobind::object object)
      : object_(new nanobind::object(std::move(object)), [](nanobind::object* o) {
          const nanobind::gil_scoped_acquire acquired;
          delete o;
        }) {}
  const nanobind::object& operator*() const { return *object_; }
  const void* identity() const { return object_.get(); }

 private:
  std::shared_ptr<nanobind::object> object_;
};

}  // namespace apical::python
