// SPDX-License-Identifier: GPL-2.0-or-later
//
// The catalogue on RocksDB 7.8.3, confined to this file and rocks_files.
// Settings favour few bytes written and little memory: rows are small and
// payloads never come here. Blob files are not used (they have known defects
// in this version). There is no write-ahead log:
// the journals in the segments are one, and replaying them at opening costs
// less than writing every row twice.

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/file_checksum.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "store/internal/catalogue.h"
#include "store/internal/rocks_files.h"
#include "store/internal/status_macros.h"

namespace fovea {
namespace {

// Filters and indexes of some 400 MB of tables, that is of ten million
// observations; where they do not fit, each look-up reads a filter of 100 kB.
constexpr size_t kBlockCacheBytes = 24 << 20;
// Of a catalogue that may not write: all that is replayed stays in memory.
constexpr size_t kReadOnlyBufferBytes = 1 << 30;
constexpr uint64_t kTableBytes = 8 << 20;
constexpr uint64_t kFirstLevelBytes = 32 << 20;
constexpr int kOpenFiles = 128;
constexpr int kBloomBits = 10;

// RocksDB's running commentary costs writes and says nothing we need.
class SilentLogger final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

rocksdb::Slice SliceOf(std::string_view text) {
  return {text.data(), text.size()};
}

std::string_view ViewOf(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

absl::Status StatusOf(const rocksdb::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const std::string text = absl::StrCat("catalogue: ", status.ToString());
  if (status.IsNoSpace()) return absl::ResourceExhaustedError(text);
  if (status.IsCorruption()) {
    return absl::DataLossError(
        absl::StrCat(text, "; run `fovea doctor --rebuild`"));
  }
  return absl::InternalError(text);
}

absl::Status OpenFailure(const rocksdb::Status& status,
                         const std::string& path) {
  if (status.IsNoSpace()) return StatusOf(status);
  return absl::FailedPreconditionError(absl::StrCat(
      "catalogue '", path, "' cannot be opened (", status.ToString(),
      "); run `fovea doctor --rebuild` to make it anew from the segments"));
}

rocksdb::DBOptions DatabaseOptions(const Catalogue::Options& ours,
                                   rocksdb::Env* env) {
  rocksdb::DBOptions options;
  options.env = env;
  options.create_if_missing = ours.create;
  // Also of a catalogue that knows fewer: families come with releases, and
  // a new one is empty until rows for it are written.
  options.create_missing_column_families = true;
  options.error_if_exists = ours.create;
  options.paranoid_checks = true;
  options.info_log = std::make_shared<SilentLogger>();
  options.db_host_id = "";  // table files need not tell where they were made
  options.keep_log_file_num = 1;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  // A reader holds on to all its files: a writer may remove them.
  options.max_open_files = ours.read_only ? -1 : kOpenFiles;
  options.max_background_jobs = 2;
  // Blocks have checksums of their own, but padding has none, and filters
  // are read so rarely that damage to them would stay.
  options.file_checksum_gen_factory =
      rocksdb::GetFileChecksumGenCrc32cFactory();
  options.allow_fallocate = false;
  // All families as of one commit reach the disk or none: what the tables
  // hold is a state the journals can go on from.
  options.atomic_flush = true;
  // A new manifest at each change of files: small, and the key bounds of
  // files long gone do not linger in it.
  options.max_manifest_file_size = 1;
  // What a flush at open or close would write is in the segments.
  options.avoid_flush_during_recovery = true;
  options.avoid_flush_during_shutdown = true;
  return options;
}

rocksdb::ColumnFamilyOptions FamilyOptions(
    const Catalogue::Options& ours,
    const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.format_version = 5;  // these two as table_check.cc wants them
  table.checksum = rocksdb::kCRC32c;
  table.cache_index_and_filter_blocks = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBits));
  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.compression = rocksdb::kLZ4Compression;
  options.write_buffer_size =
      ours.read_only ? kReadOnlyBufferBytes : ours.buffer_bytes;
  options.disable_auto_compactions = ours.read_only;
  options.arena_block_size = 64 << 10;
  options.target_file_size_base = kTableBytes;
  options.max_bytes_for_level_base = kFirstLevelBytes;
  return options;
}

// The rows of one family, now or as of a snapshot.
class FamilyRows {
 public:
  FamilyRows(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* handle,
             const rocksdb::Snapshot* snapshot)
      : db_(db), handle_(handle) {
    options_.snapshot = snapshot;
  }

  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const {
    std::string value;
    const rocksdb::Status status =
        db_->Get(options_, handle_, SliceOf(key), &value);
    if (status.IsNotFound()) return std::optional<std::string>();
    if (!status.ok()) return StatusOf(status);
    return std::optional<std::string>(std::move(value));
  }

