// SPDX-License-Identifier: Apache-2.0
// Errors of the library as those of the package (src/apical/errors.py), with their fields.
#include "apical/errors.h"

#include "core/module.h"

namespace nb = nanobind;

namespace apical::python {
namespace {

void raise(const char* type, const std::string& message, const nb::dict& fields) {
  const nb::object of_type = nb::module_::import_("apical.errors").attr(type);
  const nb::object error = of_type(nb::str(message.c_str(), message.size()), **fields);
  PyErr_SetObject(of_type.ptr(), error.ptr());
}

nb::dict fields_of(const ConfigError& e) {
  nb::dict f;
  f["file"] = nb::str(e.place().file.c_str());
  f["line"] = e.place().line;
  f["column"] = e.place().column;
  f["problem"] = nb::str(e.bare_message().c_str());
  f["hint"] = nb::str(e.hint().c_str());
  return f;
}

nb::dict fields_of(const NumericalFault& e) {
  const NumericalFault::Where& at = e.where();
  nb::dict f;
  f["population"] = nb::str(at.population.c_str());
  f["quantity"] = nb::str(at.quantity.c_str());
  f["unit"] = at.unit;
  f["seed"] = at.seed;
  f["step"] = at.step;
  f["time_ms"] = at.time_ms;
  f["value"] = at.value;
  return f;
}

void translate(const std::exception_ptr& thrown, void* /*unused*/) {
  try {
    std::rethrow_exception(thrown);
  } catch (const ConfigError& e) {
    raise("ConfigError", e.what(), fields_of(e));
  } catch (const NumericalFault& e) {
    raise("NumericalFault", e.what(), fields_of(e));
  } catch (const DataError& e) {
    raise("DataError", e.what(), {});
  } catch (const IoError& e) {
    raise("IoError", e.what(), {});
  } catch (const Error& e) {
    raise("Error", e.what(), {});
  }
}

}  // namespace

void bind_errors(nb::module_& /*m*/) { nb::register_exception_translator(translate); }

}  // namespace apical::python
