// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/imu/core/workspace.h"

#include <new>

namespace fovea::imu {
namespace {

// Hands out parts of memory in turn, or counts what they would take.
class Layout {
 public:
  explicit Layout(void* memory) : memory_(static_cast<uint8_t*>(memory)) {}

  template <typename T>
  T* Take(size_t count) {
    uint8_t* const part = memory_ == nullptr ? nullptr : memory_ + used_;
    used_ += (count * sizeof(T) + 7) / 8 * 8;
    return part == nullptr ? nullptr : new (part) T[count]();
  }

  size_t used() const { return used_; }

 private:
  uint8_t* memory_;
  size_t used_ = 0;
};

bool HasProfile(int channels, bool normal) {
  return normal && channels <= kMaxProfileChannels;
}

size_t TapCount(int channels) {
  return static_cast<size_t>(kRegimes * channels * TapsOf(LanesOf(channels)));
}

}  // namespace

size_t WorkspaceBytes(int channels, bool normal) {
  const auto count = static_cast<size_t>(channels);
  Layout layout(nullptr);
  layout.Take<Workspace>(1);
  layout.Take<ChannelState>(count);
  layout.Take<FastChannel>(count);
  if (normal) layout.Take<uint16_t>(kSegmentTokens);
  if (HasProfile(channels, normal)) {
    layout.Take<int16_t>(count * kWindow);
    layout.Take<int16_t>(static_cast<size_t>(kWindow * LanesOf(channels)));
    layout.Take<int16_t>(TapCount(channels));
  }
  return layout.used();
}

Workspace* PlaceWorkspace(void* memory, int channels, bool normal) {
  const auto count = static_cast<size_t>(channels);
  Layout layout(memory);
  Workspace* work = layout.Take<Workspace>(1);
  work->channels = channels;
  work->states = layout.Take<ChannelState>(count);
  work->fast = layout.Take<FastChannel>(count);
  if (normal) work->tokens = layout.Take<uint16_t>(kSegmentTokens);
  if (HasProfile(channels, normal)) {
    work->own = layout.Take<int16_t>(count * kWindow);
    work->rows =
        layout.Take<int16_t>(static_cast<size_t>(kWindow * LanesOf(channels)));
    work->tap_memory = layout.Take<int16_t>(TapCount(channels));
  }
  return work;
}

bool UseProfile(Workspace* work, const uint8_t* bytes, size_t size) {
  work->taps = nullptr;
  if (work->tap_memory == nullptr ||
      !ParseProfile(bytes, size, work->channels, &work->profile,
                    work->tap_memory)) {
    return false;
  }
  work->taps = work->tap_memory;
  return true;
}

}  // namespace fovea::imu
