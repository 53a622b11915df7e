// SPDX-License-Identifier: Apache-2.0
#include "apical/run/provenance.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <nlohmann/json.hpp>

#include "apical/core/build_info.h"
#include "apical/engine/layered/gemm.h"
#include "apical/engine/rate/kernels.h"

namespace apical {
namespace {

std::string host_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

}  // namespace

std::string utc_now() {
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  gmtime_r(&now, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec);
}

void add_provenance(nlohmann::json& m, std::size_t threads) {
  const BuildInfo& b = build_info();
  m["apical"] = {{"version", b.version},  {"revision", b.revision}, {"compiler", b.compiler},
                 {"build", b.build_type}, {"flags", b.flags},       {"numerics", kNumericsVersion}};
  m["machine"] = {{"host", host_name()},
                  {"instruction_set", rate::current_target()},
                  {"blas_kernels", layered::blas_core_name()},
                  {"threads", threads}};
  m["created"] = utc_now();
}

}  // namespace apical
