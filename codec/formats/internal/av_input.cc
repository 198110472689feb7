// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/internal/av_input.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace fovea::av {
namespace {

constexpr int kBufferBytes = 64 << 10;
constexpr int kPollMillis = 100;  // how soon a blocked pipe sees Stop()

absl::Status OpenError(const std::string& path, int error) {
  const std::string text = absl::StrCat(path, ": ", std::strerror(error));
  if (error == ENOENT || error == ENOTDIR) return absl::NotFoundError(text);
  if (error == EACCES || error == EPERM) {
    return absl::PermissionDeniedError(text);
  }
  return absl::UnavailableError(text);
}

absl::Status CheckKind(const std::string& path, const struct stat& status) {
  if (S_ISDIR(status.st_mode)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is a folder, expected a file"));
  }
  if (!S_ISREG(status.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": is not a regular file; pipe it in and name it '-'"));
  }
  if (status.st_size == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is empty (0 bytes); copy it again"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Input>> Input::OpenFile(
    const std::string& path, const std::atomic<bool>* stop) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return OpenError(path, errno);
  std::unique_ptr<Input> input(new Input(stop));
  input->file_ = std::shared_ptr<const int>(new int(fd), [](const int* owned) {
    close(*owned);
    delete owned;
  });
  struct stat status = {};
  if (fstat(fd, &status) != 0) return OpenError(path, errno);
  if (auto kind = CheckKind(path, status); !kind.ok()) return kind;
  input->size_ = status.st_size;
  if (!input->MakeContext()) {
    return absl::ResourceExhaustedError(absl::StrCat(path, ": no memory"));
  }
  return input;
}

std::unique_ptr<Input> Input::OverPipe(int descriptor,
                                       const std::atomic<bool>* stop) {
  std::unique_ptr<Input> input(new Input(stop));
  input->pipe_ = descriptor;
  return input->MakeContext() ? std::move(input) : nullptr;
}

std::unique_ptr<Input> Input::OverMemory(std::span<const uint8_t> bytes) {
  std::unique_ptr<Input> input(new Input(nullptr));
  input->memory_ = bytes;
  input->size_ = static_cast<int64_t>(bytes.size());
  return input->MakeContext() ? std::move(input) : nullptr;
}

Input::~Input() {
  if (context_ == nullptr) return;
  av_freep(&context_->buffer);  // libavformat may have replaced it
  avio_context_free(&context_);
}

std::unique_ptr<Input> Input::Clone() const {
  if (!seekable()) return nullptr;
  std::unique_ptr<Input> input(new Input(stop_.lent()));
  input->file_ = file_;
  input->memory_ = memory_;
  input->size_ = size_;
  return input->MakeContext() ? std::move(input) : nullptr;
}

bool Input::MakeContext() {
  auto* buffer = static_cast<uint8_t*>(av_malloc(kBufferBytes));
  if (buffer == nullptr) return false;
  context_ = avio_alloc_context(buffer, kBufferBytes, 0, this, &ReadCallback,
                                nullptr, seekable() ? &SeekCallback : nullptr);
  if (context_ == nullptr) av_free(buffer);
  return context_ != nullptr;
}

size_t Input::ReadAt(int64_t offset, std::span<uint8_t> out) const {
  if (!seekable() || offset < 0 || offset >= size_) return 0;
  const auto left = static_cast<size_t>(size_ - offset);
  const size_t wanted = std::min(out.size(), left);
  if (file_ == nullptr) {
    std::memcpy(out.data(), memory_.data() + offset, wanted);
    return wanted;
  }
  ssize_t got = 0;
  do {
    got = pread(*file_, out.data(), wanted, offset);
  } while (got < 0 && errno == EINTR);
  return got > 0 ? static_cast<size_t>(got) : 0;
}

int Input::ReadSome(uint8_t* out, int size) {
  if (stop_.IsSet()) return AVERROR_EXIT;
  if (pipe_ >= 0) return ReadPipe(out, size);
  const size_t got = ReadAt(position_, {out, static_cast<size_t>(size)});
  if (got == 0) return AVERROR_EOF;
  position_ += static_cast<int64_t>(got);
  return static_cast<int>(got);
}

int Input::ReadPipe(uint8_t* out, int size) {
  while (!stop_.IsSet()) {
    pollfd waiting = {pipe_, POLLIN, 0};
    if (poll(&waiting, 1, kPollMillis) <= 0) continue;
    const ssize_t got = read(pipe_, out, static_cast<size_t>(size));
    if (got > 0) return static_cast<int>(got);
    if (got == 0) return AVERROR_EOF;
    if (errno != EINTR && errno != EAGAIN) return AVERROR(errno);
  }
  return AVERROR_EXIT;
}

int64_t Input::Seek(int64_t offset, int whence) {
  if (whence == AVSEEK_SIZE) return size_;
  switch (whence & ~AVSEEK_FORCE) {
    case SEEK_SET:
      break;
    case SEEK_CUR:
      offset += position_;
      break;
    case SEEK_END:
      offset += size_;
      break;
    default:
      return AVERROR(EINVAL);
  }
  if (offset < 0) return AVERROR(EINVAL);
  position_ = offset;
  return position_;
}

int Input::ReadCallback(void* self, uint8_t* out, int size) {
  return static_cast<Input*>(self)->ReadSome(out, size);
}

int64_t Input::SeekCallback(void* self, int64_t offset, int whence) {
  return static_cast<Input*>(self)->Seek(offset, whence);
}

}  // namespace fovea::av
