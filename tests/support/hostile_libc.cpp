// SPDX-License-Identifier: Apache-2.0
// A C library that does harm, for LD_PRELOAD. What it does stands in the environment:
//   APICAL_COUNT_ALLOCATIONS=FILE   leaves there how many allocations there were
//   APICAL_FAIL_ALLOCATION=K        the K-th, counted from 1, finds no memory
//   APICAL_FAIL_LATER_ALLOCATIONS=1 nor do those after it that ask for more than a message needs
//   APICAL_SLOW_WRITES_US=N         each write to a file takes so many microseconds longer
//   APICAL_JUMPING_CLOCK=1          the time of day jumps, by months and back, at each look; clocks that are
//                                   promised to be steady stay so
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

extern "C" {
void* __libc_malloc(std::size_t);  // NOLINT(bugprone-reserved-identifier): the names glibc gives them
void* __libc_calloc(std::size_t, std::size_t);    // NOLINT(bugprone-reserved-identifier)
void* __libc_realloc(void*, std::size_t);         // NOLINT(bugprone-reserved-identifier)
void* __libc_memalign(std::size_t, std::size_t);  // NOLINT(bugprone-reserved-identifier)
}

namespace {

constexpr std::size_t kOfAMessage = 4096;
std::atomic<unsigned long> count{0};
unsigned long fail_at = 0;
unsigned slow_us = 0;
bool later_too = false, jumps = false;
const char* count_file = nullptr;

__attribute__((constructor)) void begin() {
  const char* const at = std::getenv("APICAL_FAIL_ALLOCATION");
  fail_at = at == nullptr ? 0 : std::strtoul(at, nullptr, 10);
  later_too = std::getenv("APICAL_FAIL_LATER_ALLOCATIONS") != nullptr;
  jumps = std::getenv("APICAL_JUMPING_CLOCK") != nullptr;
  if (const char* const us = std::getenv("APICAL_SLOW_WRITES_US"))
    slow_us = static_cast<unsigned>(std::strtoul(us, nullptr, 10));
  count_file = std::getenv("APICAL_COUNT_ALLOCATIONS");
}
__attribute__((destructor)) void leave_count() {
  if (count_file == nullptr) return;
  if (std::FILE* const file = std::fopen(count_file, "w")) {
    std::fprintf(file, "%lu\n", count.load());
    std::fclose(file);
  }
}
bool fails(std::size_t bytes) {
  const unsigned long k = ++count;
  if (fail_at == 0 || k < fail_at) return false;
  if (k > fail_at && (!later_too || bytes <= kOfAMessage)) return false;
  errno = ENOMEM;
  return true;
}

constexpr long kDay_s = 86'400;
/// As if somebody set the clock all the time.
long jump_s() {
  static std::atomic<unsigned> looks{0};
  constexpr long kDays[] = {0, 300, -300, 1, -1, 90, -2};
  return kDays[looks++ % 7] * kDay_s;
}

}  // namespace

extern "C" {

void* malloc(std::size_t bytes) { return fails(bytes) ? nullptr : __libc_malloc(bytes); }
void* calloc(std::size_t n, std::size_t bytes) {
  return fails(n * bytes) ? nullptr : __libc_calloc(n, bytes);
}
void* realloc(void* at, std::size_t bytes) { return fails(bytes) ? nullptr : __libc_realloc(at, bytes); }
void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
  return fails(bytes) ? nullptr : __libc_memalign(alignment, bytes);
}
int posix_memalign(void** at, std::size_t alignment, std::size_t bytes) {
  if (fails(bytes)) return ENOMEM;
  *at = __libc_memalign(alignment, bytes);
  return *at == nullptr ? ENOMEM : 0;
}

ssize_t pwrite(int descriptor, const void* from, std::size_t bytes, off_t at) {
  if (slow_us > 0) usleep(slow_us);
  return syscall(SYS_pwrite64, descriptor, from, bytes, at);
}
ssize_t pwrite64(int descriptor, const void* from, std::size_t bytes, off64_t at) {
  return pwrite(descriptor, from, bytes, at);
}

/// Which no destructor hears of.
[[noreturn]] void _Exit(int code) {
  leave_count();
  for (;;) syscall(SYS_exit_group, code);
}

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  const long result = syscall(SYS_clock_gettime, clock, now);
  if (result == 0 && jumps && clock == CLOCK_REALTIME) now->tv_sec += jump_s();
  return static_cast<int>(result);
}
time_t time(time_t* into) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (into != nullptr) *into = now.tv_sec;
  return now.tv_sec;
}
int gettimeofday(timeval* into, void*) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  into->tv_sec = now.tv_sec;
  into->tv_usec = now.tv_nsec / 1000;
  return 0;
}

}  // extern "C"
