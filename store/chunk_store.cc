// SPDX-License-Identifier: GPL-2.0-or-later
//
// Opening a store: who has it, what it is, what the last
// process left. Nothing in a folder is touched before it is known to be ours
// or empty.

#include "store/chunk_store.h"

#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "store/ballast.h"
#include "store/format_file.h"
#include "store/internal/catalogue.h"
#include "store/internal/catalogue_state.h"
#include "store/internal/open_store.h"
#include "store/internal/segment_store.h"
#include "store/internal/status_macros.h"
#include "store/limits.h"

namespace fovea {
namespace {

constexpr int kOpenTries = 10;  // beside a process that writes

int64_t SystemNow() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string StoreText(const std::string& path) {
  return absl::StrCat("store '", path, "'");
}

absl::Status About(const std::string& path, const absl::Status& status) {
  return absl::Status(
      status.code(),
      absl::StrCat(StoreText(path), ": ", std::string(status.message())));
}

// True when the folder holds nothing but what an interrupted creation left.
bool IsUnused(const std::vector<std::string>& names) {
  return std::ranges::all_of(names, [](const std::string& name) {
    return name == kLockName || name == kFormatFileDraft;
  });
}

// OK when `path` is a store or may become one.
absl::Status CheckFolder(const std::string& path,
                         const ChunkStoreOptions& options) {
  FileSystem* const file_system = options.file_system;
  FOVEA_ASSIGN_OR_RETURN(const bool exists, file_system->Exists(path));
  if (!exists) {
    return options.create ? absl::OkStatus()
                          : absl::NotFoundError("there is no such folder");
  }
  FOVEA_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                         file_system->List(path));
  if (std::ranges::binary_search(names, kFormatFileName)) {
    return absl::OkStatus();
  }
  if (!options.create) {
    return absl::NotFoundError("the folder holds no store (no FOVEA file)");
  }
  if (IsUnused(names)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("the folder is no store and is not empty (it holds '",
                   names.front(), "'); name an empty or a new folder"));
}

// Takes what is due before anything is looked at: the lock of one who
// writes, or the lease of one who reads.
absl::Status TakeLockOrLease(const ChunkStoreOptions& options,
                             OpenedFolder* opened) {
  if (!options.read_only) {
    FOVEA_ASSIGN_OR_RETURN(opened->lock, options.file_system->Lock(absl::StrCat(
                                             opened->path, "/", kLockName)));
    return absl::OkStatus();
  }
  auto lease = ReaderLease::Take(options.file_system, opened->path,
                                 options.lease_ns, options.now_ns);
  // On a medium that cannot be written nobody else writes either; and a full
  // disk must not keep anybody from reading.
  if (absl::IsPermissionDenied(lease.status()) ||
      absl::IsResourceExhausted(lease.status()) ||
      absl::IsUnimplemented(lease.status())) {
    return absl::OkStatus();
  }
  FOVEA_RETURN_IF_ERROR(lease.status());
  opened->lease = *std::move(lease);
  return absl::OkStatus();
}

std::string ParentOf(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  const size_t slash = path.rfind('/');
  if (slash == path.npos) return ".";
  return path.substr(0, std::max<size_t>(slash, 1));
}

absl::StatusOr<FormatFile> ReadOrCreateFormat(
    const std::string& path, const ChunkStoreOptions& options) {
  absl::StatusOr<FormatFile> format = ReadFormatFile(options.file_system, path);
  if (!absl::IsNotFound(format.status()) || !options.create) return format;
  // A power cut must not take the store with its folder's name. Who may not
  // look into the parent has not made the folder either.
  const absl::Status synced =
      options.file_system->SyncDirectory(ParentOf(path));
  if (!absl::IsPermissionDenied(synced)) FOVEA_RETURN_IF_ERROR(synced);
  const FormatFile created = NewFormatFile(options.now_ns());
  FOVEA_RETURN_IF_ERROR(WriteFormatFile(options.file_system, path, created));
  return created;
}

absl::Status CheckFormatIsPresent(const FormatFile& format) {
  if (format.format == kStoreFormat) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "has store format ", format.format, ", this program writes ",
      kStoreFormat, "; reading needs nothing, to write run `fovea migrate`"));
}