  absl::Status Scan(std::string_view begin, std::string_view end,
                    const StoreReader::Visitor& visit) const {
    const rocksdb::Slice bound = SliceOf(end);
    rocksdb::ReadOptions options = options_;
    if (!end.empty()) options.iterate_upper_bound = &bound;
    const std::unique_ptr<rocksdb::Iterator> row(
        db_->NewIterator(options, handle_));
    for (row->Seek(SliceOf(begin)); row->Valid(); row->Next()) {
      if (!visit(ViewOf(row->key()), ViewOf(row->value()))) break;
    }
    return StatusOf(row->status());
  }

  absl::StatusOr<StoreReader::KeyValue> SeekBackward(
      std::string_view key, std::string_view prefix) const {
    const std::unique_ptr<rocksdb::Iterator> row(
        db_->NewIterator(options_, handle_));
    row->SeekForPrev(SliceOf(key));
    FOVEA_RETURN_IF_ERROR(StatusOf(row->status()));
    if (!row->Valid() || !row->key().starts_with(SliceOf(prefix))) {
      return absl::NotFoundError(
          absl::StrCat("no such row in ", handle_->GetName()));
    }
    return StoreReader::KeyValue{row->key().ToString(),
                                 row->value().ToString()};
  }

 private:
  rocksdb::DB* const db_;
  rocksdb::ColumnFamilyHandle* const handle_;
  rocksdb::ReadOptions options_;
};

// Handles: default, then ours.
rocksdb::ColumnFamilyHandle* HandleAmong(
    const std::vector<rocksdb::ColumnFamilyHandle*>& handles, Family family) {
  return handles[1 + static_cast<size_t>(family)];
}

class RocksSnapshot final : public CatalogueReader {
 public:
  RocksSnapshot(rocksdb::DB* db,
                const std::vector<rocksdb::ColumnFamilyHandle*>& handles)
      : db_(db), handles_(handles), snapshot_(db->GetSnapshot()) {}
  ~RocksSnapshot() override { db_->ReleaseSnapshot(snapshot_); }

  absl::StatusOr<std::optional<std::string>> Get(
      Family family, std::string_view key) override {
    return RowsOf(family).Get(key);
  }
  absl::Status Scan(Family family, std::string_view begin, std::string_view end,
                    const StoreReader::Visitor& visit) override {
    return RowsOf(family).Scan(begin, end, visit);
  }
  absl::StatusOr<StoreReader::KeyValue> SeekBackward(
      Family family, std::string_view key, std::string_view prefix) override {
    return RowsOf(family).SeekBackward(key, prefix);
  }

 private:
  FamilyRows RowsOf(Family family) const {
    return {db_, HandleAmong(handles_, family), snapshot_};
  }

  rocksdb::DB* const db_;
  const std::vector<rocksdb::ColumnFamilyHandle*> handles_;
  const rocksdb::Snapshot* const snapshot_;
};

class RocksCatalogue final : public Catalogue {
 public:
  ~RocksCatalogue() override {
    for (rocksdb::ColumnFamilyHandle* handle : handles_) {
      if (handle != nullptr) db_->DestroyColumnFamilyHandle(handle);
    }
  }

  absl::Status OpenFiles(FileSystem* file_system, const std::string& path,
                         const Options& options) {
    FOVEA_ASSIGN_OR_RETURN(files_,
                           RocksFiles::Over(file_system, path,
                                            {.ignore_present = options.create,
                                             .read_only = options.read_only}));
    env_ = rocksdb::NewCompositeEnv(files_);
    const auto cache = rocksdb::NewLRUCache(kBlockCacheBytes);
    std::vector<rocksdb::ColumnFamilyDescriptor> families = {
        {rocksdb::kDefaultColumnFamilyName, FamilyOptions(options, cache)}};
    for (int i = 0; i < kFamilyCount; ++i) {
      families.emplace_back(FamilyName(static_cast<Family>(i)),
                            FamilyOptions(options, cache));
    }
    rocksdb::DB* db = nullptr;
    const rocksdb::Status status = rocksdb::DB::Open(
        DatabaseOptions(options, env_.get()), path, families, &handles_, &db);
    if (!status.ok()) return OpenFailure(status, path);
    db_.reset(db);
    return absl::OkStatus();
  }

