// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/statvfs.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>
#include <thread>

#include "apical/cli/command.h"
#include "apical/cli/experiment_arguments.h"
#include "apical/cli/shipped_experiments.h"
#include "apical/cli/text_table.h"
#include "apical/cli/version.h"
#include "apical/core/build_info.h"
#include "apical/engine/layered/gemm.h"
#include "apical/engine/rate/kernels.h"
#include "apical/io/available_memory.h"
#include "apical/io/directory.h"
#include "apical/io/json.h"
#include "apical/io/libraries.h"
#include "apical/tasks/published_data.h"

namespace apical::cli {
namespace {

enum class Grade { fine, note, wrong };
constexpr std::array<const char*, 3> kGrades{"fine", "note", "wrong"};

struct Check {
  std::string what;
  Grade verdict = Grade::fine;
  std::string found;
  std::string remedy = {};
};

Check check_program() {
  std::string text = version_text();
  text.pop_back();
  if (build_info().build_type == "Release") return {"program", Grade::fine, text};
  return {"program", Grade::note, text,
          "this build is not for measuring speed; configure with --preset release"};
}

/// What is loaded may be newer than what was compiled against, but not of another major version.
Check check_libraries() {
  std::string found, other;
  const auto major = [](const std::string& version) { return version.substr(0, version.find('.')); };
  for (const io::Library& l : io::libraries()) {
    found +=
        fmt::format("{}{} {}", found.empty() ? "" : ", ", l.name, l.loaded.empty() ? l.compiled : l.loaded);
    if (!l.loaded.empty() && !l.compiled.empty() && major(l.loaded) != major(l.compiled))
      other += fmt::format("{} was compiled for {}; ", l.name, l.compiled);
  }
  if (other.empty()) return {"libraries", Grade::fine, found};
  return {"libraries", Grade::wrong, found, other + "build Apical again on this machine"};
}

Check check_instructions() {
  const std::vector<std::string> all = rate::available_targets();
  const std::string found = fmt::format("{} (of {})", rate::current_target(), join_names(all));
  if (all.size() > 1) return {"instruction set", Grade::fine, found};
  return {"instruction set", Grade::note, found,
          "this processor has no AVX2: circuits run on scalar kernels, several times slower"};
}

/// The first product of a process is compared with plain loops.
Check check_blas() {
  const std::string core = layered::blas_core_name();
  const char* const forced = std::getenv("OPENBLAS_CORETYPE");
  const std::string found =
      fmt::format("kernels {}{}", core, forced == nullptr ? "" : " (OPENBLAS_CORETYPE is set)");
  try {
    const Matrix<double> a(3, 3), b(3, 3);
    Matrix<double> c(3, 3);
    layered::gemm<double>(layered::Workers(), layered::Op::none, layered::Op::none, 1, a.view(), b.view(), 0,
                          c.view());
  } catch (const Error& e) {
    return {"BLAS", Grade::wrong, found, e.what()};
  }
  if (core == "unknown")
    return {"BLAS", Grade::note, "not OpenBLAS; its products were compared with plain loops and are right",
            "bits of layered networks are promised for OpenBLAS: apt install libopenblas0-pthread"};
  return {"BLAS", Grade::fine, found + ", products compared with plain loops"};
}

/// Processors that a control group grants, as "200000 100000" in cpu.max: so much of each period.
double cgroup_processors() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  double quota = 0, period = 0;
  return file >> quota >> period && period > 0 ? quota / period : INFINITY;
}

Check check_processors() {
  const unsigned usable = available_threads(), there = std::thread::hardware_concurrency();
  const double granted = cgroup_processors();
  std::string found = fmt::format("{} of {} processors may be used", usable, there);
  if (std::isfinite(granted)) found += fmt::format(", the control group grants the time of {:.3g}", granted);
  if (granted >= usable) return {"processors", Grade::fine, found};
  return {"processors", Grade::note, found,
          fmt::format("more threads than that wait for one another: --threads {}",
                      std::max(1, static_cast<int>(granted)))};
}

Check check_memory() {
  const Memory memory = available_memory();
  constexpr double kLittle = 1e9;
  const std::string found = fmt::format("{:.3g} GB {}", memory.bytes / 1e9, memory.of);
  if (memory.bytes >= kLittle) return {"memory", Grade::fine, found};
  return {"memory", Grade::note, found, "'apical check' says what an experiment needs"};
}

Check check_data(const Arguments& arguments) {
  const io::Path folder = data_folder(arguments);
  if (folder.empty() || !io::directory_exists(folder))
    return {"data sets", Grade::note,
            folder.empty() ? "no folder is known" : fmt::format("no folder {}", folder.string()),
            "generated tasks need none; 'apical data fetch mnist --data DIR' gets one, APICAL_DATA names the "
            "folder"};
  std::string here, missing;
  for (const PublishedData& set : published_data()) {
    bool whole = true;
    for (const CheckedFile& f : locate(set, folder)) whole = whole && !f.path.empty();
    (whole ? here : missing) += (whole ? here : missing).empty() ? set.name : ", " + set.name;
  }
  const std::string found = fmt::format("{}: {}", folder.string(), here.empty() ? "no published set" : here);
  return {"data sets", Grade::fine, missing.empty() ? found : fmt::format("{} (not: {})", found, missing)};
}

Check check_experiments() {
  try {
    return {"experiments", Grade::fine, shipped_experiments().string()};
  } catch (const Error& e) {
    return {"experiments", Grade::wrong, "those that come with Apical are not here",
            fmt::format("{}; APICAL_EXPERIMENTS names the folder", e.what())};
  }
}

Check check_disk() {
  struct statvfs s = {};
  if (statvfs(".", &s) != 0)
    return {"disk", Grade::note, "this folder cannot be asked", "choose another with --out"};
  const double free = static_cast<double>(s.f_bavail) * static_cast<double>(s.f_frsize);
  constexpr double kLittle = 1e9;
  const bool read_only = (s.f_flag & ST_RDONLY) != 0;
  const std::string found =
      read_only ? "this folder is read-only" : fmt::format("{:.3g} GB free in this folder", free / 1e9);
  if (!read_only && free >= kLittle) return {"disk", Grade::fine, found};
  return {"disk", Grade::note, found, "choose another folder with --out"};
}

int doctor(Context& context, const Arguments& arguments) {
  const std::vector<Check> checks{check_program(),       check_libraries(),   check_instructions(),
                                  check_blas(),          check_processors(),  check_memory(),
                                  check_data(arguments), check_experiments(), check_disk()};
  bool wrong = false;
  nlohmann::json all{{"schema", "apical-doctor/1"}, {"checks", nlohmann::json::array()}};
  std::vector<std::vector<std::string>> rows{{"check", "verdict", "found"}};
  std::string remedies;
  for (const Check& c : checks) {
    const char* const verdict = kGrades.at(static_cast<std::size_t>(c.verdict));
    wrong = wrong || c.verdict == Grade::wrong;
    all["checks"].push_back(
        {{"check", c.what}, {"verdict", verdict}, {"found", c.found}, {"remedy", c.remedy}});
    rows.push_back({c.what, verdict, c.found});
    if (!c.remedy.empty()) remedies += fmt::format("{}: {}\n", c.what, c.remedy);
  }
  context.out << (arguments.has("--json") ? io::json_text(all)
                                          : text_table(rows, context.columns()) + remedies);
  return static_cast<int>(wrong ? ExitCode::check_failed : ExitCode::ok);
}

}  // namespace

Command doctor_command() {
  Command c;
  c.name = "doctor";
  c.summary = "whether this machine has what Apical needs: libraries, processor, BLAS, memory, data";
  c.options = {data_option()};
  c.examples = {"apical doctor", "apical doctor --json > doctor.json"};
  c.run = doctor;
  return c;
}

}  // namespace apical::cli