// A store is made step by step; what is missing of a young one is added.
absl::Status MakeSegmentsFolder(const std::string& path,
                                const ChunkStoreOptions& options) {
  const std::string segments = absl::StrCat(path, "/", kSegmentsName);
  FOVEA_ASSIGN_OR_RETURN(const bool exists,
                         options.file_system->Exists(segments));
  if (exists || options.read_only) return absl::OkStatus();
  FOVEA_RETURN_IF_ERROR(options.file_system->MakeDirectory(segments));
  return options.file_system->SyncDirectory(path);
}

// Where the catalogue is. A rebuild that broke off between its two renames
// has left the old one beside its name.
absl::StatusOr<std::string> FindCatalogue(const OpenedFolder& opened,
                                          const ChunkStoreOptions& options) {
  FileSystem* const file_system = options.file_system;
  const std::string path = absl::StrCat(opened.path, "/", kCatalogueName);
  const std::string old = absl::StrCat(opened.path, "/", kOldCatalogueName);
  FOVEA_ASSIGN_OR_RETURN(const bool exists, file_system->Exists(path));
  FOVEA_ASSIGN_OR_RETURN(const bool old_exists,
                         file_system->Exists(absl::StrCat(old, "/CURRENT")));
  if (exists || !old_exists) return path;
  if (options.read_only) return old;
  FOVEA_RETURN_IF_ERROR(file_system->Rename(old, path));
  FOVEA_RETURN_IF_ERROR(file_system->SyncDirectory(opened.path));
  return path;
}

// A young store has no catalogue on disk yet: its journals are all there is.
absl::StatusOr<std::unique_ptr<Catalogue>> OpenCatalogue(
    const OpenedFolder& opened, const ChunkStoreOptions& options) {
  FOVEA_ASSIGN_OR_RETURN(const std::string path,
                         FindCatalogue(opened, options));
  FOVEA_ASSIGN_OR_RETURN(
      const bool exists,
      options.file_system->Exists(absl::StrCat(path, "/CURRENT")));
  FOVEA_ASSIGN_OR_RETURN(
      std::unique_ptr<Catalogue> catalogue,
      Catalogue::Open(options.file_system, path,
                      {.create = !exists,
                       .read_only = options.read_only,
                       .buffer_bytes = options.catalogue_buffer_bytes}));
  const std::string wanted = EncodeStoreId(opened.format.id);
  FOVEA_ASSIGN_OR_RETURN(const std::optional<std::string> id,
                         catalogue->Get(Family::kMeta, kStoreIdKey));
  if (!id.has_value()) {
    FOVEA_RETURN_IF_ERROR(
        catalogue->Write({{Family::kMeta, std::string(kStoreIdKey), wanted}}));
    return catalogue;
  }
  if (id == wanted) return catalogue;
  return absl::FailedPreconditionError(
      "the catalogue belongs to another store; run `fovea doctor --rebuild`");
}

absl::StatusOr<std::unique_ptr<ChunkStore>> OpenParts(
    const std::string& path, const ChunkStoreOptions& options) {
  FOVEA_ASSIGN_OR_RETURN(OpenedFolder opened, OpenFolder(path, options));
  FOVEA_ASSIGN_OR_RETURN(std::unique_ptr<Catalogue> catalogue,
                         OpenCatalogue(opened, options));
  // A writer may have begun segments since; the catalogue names no others.
  if (options.read_only) FOVEA_RETURN_IF_ERROR(opened.segments->Load());
  FOVEA_ASSIGN_OR_RETURN(
      const Recovered recovered,
      options.read_only
          ? CatchUp(opened.segments.get(), catalogue.get(), opened.format.id)
          : Recover(options.file_system, opened.segments.get(), catalogue.get(),
                    opened.format.id));
  auto store = std::make_unique<SegmentStore>(
      SegmentStore::Parts{path, options, opened.format, std::move(opened.lock),
                          std::move(opened.lease), std::move(opened.segments),
                          std::move(catalogue)},
      recovered);
  if (!options.read_only) {
    FOVEA_RETURN_IF_ERROR(store->ResumeLogs(recovered));
    // A prune that had to wait, or broke off; the next one tries again.
    store->EndErasure().IgnoreError();
    store->FillBallast();
  }
  return std::unique_ptr<ChunkStore>(std::move(store));
}

// What changes when somebody writes to tables or begins a segment.
std::string FilesOf(const std::string& path, FileSystem* file_system) {
  std::string files;
  for (const char* name : {kSegmentsName, kCatalogueName}) {
    const auto names = file_system->List(absl::StrCat(path, "/", name));
    if (names.ok()) {
      for (const std::string& file : *names) absl::StrAppend(&files, file, "/");
    }
  }
  return files;
}

