// SPDX-License-Identifier: GPL-2.0-or-later

#include "store/internal/rocks_reading.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace fovea {
namespace {

using rocksdb::IOStatus;
using rocksdb::Slice;

class BytesInMemory final : public RandomFile {
 public:
  explicit BytesInMemory(std::string bytes) : bytes_(std::move(bytes)) {}

  absl::StatusOr<size_t> Read(uint64_t offset,
                              std::span<uint8_t> out) override {
    if (offset >= bytes_.size()) return size_t{0};
    const size_t at = static_cast<size_t>(offset);
    const size_t got = std::min(out.size(), bytes_.size() - at);
    std::memcpy(out.data(), bytes_.data() + at, got);
    return got;
  }
  absl::StatusOr<uint64_t> Size() override { return bytes_.size(); }

 private:
  const std::string bytes_;
};

IOStatus ReadAt(RandomFile* file, uint64_t offset, size_t n, Slice* result,
                char* scratch) {
  const absl::StatusOr<size_t> got =
      file->Read(offset, {reinterpret_cast<uint8_t*>(scratch), n});
  if (!got.ok()) return Answer(got.status());
  *result = Slice(scratch, *got);
  return IOStatus::OK();
}

class ReadingOn final : public rocksdb::FSSequentialFile {
 public:
  explicit ReadingOn(std::unique_ptr<RandomFile> file)
      : file_(std::move(file)) {}

  IOStatus Read(size_t n, const rocksdb::IOOptions&, Slice* result,
                char* scratch, rocksdb::IODebugContext*) override {
    const IOStatus status = ReadAt(file_.get(), at_, n, result, scratch);
    if (status.ok()) at_ += result->size();
    return status;
  }
  IOStatus Skip(uint64_t n) override {
    at_ += n;
    return IOStatus::OK();
  }

 private:
  const std::unique_ptr<RandomFile> file_;
  uint64_t at_ = 0;
};

class ReadingAnywhere final : public rocksdb::FSRandomAccessFile {
 public:
  explicit ReadingAnywhere(std::unique_ptr<RandomFile> file)
      : file_(std::move(file)) {}

  IOStatus Read(uint64_t offset, size_t n, const rocksdb::IOOptions&,
                Slice* result, char* scratch,
                rocksdb::IODebugContext*) const override {
    return ReadAt(file_.get(), offset, n, result, scratch);
  }

 private:
  const std::unique_ptr<RandomFile> file_;
};

}  // namespace

rocksdb::IOStatus Answer(const absl::Status& status) {
  const std::string text(status.message());
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return IOStatus::OK();
    case absl::StatusCode::kNotFound:
      return IOStatus::PathNotFound(text);
    case absl::StatusCode::kResourceExhausted:
      return IOStatus::NoSpace(text);
    case absl::StatusCode::kDataLoss:
      return IOStatus::Corruption(text);
    default:
      return IOStatus::IOError(text);
  }
}

std::unique_ptr<RandomFile> ReadBytes(std::string bytes) {
  return std::make_unique<BytesInMemory>(std::move(bytes));
}

std::unique_ptr<rocksdb::FSSequentialFile> ReadInOrder(
    std::unique_ptr<RandomFile> file) {
  return std::make_unique<ReadingOn>(std::move(file));
}

std::unique_ptr<rocksdb::FSRandomAccessFile> ReadAnywhere(
    std::unique_ptr<RandomFile> file) {
  return std::make_unique<ReadingAnywhere>(std::move(file));
}

}  // namespace fovea
