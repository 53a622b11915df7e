// SPDX-License-Identifier: Apache-2.0
#include "apical/io/available_memory.h"

#include <sys/resource.h>

#include <charconv>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

namespace apical {
namespace {

/// Empty where there is no such file: systems differ.
std::string file_text(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// The number after `key` in a text of lines "key number"; nothing if there is none, or "max".
std::optional<double> number_after(std::string_view text, std::string_view key) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    at = end + 1;
    if (!line.starts_with(key)) continue;
    line.remove_prefix(key.size());
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    std::uint64_t number = 0;
    if (std::from_chars(line.data(), line.data() + line.size(), number).ec != std::errc{}) continue;
    return static_cast<double>(number);
  }
  return std::nullopt;
}

void take_less(Memory& least, std::optional<double> bytes, const char* of) {
  if (bytes && *bytes < least.bytes) least = {std::max(0.0, *bytes), of};
}

/// What a limit leaves; pages that could be given back at once (cached files) do not count as used.
std::optional<double> left(std::optional<double> limit, std::optional<double> used,
                           std::optional<double> cached) {
  constexpr double kNoLimit = 1e18;  // cgroup 1 says so with about 2^63
  if (!limit || *limit > kNoLimit) return std::nullopt;
  return *limit - used.value_or(0) + cached.value_or(0);
}

/// The groups named in proc/self/cgroup and all above them: each limits those below.
void take_cgroups(Memory& least, const std::filesystem::path& root) {
  const char* const of = "left of the limit of its control group";
  std::istringstream lines(file_text(root / "proc/self/cgroup"));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const bool unified = controllers.empty();
    if (!unified && ("," + controllers + ",").find(",memory,") == std::string::npos) continue;
    const std::filesystem::path base = root / (unified ? "sys/fs/cgroup" : "sys/fs/cgroup/memory");
    const auto look = [&](const std::filesystem::path& group) {
      const std::string stat = file_text(group / "memory.stat");
      take_less(least,
                unified ? left(number_after(file_text(group / "memory.max"), ""),
                               number_after(file_text(group / "memory.current"), ""),
                               number_after(stat, "inactive_file "))
                        : left(number_after(file_text(group / "memory.limit_in_bytes"), ""),
                               number_after(file_text(group / "memory.usage_in_bytes"), ""),
                               number_after(stat, "total_inactive_file ")),
                of);
    };
    look(base);  // in a container, its own group stands here whatever the name says
    std::filesystem::path group = base;
    for (const auto& part : std::filesystem::path(line.substr(second + 1)).relative_path())
      look(group /= part);
  }
}

}  // namespace

Memory available_memory_below(const std::filesystem::path& root) {
  Memory least;
  constexpr double kKibibyte = 1024;
  const std::string meminfo = file_text(root / "proc/meminfo");
  if (const auto free = number_after(meminfo, "MemAvailable:"))
    take_less(least, *free * kKibibyte, "free on this machine");
  take_cgroups(least, root);
  return least;
}

Memory available_memory() {
  Memory least = available_memory_below("/");
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    const double used = number_after(file_text("/proc/self/status"), "VmSize:").value_or(0) * 1024;
    take_less(least, static_cast<double>(limit.rlim_cur) - used, "left of the limit of 'ulimit -v'");
  }
  return least;
}

}  // namespace apical