  absl::Status Write(const std::vector<RowChange>& changes) override {
    rocksdb::WriteBatch batch;
    for (const RowChange& change : changes) {
      rocksdb::ColumnFamilyHandle* handle = HandleOf(change.family);
      FOVEA_RETURN_IF_ERROR(StatusOf(AddTo(&batch, handle, change)));
    }
    return StatusOf(db_->Write(Unlogged(), &batch));
  }

  absl::StatusOr<std::optional<std::string>> Get(
      Family family, std::string_view key) override {
    return RowsOf(family).Get(key);
  }

  absl::Status Scan(Family family, std::string_view begin, std::string_view end,
                    const StoreReader::Visitor& visit) override {
    return RowsOf(family).Scan(begin, end, visit);
  }

  absl::StatusOr<StoreReader::KeyValue> SeekBackward(
      Family family, std::string_view key, std::string_view prefix) override {
    return RowsOf(family).SeekBackward(key, prefix);
  }

  std::unique_ptr<CatalogueReader> Snapshot() override {
    return std::make_unique<RocksSnapshot>(db_.get(), handles_);
  }

  absl::Status Flush() override {
    return StatusOf(db_->Flush(rocksdb::FlushOptions(), handles_));
  }

  absl::Status WithLiveFiles(
      const std::function<absl::Status(const std::vector<LiveFile>&)>& use)
      override {
    FOVEA_RETURN_IF_ERROR(StatusOf(db_->DisableFileDeletions()));
    absl::StatusOr<std::vector<LiveFile>> files = LiveFiles();
    absl::Status status = files.status();
    if (status.ok()) status = use(*files);
    status.Update(StatusOf(db_->EnableFileDeletions(/*force=*/false)));
    return status;
  }

  absl::Status CheckFiles() override {
    return StatusOf(db_->VerifyFileChecksums(rocksdb::ReadOptions()));
  }

  absl::StatusOr<bool> PurgeDeleted() override {
    FOVEA_RETURN_IF_ERROR(Flush());
    rocksdb::CompactRangeOptions options;
    options.bottommost_level_compaction =
        rocksdb::BottommostLevelCompaction::kForce;
    for (rocksdb::ColumnFamilyHandle* handle : handles_) {
      FOVEA_RETURN_IF_ERROR(
          StatusOf(db_->CompactRange(options, handle, nullptr, nullptr)));
    }
    FOVEA_RETURN_IF_ERROR(BeginCleanManifest());
    return RemoveObsoleteFiles();
  }

 private:
  absl::StatusOr<std::vector<LiveFile>> LiveFiles() {
    std::vector<std::string> names;
    uint64_t manifest_bytes = 0;
    FOVEA_RETURN_IF_ERROR(StatusOf(
        db_->GetLiveFiles(names, &manifest_bytes, /*flush_memtable=*/false)));
    std::vector<LiveFile> files;
    bool on_disk = false;
    for (const std::string& slashed : names) {
      LiveFile file;
      file.name = slashed.substr(1);
      const std::string path = db_->GetName() + slashed;
      if (file.name.ends_with(".sst")) {
        on_disk = true;
        const rocksdb::Status s = env_->GetFileSize(path, &file.size);
        // Of a reader: the process that writes has removed it.
        if (s.IsPathNotFound()) return absl::NotFoundError(path);
        FOVEA_RETURN_IF_ERROR(StatusOf(s));
        files.push_back(std::move(file));
      } else if (file.name.starts_with("MANIFEST-")) {
        files.push_back({"CURRENT", file.name.size() + 1, file.name + "\n"});
        FOVEA_ASSIGN_OR_RETURN(file.bytes, ReadStart(path, manifest_bytes));
        file.size = manifest_bytes;
        files.push_back(std::move(file));
      }
    }
    if (!on_disk) files.clear();
    return files;
  }

