// SPDX-License-Identifier: GPL-2.0-or-later

#include "tests/support/fault_file_system.h"

#include <utility>

namespace fovea::testing {

class FaultAppendFile final : public AppendFile {
 public:
  FaultAppendFile(FaultFileSystem* owner, std::unique_ptr<AppendFile> file,
                  std::string path)
      : owner_(owner), file_(std::move(file)), path_(std::move(path)) {}

  absl::Status Append(std::span<const uint8_t> bytes) override {
    bool reached = false;
    const absl::Status status = owner_->Change("append", path_, [&] {
      reached = true;
      return file_->Append(bytes);
    });
    // A disk that fills up has taken some of it.
    if (!reached) file_->Append(bytes.first(bytes.size() / 2)).IgnoreError();
    return status;
  }

  absl::Status Sync() override {
    return owner_->Change("sync", path_, [this] { return file_->Sync(); });
  }

 private:
  FaultFileSystem* const owner_;
  const std::unique_ptr<AppendFile> file_;
  const std::string path_;
};

class FaultRandomFile final : public RandomFile {
 public:
  FaultRandomFile(FaultFileSystem* owner, std::unique_ptr<RandomFile> file,
                  std::string path)
      : owner_(owner), file_(std::move(file)), path_(std::move(path)) {}

  absl::StatusOr<size_t> Read(uint64_t offset,
                              std::span<uint8_t> out) override {
    if (absl::Status s = owner_->Begin("read", path_); !s.ok()) return s;
    return file_->Read(offset, out);
  }
  absl::StatusOr<uint64_t> Size() override { return file_->Size(); }

