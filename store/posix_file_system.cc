// SPDX-License-Identifier: GPL-2.0-or-later
//
// The machine's own file system. Every descriptor is close-on-exec; the lock
// is flock(2), which the kernel drops however the process ends.

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "store/file_system.h"
#include "store/internal/status_macros.h"
#include "store/planted_bug.h"

namespace fovea {
namespace {

absl::StatusCode CodeOf(int error) {
  switch (error) {
    case ENOENT:
      return absl::StatusCode::kNotFound;
    case EEXIST:
      return absl::StatusCode::kAlreadyExists;
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::StatusCode::kPermissionDenied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
      return absl::StatusCode::kResourceExhausted;
    case ENOTDIR:
    case EISDIR:
    case ENOTEMPTY:
      return absl::StatusCode::kFailedPrecondition;
    default:
      return absl::StatusCode::kInternal;
  }
}

absl::Status ErrorOf(const char* what, const std::string& path, int error) {
  return absl::Status(CodeOf(error),
                      absl::StrCat("cannot ", what, " '", path, "': ",
                                   std::generic_category().message(error)));
}

// A descriptor, closed when it goes.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

absl::StatusOr<Descriptor> OpenAt(const std::string& path, int flags,
                                  const char* what) {
  int fd = -1;
  do {
    fd = open(path.c_str(), flags | O_CLOEXEC, 0666);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) return ErrorOf(what, path, errno);
  return Descriptor(fd);
}

class PosixAppendFile final : public AppendFile {
 public:
  PosixAppendFile(Descriptor fd, std::string path)
      : fd_(std::move(fd)), path_(std::move(path)) {}

  absl::Status Append(std::span<const uint8_t> bytes) override {
    while (!bytes.empty()) {
      const ssize_t wrote = write(fd_.get(), bytes.data(), bytes.size());
      if (wrote < 0) {
        if (errno == EINTR) continue;
        return ErrorOf("write", path_, errno);
      }
      if (IsPlanted(PlantedBug::kIgnoreShortWrite)) break;
      bytes = bytes.subspan(static_cast<size_t>(wrote));
    }
    return absl::OkStatus();
  }

  absl::Status Sync() override {
    // Flushes the size too, since reading the bytes back needs it. Never
    // retried: the kernel may have dropped the error with the pages.
    if (fdatasync(fd_.get()) != 0) return ErrorOf("sync", path_, errno);
    return CheckName();
  }

 private:
  // Bytes in a file that nobody finds again are not stored.
  absl::Status CheckName() const {
    struct stat open_file = {};
    struct stat named = {};
    if (fstat(fd_.get(), &open_file) != 0) return ErrorOf("stat", path_, errno);
    if (stat(path_.c_str(), &named) == 0) {
      if (named.st_dev == open_file.st_dev &&
          named.st_ino == open_file.st_ino) {
        return absl::OkStatus();
      }
    } else if (errno != ENOENT) {
      return ErrorOf("stat", path_, errno);
    }
    return absl::DataLossError(absl::StrCat(
        "'", path_, "' was removed or replaced while it was written"));
  }

  Descriptor fd_;
  std::string path_;
};

class PosixRandomFile final : public RandomFile {
 public:
  PosixRandomFile(Descriptor fd, std::string path)
      : fd_(std::move(fd)), path_(std::move(path)) {}

  absl::StatusOr<size_t> Read(uint64_t offset,
                              std::span<uint8_t> out) override {
    size_t done = 0;
    while (done < out.size()) {
      const ssize_t got = pread(fd_.get(), out.data() + done, out.size() - done,
                                static_cast<off_t>(offset + done));
      if (got == 0) break;
      if (got < 0) {
        if (errno == EINTR) continue;
        return ErrorOf("read", path_, errno);
      }
      done += static_cast<size_t>(got);
    }
    return done;
  }

  absl::StatusOr<uint64_t> Size() override {
    struct stat info = {};
    if (fstat(fd_.get(), &info) != 0) return ErrorOf("stat", path_, errno);
    return static_cast<uint64_t>(info.st_size);
  }

 private:
  Descriptor fd_;
  std::string path_;
};

class PosixFileLock final : public FileLock {
 public:
  explicit PosixFileLock(Descriptor fd) : fd_(std::move(fd)) {}

 private:
  Descriptor fd_;
};

// The pid a lock's holder wrote, or "" while it has not yet.
std::string HolderOf(int fd) {
  char text[32] = {};
  const ssize_t got = pread(fd, text, sizeof(text) - 1, 0);
  std::string pid(text, got > 0 ? static_cast<size_t>(got) : 0);
  const bool digits =
      pid.find_first_not_of("0123456789\n") == std::string::npos;
  return digits ? pid.substr(0, pid.find('\n')) : "";
}

absl::Status InUse(int fd) {
  const std::string pid = HolderOf(fd);
  return absl::UnavailableError(pid.empty()
                                    ? "in use by another process"
                                    : absl::StrCat("in use by pid ", pid));
}

class PosixFileSystem final : public FileSystem {
 public:
  absl::StatusOr<std::unique_ptr<AppendFile>> CreateAppend(
      const std::string& path) override {
    return Appending(path, O_CREAT | O_EXCL, "create");
  }

  absl::StatusOr<std::unique_ptr<AppendFile>> OpenAppend(
      const std::string& path) override {
    return Appending(path, 0, "open");
  }

  absl::StatusOr<std::unique_ptr<RandomFile>> OpenRandom(
      const std::string& path) override {
    FOVEA_ASSIGN_OR_RETURN(Descriptor fd, OpenAt(path, O_RDONLY, "open"));
    return std::make_unique<PosixRandomFile>(std::move(fd), path);
  }