  // Manifests grow, and may be in memory.
  absl::StatusOr<std::string> ReadStart(const std::string& path,
                                        uint64_t size) {
    std::unique_ptr<rocksdb::SequentialFile> file;
    FOVEA_RETURN_IF_ERROR(
        StatusOf(env_->NewSequentialFile(path, &file, rocksdb::EnvOptions())));
    std::string bytes(static_cast<size_t>(size), '\0');
    size_t got = 0;
    while (got < bytes.size()) {
      rocksdb::Slice part;
      FOVEA_RETURN_IF_ERROR(
          StatusOf(file->Read(bytes.size() - got, &part, bytes.data() + got)));
      if (part.empty()) return absl::DataLossError(path + " is cut short");
      if (part.data() != bytes.data() + got) {
        std::copy_n(part.data(), part.size(), bytes.data() + got);
      }
      got += part.size();
    }
    return bytes;
  }

  // A manifest begins with the files as they were before its first change,
  // so that of the last compaction still has the key bounds of what went.
  absl::Status BeginCleanManifest() {
    FOVEA_RETURN_IF_ERROR(StatusOf(
        db_->Put(Unlogged(), db_->DefaultColumnFamily(), "purge", "")));
    return Flush();
  }

  // Switching deletions off and on again removes obsolete tables, logs and
  // manifests before it returns, not some time later; but for those that one
  // of RocksDB's threads has taken upon itself, so these end their work
  // first. False where a scan under way reads some of what is obsolete. Of
  // removals that failed RocksDB does not tell; the files do.
  absl::StatusOr<bool> RemoveObsoleteFiles() {
    FOVEA_RETURN_IF_ERROR(StatusOf(db_->PauseBackgroundWork()));
    absl::Status status = StatusOf(db_->DisableFileDeletions());
    if (status.ok()) {
      status = StatusOf(db_->EnableFileDeletions(/*force=*/true));
    }
    const absl::StatusOr<std::vector<std::string>> left = Obsolete();
    status.Update(StatusOf(db_->ContinueBackgroundWork()));
    FOVEA_RETURN_IF_ERROR(status);
    FOVEA_RETURN_IF_ERROR(left.status());
    for (const std::string& name : *left) {
      if (!files_->RemovalFailed(name)) continue;
      return absl::InternalError(absl::StrCat("catalogue: obsolete file '",
                                              name, "' could not be removed"));
    }
    return left->empty();
  }

  // Names of tables and manifests that are in the folder and not in use by
  // the rows as they are now.
  absl::StatusOr<std::vector<std::string>> Obsolete() {
    std::vector<std::string> present;
    std::vector<std::string> live;
    uint64_t manifest_bytes = 0;
    FOVEA_RETURN_IF_ERROR(
        StatusOf(env_->GetChildren(db_->GetName(), &present)));
    FOVEA_RETURN_IF_ERROR(StatusOf(
        db_->GetLiveFiles(live, &manifest_bytes, /*flush_memtable=*/false)));
    std::erase_if(present, [&](const std::string& name) {
      const bool holds_keys =
          name.ends_with(".sst") || name.starts_with("MANIFEST-");
      // Live ones are named "/000012.sst".
      return !holds_keys || std::ranges::count(live, "/" + name) > 0;
    });
    return present;
  }

  static rocksdb::Status AddTo(rocksdb::WriteBatch* batch,
                               rocksdb::ColumnFamilyHandle* handle,
                               const RowChange& change) {
    if (change.is_range()) {
      return batch->DeleteRange(handle, change.key, change.range_end);
    }
    return change.value.has_value()
               ? batch->Put(handle, change.key, *change.value)
               : batch->Delete(handle, change.key);
  }

  static rocksdb::WriteOptions Unlogged() {
    rocksdb::WriteOptions options;
    options.disableWAL = true;
    return options;
  }

  rocksdb::ColumnFamilyHandle* HandleOf(Family family) const {
    return HandleAmong(handles_, family);
  }

  FamilyRows RowsOf(Family family) const {
    return {db_.get(), HandleOf(family), nullptr};
  }

  std::shared_ptr<RocksFiles> files_;
  std::unique_ptr<rocksdb::Env> env_;  // outlives the database
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;  // default, then ours
};

}  // namespace

absl::StatusOr<std::unique_ptr<Catalogue>> Catalogue::Open(
    FileSystem* file_system, const std::string& path, const Options& options) {
  auto catalogue = std::make_unique<RocksCatalogue>();
  FOVEA_RETURN_IF_ERROR(catalogue->OpenFiles(file_system, path, options));
  return absl::StatusOr<std::unique_ptr<Catalogue>>(std::move(catalogue));
}

}  // namespace fovea