 private:
  FaultFileSystem* const owner_;
  const std::unique_ptr<RandomFile> file_;
  const std::string path_;
};

std::vector<FaultFileSystem::Call> FaultFileSystem::Calls() const {
  absl::MutexLock lock(&mutex_);
  return calls_;
}

void FaultFileSystem::ForgetCalls() {
  absl::MutexLock lock(&mutex_);
  calls_.clear();
}

void FaultFileSystem::FailCall(const std::string& kind, int n,
                               absl::Status status, bool for_ever) {
  absl::MutexLock lock(&mutex_);
  fail_kind_ = kind;
  fail_in_ = n;
  fail_status_ = std::move(status);
  fail_for_ever_ = for_ever;
  failed_ = false;
}

void FaultFileSystem::Heal() {
  absl::MutexLock lock(&mutex_);
  fail_in_ = 0;
  failed_ = false;
}

bool FaultFileSystem::failed() const {
  absl::MutexLock lock(&mutex_);
  return failed_;
}

void FaultFileSystem::OnFailure(std::function<void(const Call&)> hook) {
  absl::MutexLock lock(&mutex_);
  failure_hook_ = std::move(hook);
}

void FaultFileSystem::SetFreeBytes(uint64_t bytes) {
  absl::MutexLock lock(&mutex_);
  free_bytes_ = bytes;
}

void FaultFileSystem::OnChange(std::function<void()> hook) {
  absl::MutexLock lock(&mutex_);
  hook_ = std::move(hook);
}

absl::Status FaultFileSystem::Begin(const std::string& kind,
                                    const std::string& path) {
  absl::MutexLock lock(&mutex_);
  calls_.push_back({kind, path});
  if (fail_in_ == 0 || (!fail_kind_.empty() && fail_kind_ != kind)) {
    return absl::OkStatus();
  }
  if (fail_in_ > 1) {
    --fail_in_;
    return absl::OkStatus();
  }
  if (!fail_for_ever_) fail_in_ = 0;
  failed_ = true;
  if (failure_hook_) failure_hook_(calls_.back());
  return fail_status_;
}

absl::Status FaultFileSystem::Change(
    const std::string& kind, const std::string& path,
    const std::function<absl::Status()>& change) {
  if (absl::Status s = Begin(kind, path); !s.ok()) return s;
  absl::MutexLock lock(&change_mutex_);
  RunHook();
  const absl::Status status = change();
  RunHook();
  return status;
}

void FaultFileSystem::RunHook() {
  std::function<void()> hook;
  {
    absl::MutexLock lock(&mutex_);
    hook = hook_;
  }
  if (hook) hook();
}

absl::StatusOr<std::unique_ptr<AppendFile>> FaultFileSystem::CreateAppend(
    const std::string& path) {
  std::unique_ptr<AppendFile> opened;
  const absl::Status status = Change("create", path, [&]() -> absl::Status {
    auto file = base_->CreateAppend(path);
    if (file.ok()) opened = *std::move(file);
    return file.status();
  });
  if (!status.ok()) return status;
  return std::make_unique<FaultAppendFile>(this, std::move(opened), path);
}

absl::StatusOr<std::unique_ptr<AppendFile>> FaultFileSystem::OpenAppend(
    const std::string& path) {
  if (absl::Status s = Begin("open-append", path); !s.ok()) return s;
  auto file = base_->OpenAppend(path);
  if (!file.ok()) return file.status();
  return std::make_unique<FaultAppendFile>(this, *std::move(file), path);
}

absl::StatusOr<std::unique_ptr<RandomFile>> FaultFileSystem::OpenRandom(
    const std::string& path) {
  if (absl::Status s = Begin("open", path); !s.ok()) return s;
  auto file = base_->OpenRandom(path);
  if (!file.ok()) return file.status();
  return std::make_unique<FaultRandomFile>(this, *std::move(file), path);
}

absl::Status FaultFileSystem::MakeDirectory(const std::string& path) {
  return Change("mkdir", path, [&] { return base_->MakeDirectory(path); });
}

absl::StatusOr<std::vector<std::string>> FaultFileSystem::List(
    const std::string& directory) {
  if (absl::Status s = Begin("list", directory); !s.ok()) return s;
  return base_->List(directory);
}

absl::StatusOr<bool> FaultFileSystem::Exists(const std::string& path) {
  return base_->Exists(path);
}

absl::Status FaultFileSystem::Rename(const std::string& from,
                                     const std::string& to) {
  return Change("rename", from, [&] { return base_->Rename(from, to); });
}

absl::Status FaultFileSystem::Remove(const std::string& path) {
  return Change("remove", path, [&] { return base_->Remove(path); });
}

absl::Status FaultFileSystem::Truncate(const std::string& path, uint64_t size) {
  return Change("truncate", path, [&] { return base_->Truncate(path, size); });
}

absl::Status FaultFileSystem::SyncDirectory(const std::string& path) {
  return Change("sync-dir", path, [&] { return base_->SyncDirectory(path); });
}

absl::StatusOr<std::unique_ptr<FileLock>> FaultFileSystem::Lock(
    const std::string& path) {
  if (absl::Status s = Begin("lock", path); !s.ok()) return s;
  return base_->Lock(path);
}

absl::StatusOr<std::unique_ptr<FileLock>> FaultFileSystem::TryLock(
    const std::string& path) {
  if (absl::Status s = Begin("lock", path); !s.ok()) return s;
  return base_->TryLock(path);
}

absl::Status FaultFileSystem::Link(const std::string& from,
                                   const std::string& to) {
  return Change("link", to, [&] { return base_->Link(from, to); });
}

absl::Status FaultFileSystem::Reserve(const std::string& path, uint64_t bytes) {
  return Change("reserve", path, [&] { return base_->Reserve(path, bytes); });
}

absl::StatusOr<uint64_t> FaultFileSystem::FreeBytes(const std::string& path) {
  if (absl::Status s = Begin("free", path); !s.ok()) return s;
  {
    absl::MutexLock lock(&mutex_);
    if (free_bytes_ > 0) return free_bytes_;
  }
  return base_->FreeBytes(path);
}

absl::StatusOr<uint64_t> FaultFileSystem::TotalBytes(const std::string& path) {
  return base_->TotalBytes(path);
}

}  // namespace fovea::testing
