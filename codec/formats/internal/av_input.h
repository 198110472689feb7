// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bytes for libavformat from an opened file, a pipe or memory. Because the
// container is read through this and nothing else, a file that names other
// files or URLs (playlists, external references) cannot make us open them.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_AV_INPUT_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_AV_INPUT_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "codec/formats/internal/av_handles.h"
#include "codec/formats/internal/stop_wish.h"

namespace fovea::av {

// Not thread-safe, except Stop().
class Input {
 public:
  // A regular, not empty file. `stop` (may be null) ends reads when true.
  // kNotFound, kPermissionDenied, kInvalidArgument (folder, empty).
  static absl::StatusOr<std::unique_ptr<Input>> OpenFile(
      const std::string& path, const std::atomic<bool>* stop);

  // A pipe read in order; `descriptor` stays the caller's.
  static std::unique_ptr<Input> OverPipe(int descriptor,
                                         const std::atomic<bool>* stop);

  // `bytes` outlives the input.
  static std::unique_ptr<Input> OverMemory(std::span<const uint8_t> bytes);

  ~Input();
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  // A second reader of the same bytes from the start; null for a pipe.
  std::unique_ptr<Input> Clone() const;

  AVIOContext* context() { return context_; }
  bool seekable() const { return size_ >= 0; }
  int64_t size() const { return size_; }  // -1 unknown

  // Copies up to `out.size()` bytes at `offset`; returns how many. Does
  // not move the reader. Zero for a pipe.
  size_t ReadAt(int64_t offset, std::span<uint8_t> out) const;

  // Ends a blocked or later read. Thread-safe.
  void Stop() { stop_.Set(); }

 private:
  explicit Input(const std::atomic<bool>* stop) : stop_(stop) {}
  bool MakeContext();
  int ReadSome(uint8_t* out, int size);
  int ReadPipe(uint8_t* out, int size);
  int64_t Seek(int64_t offset, int whence);

  static int ReadCallback(void* self, uint8_t* out, int size);
  static int64_t SeekCallback(void* self, int64_t offset, int whence);

  std::shared_ptr<const int> file_;  // closes with the last owner
  int pipe_ = -1;
  std::span<const uint8_t> memory_;
  int64_t size_ = -1;
  int64_t position_ = 0;
  AVIOContext* context_ = nullptr;
  StopWish stop_;
};

}  // namespace fovea::av

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_AV_INPUT_H_
