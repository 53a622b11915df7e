// SPDX-License-Identifier: Apache-2.0
// Experiments as text: read, changed, resolved, forecast.
#include "core/documents.h"

#include <fmt/format.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "apical/circuits.h"
#include "apical/core/threads.h"
#include "apical/experiment/protocol.h"
#include "apical/experiment/toml/circuit_toml.h"
#include "apical/experiment/toml/spiking_circuit_toml.h"
#include "apical/experiments.h"
#include "apical/run/forecast.h"
#include "apical/run/saved_weights.h"
#include "core/calling_thread.h"
#include "core/handed.h"
#include "core/module.h"

namespace nb = nanobind;

namespace apical::python {

Circuit circuit_of(const TomlDocument& document) {
  if (is_spiking(document))
    throw ConfigError(fmt::format("{} is about neurons that spike, not about rates", document.origin()), {},
                      "apical.SpikingSimulation steps those");
  TomlReader root(document);
  if (root.has("task")) {
    const Experiment e = read_experiment(document);
    if (!e.is_circuit())
      throw ConfigError(fmt::format(
          "'{}' is no circuit of rate neurons; only those can be stepped by hand from Python", e.label));
    return e.circuit();
  }
  Circuit circuit;
  read_populations_and_projections(root, circuit);
  root.finish();
  circuit.validate();
  return circuit;
}

SpikingCircuit spiking_circuit_of(const TomlDocument& document) {
  if (!is_spiking(document))
    throw ConfigError(fmt::format("{} is about no circuit of spiking neurons", document.origin()), {},
                      "[circuit] with neurons = \"spiking\", or a spiking model");
  TomlReader root(document);
  SpikingCircuit circuit;
  if (root.has("model") || root.has("stage")) {
    circuit = read_experiment(document).spiking().circuit;
    if (circuit.groups.empty())
      throw ConfigError(fmt::format("{} is a protocol of its own without a network", document.origin()));
    return circuit;
  }
  read_spiking_circuit(root, circuit);
  root.finish();
  return circuit;
}

namespace {

/// Empty for what is no experiment, and for one that begins with its initialisation.
std::string start_of(const TomlDocument& document) {
  TomlReader root(document);
  if (is_spiking(document))
    return root.has("model") || root.has("stage") ? read_experiment(document).spiking().start_from : "";
  return root.has("task") ? read_experiment(document).start_from : "";
}

}  // namespace

void take_weights(Weighted& model, const TomlDocument& document, const std::string& source, unsigned threads,
                  bool single) {
  const std::string start = source.empty() ? start_of(document) : source;
  if (start.empty()) return;
  ThreadPool pool(threads);
  set_weights(model, read_weights(start, pool), single);
}

namespace {

std::string circuit_text(const TomlDocument& d) {
  return is_spiking(d) ? circuit_toml(spiking_circuit_of(d)) : circuit_toml(circuit_of(d));
}
std::string circuit_described(const TomlDocument& d) {
  return is_spiking(d) ? spike::describe(spiking_circuit_of(d)) : describe(circuit_of(d));
}

/// Each experiment that the document describes.
nb::list resolved(const TomlDocument& document) {
  std::vector<Experiment> all;
  TomlReader root(document);
  if (root.has("protocol")) {
    for (ProbedModel& m : read_protocol(document)) all.push_back(std::move(m.experiment));
  } else {
    all = read_variants(document);
  }
  nb::list out;
  for (const Experiment& e : all) {
    nb::dict d;
    d["label"] = e.label;
    d["title"] = e.title;
    d["task"] = e.task;
    d["model"] = e.model;
    d["seeds"] = e.seeds;
    d["toml"] = e.resolved;
    d["circuit"] = e.is_circuit() ? describe(e.circuit()) : std::string();
    out.append(d);
  }
  return out;
}

nb::dict forecast_of(const TomlDocument& document, unsigned threads, const std::string& data,
                     const Handed& handed) {
  Forecast f;
  CallingThread caller;
  caller.wait_for([&](const std::atomic<bool>&) {
    ThreadPool pool(threads);
    f = forecast(read_experiment(document), resources_of(pool, data, handed));
  });
  nb::dict out, lines, figures;
  for (const Forecast::Line& line : f.lines) lines[line.name.c_str()] = line.text;
  for (const auto& [name, number] : f.figures)
    std::visit([&](auto value) { figures[name.c_str()] = value; }, number);
  out["label"] = f.label;
  out["what"] = f.what;
  out["lines"] = lines;
  out["figures"] = figures;
  out["data_provenance"] = f.data_provenance;
  out["circuit"] = f.circuit;
  return out;
}

}  // namespace

void bind_documents(nb::module_& m) {
  nb::class_<TomlDocument>(m, "Document", "A parsed experiment file.")
      .def_static("read", &TomlDocument::read, nb::arg("path"))
      .def_static(
          "parse",
          [](const std::string& text, const std::string& origin) {
            return TomlDocument::parse(text, origin);
          },
          nb::arg("text"), nb::arg("origin"))
      .def("copy", &TomlDocument::copy)
      .def(
          "set", [](TomlDocument& d, const std::string& assignment) { d.set(assignment, "variant"); },
          nb::arg("assignment"), "key=value in TOML, as --set has it.")
      .def("overlay", &TomlDocument::overlay, nb::arg("other"))
      .def("text", &TomlDocument::text, "As TOML, with all that was set and laid over it.")
      .def_prop_ro("origin", [](const TomlDocument& d) { return d.origin(); });
  m.def("resolved", &resolved, nb::arg("document"), "Every experiment of a document, defaults filled in.");
  m.def("forecast", &forecast_of, nb::arg("document"), nb::arg("threads"), nb::arg("data"),
        nb::arg("handed"));
  m.def("circuit_text", &circuit_text, nb::arg("document"), "The circuit alone, as TOML.");
  m.def("circuit_described", &circuit_described, nb::arg("document"));
  m.def(
      "population_sizes",
      [](const TomlDocument& d) {
        std::map<std::string, std::size_t> sizes;
        for (const spike::NeuronGroup& g : spiking_circuit_of(d).groups) sizes[g.name] = g.size;
        return sizes;
      },
      nb::arg("document"), "Of a circuit of spiking neurons.");
  m.def("is_spiking", &is_spiking, nb::arg("document"), "Whether its neurons spike.");
}

}  // namespace apical::python
