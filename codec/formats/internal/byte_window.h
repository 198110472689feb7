// SPDX-License-Identifier: GPL-2.0-or-later
//
// A file read front to back through a window that grows to what is asked
// for and no further than the file reaches.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_BYTE_WINDOW_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_BYTE_WINDOW_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fovea::codec_internal {

// The size is the one at opening: a file that grows ends there. Not
// thread-safe.
class ByteWindow {
 public:
  // kNotFound, kPermissionDenied and the like.
  static absl::StatusOr<std::unique_ptr<ByteWindow>> Open(
      const std::string& path);

  // `bytes` outlives the window.
  static std::unique_ptr<ByteWindow> Over(std::string name,
                                          std::span<const uint8_t> bytes);
  ~ByteWindow();

  const std::string& name() const { return name_; }
  uint64_t size() const { return size_; }
  uint64_t offset() const { return offset_; }
  uint64_t left() const { return size_ - offset_; }

  // The next `size` bytes, fewer at the end of the file. Good until the next
  // call of this or Rewind().
  absl::StatusOr<std::span<const uint8_t>> Peek(size_t size);

  // Goes on by `size` bytes, at most left(). Cheap within what was peeked.
  void Skip(uint64_t size);

  // Goes to a place, at most the end; cheap within what was peeked.
  void MoveTo(uint64_t offset);
  void Rewind() { MoveTo(0); }

 private:
  ByteWindow(std::string name, uint64_t size)
      : name_(std::move(name)), size_(size) {}
  absl::Status Fill(size_t size);

  const std::string name_;
  const uint64_t size_;
  std::FILE* file_ = nullptr;        // null: over memory
  std::span<const uint8_t> memory_;  // the whole, then
  uint64_t offset_ = 0;
  std::vector<uint8_t> window_;  // of the file
  size_t at_ = 0;                // of offset_ in it
  bool moved_ = false;           // the file's place is not the window's end
};

}  // namespace fovea::codec_internal

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_BYTE_WINDOW_H_
