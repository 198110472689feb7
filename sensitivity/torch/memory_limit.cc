// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/torch/memory_limit.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/util/Exception.h>

#include <atomic>
#include <cstddef>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

// Before each block lies its size, in as many bytes as keep its alignment.
constexpr size_t kHeader = 64;

std::atomic<bool> refused{false};
std::atomic<int64_t> total_bytes{0};

void DeleteBlock(void* data) {
  if (data == nullptr) return;
  auto* block = static_cast<std::byte*>(data) - kHeader;
  int64_t bytes = 0;
  std::memcpy(&bytes, block, sizeof(bytes));
  total_bytes -= bytes;
  c10::GetDefaultCPUAllocator()->raw_deallocate(block);
}

class LimitedAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t size) const override {
    void* const data = size > 0 ? Block(size) : nullptr;
    return {data, data, &DeleteBlock, c10::DeviceType::CPU};
  }

  c10::DeleterFnPtr raw_deleter() const override { return &DeleteBlock; }

 private:
  static void* Block(size_t size) {
    CheckLimits(size);
    auto* block = static_cast<std::byte*>(
        c10::GetDefaultCPUAllocator()->raw_allocate(size + kHeader));
    const auto bytes = static_cast<int64_t>(size);
    total_bytes += bytes;
    std::memcpy(block, &bytes, sizeof(bytes));
    return block + kHeader;
  }

  static void CheckLimits(size_t size) {
    if (size <= static_cast<size_t>(kMostTensorBytes) &&
        static_cast<int64_t>(size) <= kMostTotalBytes - total_bytes) {
      return;
    }
    RefuseMemory(absl::StrCat(size, " bytes"));
  }
};

}  // namespace

void LimitMemory() {
  static LimitedAllocator* const allocator = [] {
    // Never deleted: tensors may outlive every other static object.
    auto* made = new LimitedAllocator;
    c10::SetCPUAllocator(made, /*priority=*/1);
    return made;
  }();
  static_cast<void>(allocator);
}

void RefuseMemory(const std::string& what) {
  refused = true;
  C10_THROW_ERROR(Error, absl::StrCat("a tensor of ", what,
                                      " is beyond the limit of memory"));
}

bool TakeMemoryRefusal() { return refused.exchange(false); }

}  // namespace fovea