  absl::Status MakeDirectory(const std::string& path) override {
    if (mkdir(path.c_str(), 0777) == 0) return absl::OkStatus();
    const int error = errno;
    struct stat info = {};
    if (error == EEXIST && stat(path.c_str(), &info) == 0 &&
        S_ISDIR(info.st_mode)) {
      return absl::OkStatus();
    }
    return ErrorOf("make folder", path, error);
  }

  absl::StatusOr<std::vector<std::string>> List(
      const std::string& directory) override {
    std::error_code error;
    std::filesystem::directory_iterator entry(directory, error);
    std::vector<std::string> names;
    for (const std::filesystem::directory_iterator end; !error && entry != end;
         entry.increment(error)) {
      names.push_back(entry->path().filename().string());
    }
    if (error) return ErrorOf("list folder", directory, error.value());
    std::ranges::sort(names);
    return names;
  }

  absl::StatusOr<bool> Exists(const std::string& path) override {
    struct stat info = {};
    if (stat(path.c_str(), &info) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return ErrorOf("stat", path, errno);
  }

  absl::Status Rename(const std::string& from, const std::string& to) override {
    if (rename(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
    return ErrorOf("rename", from, errno);
  }

  absl::Status Remove(const std::string& path) override {
    if (remove(path.c_str()) == 0) return absl::OkStatus();
    return ErrorOf("remove", path, errno);
  }

  absl::Status Truncate(const std::string& path, uint64_t size) override {
    FOVEA_ASSIGN_OR_RETURN(Descriptor fd, OpenAt(path, O_WRONLY, "open"));
    if (ftruncate(fd.get(), static_cast<off_t>(size)) != 0) {
      return ErrorOf("truncate", path, errno);
    }
    if (fsync(fd.get()) != 0) return ErrorOf("sync", path, errno);
    return absl::OkStatus();
  }

  absl::Status SyncDirectory(const std::string& path) override {
    FOVEA_ASSIGN_OR_RETURN(Descriptor fd,
                           OpenAt(path, O_RDONLY | O_DIRECTORY, "open"));
    if (fsync(fd.get()) == 0) return absl::OkStatus();
    return ErrorOf("sync folder", path, errno);
  }

  absl::StatusOr<std::unique_ptr<FileLock>> Lock(
      const std::string& path) override {
    FOVEA_ASSIGN_OR_RETURN(Descriptor fd,
                           OpenAt(path, O_RDWR | O_CREAT, "lock"));
    if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) return InUse(fd.get());
      return ErrorOf("lock", path, errno);
    }
    const std::string pid = absl::StrCat(getpid(), "\n");
    if (ftruncate(fd.get(), 0) != 0 ||
        pwrite(fd.get(), pid.data(), pid.size(), 0) < 0) {
      // The lock itself holds; only its message to others is poorer. A full
      // disk must not keep a store from opening.
      if (errno != ENOSPC && errno != EDQUOT) {
        return ErrorOf("write", path, errno);
      }
    }
    return std::make_unique<PosixFileLock>(std::move(fd));
  }

  absl::StatusOr<std::unique_ptr<FileLock>> TryLock(
      const std::string& path) override {
    FOVEA_ASSIGN_OR_RETURN(Descriptor fd, OpenAt(path, O_RDONLY, "lock"));
    if (flock(fd.get(), LOCK_EX | LOCK_NB) == 0) {
      return std::make_unique<PosixFileLock>(std::move(fd));
    }
    if (errno == EWOULDBLOCK) return absl::UnavailableError("locked");
    return ErrorOf("lock", path, errno);
  }

  absl::Status Link(const std::string& from, const std::string& to) override {
    if (link(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
    switch (errno) {
      case EXDEV:   // another file system
      case EMLINK:  // too many names
      case EPERM:   // no links there, or none to files of others
      case ENOSYS:
      case EOPNOTSUPP:
        return absl::UnimplementedError(
            absl::StrCat("cannot link '", from, "' to '", to, "'"));
      default:
        return ErrorOf("link", to, errno);
    }
  }

  absl::Status Reserve(const std::string& path, uint64_t bytes) override {
    FOVEA_ASSIGN_OR_RETURN(Descriptor fd,
                           OpenAt(path, O_WRONLY | O_CREAT | O_EXCL, "create"));
    const int error = posix_fallocate(fd.get(), 0, static_cast<off_t>(bytes));
    if (error == 0) return absl::OkStatus();
    Remove(path).IgnoreError();
    return ErrorOf("reserve space in", path, error);
  }

  absl::StatusOr<uint64_t> FreeBytes(const std::string& path) override {
    FOVEA_ASSIGN_OR_RETURN(const struct statvfs info, InfoOf(path));
    return static_cast<uint64_t>(info.f_bavail) * info.f_frsize;
  }

  absl::StatusOr<uint64_t> TotalBytes(const std::string& path) override {
    FOVEA_ASSIGN_OR_RETURN(const struct statvfs info, InfoOf(path));
    return static_cast<uint64_t>(info.f_blocks) * info.f_frsize;
  }

 private:
  static absl::StatusOr<struct statvfs> InfoOf(const std::string& path) {
    struct statvfs info = {};
    if (statvfs(path.c_str(), &info) != 0) return ErrorOf("stat", path, errno);
    return info;
  }

  static absl::StatusOr<std::unique_ptr<AppendFile>> Appending(
      const std::string& path, int flags, const char* what) {
    FOVEA_ASSIGN_OR_RETURN(Descriptor fd,
                           OpenAt(path, O_WRONLY | O_APPEND | flags, what));
    return std::make_unique<PosixAppendFile>(std::move(fd), path);
  }
};

}  // namespace

FileSystem* FileSystem::Posix() {
  static PosixFileSystem* const file_system = new PosixFileSystem;
  return file_system;
}

}  // namespace fovea