// Opens read-only. A process that writes may replace a file between our
// finding and our opening it: a failure counts when nothing changed.
absl::StatusOr<std::unique_ptr<ChunkStore>> OpenBesideWriter(
    const std::string& path, const ChunkStoreOptions& options) {
  for (int tries = 0; tries < kOpenTries; ++tries) {
    const std::string before = FilesOf(path, options.file_system);
    absl::StatusOr<std::unique_ptr<ChunkStore>> store =
        OpenParts(path, options);
    if (store.ok() || FilesOf(path, options.file_system) == before) {
      return store;
    }
  }
  return absl::UnavailableError(absl::StrCat(
      "changing too fast to be opened beside the process that writes (",
      kOpenTries, " tries); try again"));
}

}  // namespace

const char* FamilyName(Family family) {
  constexpr const char* kNames[kFamilyCount] = {
      "meta",  "gop",   "time", "ftab", "loc", "ref", "gcq",
      "block", "prior", "sem",  "semx", "res", "dec"};
  return kNames[static_cast<size_t>(family)];
}

ChunkStoreOptions WithDefaults(ChunkStoreOptions options) {
  if (options.file_system == nullptr) {
    options.file_system = FileSystem::Posix();
  }
  if (!options.now_ns) options.now_ns = &SystemNow;
  return options;
}

absl::StatusOr<OpenedFolder> OpenFolder(const std::string& path,
                                        const ChunkStoreOptions& options) {
  FOVEA_RETURN_IF_ERROR(CheckFolder(path, options));
  if (options.create) {
    FOVEA_RETURN_IF_ERROR(options.file_system->MakeDirectory(path));
  }
  OpenedFolder opened;
  opened.path = path;
  FOVEA_RETURN_IF_ERROR(TakeLockOrLease(options, &opened));
  FOVEA_ASSIGN_OR_RETURN(opened.format, ReadOrCreateFormat(path, options));
  if (!options.read_only) {
    FOVEA_RETURN_IF_ERROR(CheckFormatIsPresent(opened.format));
    // What the catalogue writes while it opens must not fail.
    FOVEA_RETURN_IF_ERROR(
        Ballast(options.file_system, path, options.ballast_bytes)
            .ReleaseBelow(kStoreLimits.reserve_bytes));
  }
  FOVEA_RETURN_IF_ERROR(MakeSegmentsFolder(path, options));
  opened.segments = std::make_unique<SegmentFolder>(
      options.file_system, absl::StrCat(path, "/", kSegmentsName));
  opened.segments->SetHeld([options, path]() -> absl::StatusOr<bool> {
    FOVEA_ASSIGN_OR_RETURN(
        const auto leases,
        LiveLeases(options.file_system, path, options.now_ns()));
    return !leases.empty();
  });
  FOVEA_RETURN_IF_ERROR(opened.segments->Load());
  return opened;
}

absl::StatusOr<std::unique_ptr<ChunkStore>> ChunkStore::Open(
    const std::string& path, const ChunkStoreOptions& options) {
  ChunkStoreOptions complete = WithDefaults(options);
  if (complete.read_only) complete.create = false;
  absl::StatusOr<std::unique_ptr<ChunkStore>> store =
      complete.read_only ? OpenBesideWriter(path, complete)
                         : OpenParts(path, complete);
  if (store.ok()) return store;
  if (absl::IsUnavailable(store.status())) {
    return absl::UnavailableError(absl::StrCat(
        StoreText(path), " is ", std::string(store.status().message())));
  }
  return About(path, store.status());
}

absl::Status ChunkStore::Rebuild(const std::string& path,
                                 const ChunkStoreOptions& options) {
  ChunkStoreOptions complete = WithDefaults(options);
  complete.create = complete.read_only = false;
  const absl::Status status = RebuildStore(path, complete);
  return status.ok() ? status : About(path, status);
}

absl::StatusOr<MigrateReport> ChunkStore::Migrate(
    const std::string& path, const ChunkStoreOptions& options, bool dry_run) {
  ChunkStoreOptions complete = WithDefaults(options);
  complete.create = complete.read_only = false;
  absl::StatusOr<MigrateReport> report = MigrateStore(path, complete, dry_run);
  if (report.ok()) return report;
  return About(path, report.status());
}

}  // namespace fovea
