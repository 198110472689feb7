// SPDX-License-Identifier: GPL-2.0-or-later

#include "tests/memory/failing_malloc.h"

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <new>

// glibc's own, under the names it keeps for those who replace malloc.
extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* old, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
void __libc_free(void* memory);
}

namespace fovea::testing {
namespace {

constexpr int64_t kNever = INT64_MIN;

std::atomic<int64_t> left{kNever};  // allocations until the first failure
std::atomic<bool> once{true};
std::atomic<Failed> failed{Failed::kNone};
std::atomic<int64_t> live{0};
std::atomic<int64_t> asked{0};
thread_local bool in_operator_new = false;

bool MustFail() {
  if (left.load() == kNever) return false;
  const int64_t before = left.fetch_sub(1);
  const bool fails = once.load() ? before == 0 : before <= 0;
  if (fails && failed.load() == Failed::kNone) {
    failed.store(in_operator_new ? Failed::kOperatorNew : Failed::kMalloc);
  }
  return fails;
}

void* NoMemory() {
  errno = ENOMEM;
  return nullptr;
}

void* Counted(void* memory) {
  if (memory != nullptr) live.fetch_add(1);
  return memory;
}

void Ask(size_t size) { asked.fetch_add(static_cast<int64_t>(size)); }

}  // namespace

void FailAllocation(int64_t index, Failing failing) {
  once.store(failing == Failing::kOnce);
  failed.store(Failed::kNone);
  left.store(index);
}

Failed StopFailing() {
  left.store(kNever);
  return failed.load();
}

int64_t LiveAllocations() { return live.load(); }

int64_t BytesAskedFor() { return asked.load(); }

}  // namespace fovea::testing

using fovea::testing::Ask;
using fovea::testing::Counted;
using fovea::testing::live;
using fovea::testing::MustFail;
using fovea::testing::NoMemory;

extern "C" {

void* malloc(size_t size) noexcept {
  Ask(size);
  return MustFail() ? NoMemory() : Counted(__libc_malloc(size));
}

void* calloc(size_t count, size_t size) noexcept {
  Ask(count * size);
  return MustFail() ? NoMemory() : Counted(__libc_calloc(count, size));
}

void* realloc(void* old, size_t size) noexcept {
  Ask(size);
  if (MustFail()) return NoMemory();
  if (old != nullptr && size == 0) live.fetch_sub(1);
  void* const memory = __libc_realloc(old, size);
  return old == nullptr ? Counted(memory) : memory;
}

void* memalign(size_t alignment, size_t size) noexcept {
  Ask(size);
  return MustFail() ? NoMemory() : Counted(__libc_memalign(alignment, size));
}

void* aligned_alloc(size_t alignment, size_t size) noexcept {
  return memalign(alignment, size);
}

int posix_memalign(void** memory, size_t alignment, size_t size) noexcept {
  *memory = memalign(alignment, size);
  return *memory != nullptr ? 0 : ENOMEM;
}

void free(void* memory) noexcept {
  if (memory != nullptr) live.fetch_sub(1);
  __libc_free(memory);
}

}  // extern "C"

void* operator new(size_t size) {
  fovea::testing::in_operator_new = true;
  void* const memory = malloc(size == 0 ? 1 : size);
  fovea::testing::in_operator_new = false;
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void operator delete(void* memory) noexcept { free(memory); }
void operator delete(void* memory, size_t) noexcept { free(memory); }
