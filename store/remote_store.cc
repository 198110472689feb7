// SPDX-License-Identifier: GPL-2.0-or-later
//
// The asking side. A call that found no writer any more is asked of the
// files; one that had begun to be answered is not asked twice.

#include "store/remote_store.h"

#include <atomic>
#include <filesystem>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "store/internal/socket.h"
#include "store/internal/status_macros.h"
#include "store/limits.h"
#include "store/wire_format.h"

namespace fovea {
namespace {

constexpr int64_t kHelloMs = 2000;

WireRequest RequestOf(WireCall call) {
  WireRequest request;
  request.call = call;
  return request;
}

// A connection and who is behind it. Thread-safe; one call at a time.
class Connection {
 public:
  explicit Connection(std::string path) : path_(std::move(path)) {}

  absl::Status Open() {
    absl::MutexLock lock(&mutex_);
    return Connect();
  }

  uint64_t pid() const { return pid_; }
  uint64_t sequence() const { return sequence_; }

  using Progress = std::function<bool(uint64_t, uint64_t)>;

  // The outer status is the transport's: kUnavailable when the writer ended.
  absl::StatusOr<WireReply> Call(const WireRequest& request,
                                 const Progress& progress = nullptr) {
    absl::MutexLock lock(&mutex_);
    absl::StatusOr<WireReply> reply = Exchange(request, progress);
    // The other side closes idle connections; snapshots are gone then.
    if (!reply.ok() && request.snapshot == 0 &&
        absl::IsUnavailable(reply.status()) && Connect().ok()) {
      reply = Exchange(request, progress);
    }
    if (reply.ok() || absl::IsCancelled(reply.status())) return reply;
    socket_ = Socket();
    return absl::UnavailableError(
        absl::StrCat("the process that writes the store (pid ", pid(),
                     ") ended or does not answer (",
                     std::string(reply.status().message()), "); run it again"));
  }

 private:
  absl::Status Connect() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    socket_ = Socket();
    FOVEA_ASSIGN_OR_RETURN(socket_, ConnectTo(path_));
    // Who is not let in is told so, whether he was heard or not.
    const absl::Status sent = SendMessage(socket_, EncodeRequest({}), kHelloMs);
    if (!sent.ok() && !absl::IsUnavailable(sent)) return sent;
    FOVEA_ASSIGN_OR_RETURN(const WireReply reply, Receive(kHelloMs));
    return reply.status;
  }

  absl::StatusOr<WireReply> Exchange(const WireRequest& request,
                                     const Progress& progress)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!socket_.open()) return absl::UnavailableError("not connected");
    FOVEA_RETURN_IF_ERROR(
        SendMessage(socket_, EncodeRequest(request), kStoreLimits.transfer_ms));
    while (true) {
      FOVEA_ASSIGN_OR_RETURN(WireReply reply, Receive(kStoreLimits.answer_ms));
      if (!reply.progress) return reply;
      if (progress && !progress(reply.done, reply.total)) {
        socket_ = Socket();  // which the other side takes as an end
        return absl::CancelledError("interrupted");
      }
    }
  }

  absl::StatusOr<WireReply> Receive(int64_t wait_ms)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    FOVEA_ASSIGN_OR_RETURN(const std::string body,
                           ReceiveMessage(socket_, kStoreLimits.reply_bytes,
                                          wait_ms, kStoreLimits.transfer_ms));
    FOVEA_ASSIGN_OR_RETURN(WireReply reply, DecodeReply(body));
    if (reply.pid != 0) pid_ = reply.pid;
    if (reply.sequence > sequence_) sequence_ = reply.sequence;
    return reply;
  }

  const std::string path_;
  std::atomic<uint64_t> pid_ = 0;
  std::atomic<uint64_t> sequence_ = 0;
  absl::Mutex mutex_;
  Socket socket_ ABSL_GUARDED_BY(mutex_);
};

absl::StatusOr<WireReply> Answered(absl::StatusOr<WireReply> reply) {
  if (reply.ok() && !reply->status.ok()) return reply->status;
  return reply;
}

// Reading calls as requests, in one snapshot or in none.
class RemoteReader {
 public:
  RemoteReader(Connection* connection, uint64_t snapshot)
      : connection_(connection), snapshot_(snapshot) {}

  // `gone`: set when the writer ended before it answered.
  absl::StatusOr<WireReply> Ask(WireRequest request, bool* gone) const {
    request.snapshot = snapshot_;
    absl::StatusOr<WireReply> reply = connection_->Call(request);
    *gone = !reply.ok();
    return Answered(std::move(reply));
  }

  absl::StatusOr<std::vector<uint8_t>> ReadChunk(const ChunkId& id,
                                                 uint64_t offset,
                                                 uint64_t length,
                                                 bool* gone) const {
    WireRequest request = RequestOf(WireCall::kReadChunk);
    request.chunk = id;
    request.offset = offset;
    request.length = length;
    FOVEA_ASSIGN_OR_RETURN(const WireReply reply, Ask(request, gone));
    return std::vector<uint8_t>(reply.payload.begin(), reply.payload.end());
  }

  absl::StatusOr<std::string> Get(Family family, std::string_view key,
                                  bool* gone) const {
    WireRequest request = RequestOf(WireCall::kGet);
    request.family = family;
    request.key = key;
    FOVEA_ASSIGN_OR_RETURN(WireReply reply, Ask(request, gone));
    return std::move(reply.payload);
  }

  absl::StatusOr<StoreReader::KeyValue> SeekBackward(Family family,
                                                     std::string_view key,
                                                     std::string_view prefix,
                                                     bool* gone) const {
    WireRequest request = RequestOf(WireCall::kSeekBackward);
    request.family = family;
    request.key = key;
    request.other = prefix;
    FOVEA_ASSIGN_OR_RETURN(WireReply reply, Ask(request, gone));
    if (reply.rows.size() == 1) return std::move(reply.rows.front());
    return absl::InternalError("the writer answered without a row");
  }

  // `gone` only before the first row.
  absl::Status Scan(Family family, std::string_view begin, std::string_view end,
                    const StoreReader::Visitor& visit, bool* gone) const {
    WireRequest request = RequestOf(WireCall::kScan);
    request.family = family;
    request.key = begin;
    request.other = end;
    FOVEA_ASSIGN_OR_RETURN(WireReply reply, Ask(request, gone));
    bool wanted = true;
    while (true) {
      for (const StoreReader::KeyValue& row : reply.rows) {
        wanted = wanted && visit(row.key, row.value);
      }
      if (reply.snapshot == 0) return absl::OkStatus();
      if (!wanted || reply.rows.empty()) return End(reply.snapshot);
      request.snapshot = reply.snapshot;
      request.key = reply.rows.back().key + '\0';
      FOVEA_ASSIGN_OR_RETURN(reply, Answered(connection_->Call(request)));
      if (reply.snapshot == 0 && snapshot_ == 0) {
        FOVEA_RETURN_IF_ERROR(End(request.snapshot));
      }
    }
  }

 private:
  // Of a scan's own snapshot.
  absl::Status End(uint64_t snapshot) const {
    if (snapshot == snapshot_) return absl::OkStatus();
    WireRequest request = RequestOf(WireCall::kEndSnapshot);
    request.snapshot = snapshot;
    connection_->Call(request).status().IgnoreError();  // it has a lease
    return absl::OkStatus();
  }

  Connection* const connection_;
  const uint64_t snapshot_;
};

class RemoteSnapshot final : public StoreReader {
 public:
  RemoteSnapshot(std::shared_ptr<Connection> connection, uint64_t id,
                 uint64_t sequence)
      : connection_(std::move(connection)),
        id_(id),
        reader_(connection_.get(), id),
        sequence_(sequence) {}
  ~RemoteSnapshot() override {
    WireRequest request = RequestOf(WireCall::kEndSnapshot);
    request.snapshot = id_;
    connection_->Call(request).status().IgnoreError();
  }

  absl::StatusOr<std::vector<uint8_t>> ReadChunk(const ChunkId& id) override {
    bool gone = false;
    return reader_.ReadChunk(id, 0, kWholeChunk, &gone);
  }
  absl::StatusOr<std::vector<uint8_t>> ReadChunkRange(
      const ChunkId& id, uint64_t offset, uint64_t length) override {
    bool gone = false;
    return reader_.ReadChunk(id, offset, length, &gone);
  }
  absl::StatusOr<std::string> Get(Family family,
                                  std::string_view key) override {
    bool gone = false;
    return reader_.Get(family, key, &gone);
  }
  absl::Status Scan(Family family, std::string_view begin, std::string_view end,
                    const Visitor& visit) override {
    bool gone = false;
    return reader_.Scan(family, begin, end, visit, &gone);
  }
  absl::StatusOr<KeyValue> SeekBackward(Family family, std::string_view key,
                                        std::string_view prefix) override {
    bool gone = false;
    return reader_.SeekBackward(family, key, prefix, &gone);
  }
  uint64_t last_sequence() const override { return sequence_; }

 private:
  const std::shared_ptr<Connection> connection_;
  const uint64_t id_;
  const RemoteReader reader_;
  const uint64_t sequence_;
};

class RemoteStore final : public ChunkStore {
 public:
  RemoteStore(std::shared_ptr<Connection> connection, std::string path,
              ChunkStoreOptions options)
      : connection_(std::move(connection)),
        reader_(connection_.get(), 0),
        path_(std::move(path)),
        options_(std::move(options)) {}

  absl::StatusOr<std::vector<uint8_t>> ReadChunk(const ChunkId& id) override {
    return ReadChunkRange(id, 0, kWholeChunk);
  }

  absl::StatusOr<std::vector<uint8_t>> ReadChunkRange(
      const ChunkId& id, uint64_t offset, uint64_t length) override {
    return Read<std::vector<uint8_t>>(
        [&](bool* gone) { return reader_.ReadChunk(id, offset, length, gone); },
        [&](ChunkStore* files) {
          return length == kWholeChunk
                     ? files->ReadChunk(id)
                     : files->ReadChunkRange(id, offset, length);
        });
  }

  absl::StatusOr<std::string> Get(Family family,
                                  std::string_view key) override {
    return Read<std::string>(
        [&](bool* gone) { return reader_.Get(family, key, gone); },
        [&](ChunkStore* files) { return files->Get(family, key); });
  }

  absl::StatusOr<KeyValue> SeekBackward(Family family, std::string_view key,
                                        std::string_view prefix) override {
    return Read<KeyValue>(
        [&](bool* gone) {
          return reader_.SeekBackward(family, key, prefix, gone);
        },
        [&](ChunkStore* files) {
          return files->SeekBackward(family, key, prefix);
        });
  }

  absl::Status Scan(Family family, std::string_view begin, std::string_view end,
                    const Visitor& visit) override {
    if (ChunkStore* const files = OpenedFiles(); files != nullptr) {
      return files->Scan(family, begin, end, visit);
    }
    bool gone = false;
    const absl::Status status = reader_.Scan(family, begin, end, visit, &gone);
    if (!gone) return status;
    FOVEA_ASSIGN_OR_RETURN(ChunkStore* const files, OpenFiles(status));
    return files->Scan(family, begin, end, visit);
  }

  uint64_t last_sequence() const override {
    ChunkStore* const files = OpenedFiles();
    return files != nullptr ? files->last_sequence() : connection_->sequence();
  }

  absl::StatusOr<std::unique_ptr<StoreReader>> TakeSnapshot(
      int64_t lease_ns) override {
    if (ChunkStore* const files = OpenedFiles(); files != nullptr) {
      return files->TakeSnapshot(lease_ns);
    }
    WireRequest request = RequestOf(WireCall::kTakeSnapshot);
    request.lease_ns = lease_ns;
    FOVEA_ASSIGN_OR_RETURN(const WireReply reply,
                           Answered(connection_->Call(request)));
    return std::make_unique<RemoteSnapshot>(connection_, reply.snapshot,
                                            reply.sequence);
  }

  absl::StatusOr<DiskUsage> Usage() override {
    return Read<DiskUsage>(
        [&](bool* gone) -> absl::StatusOr<DiskUsage> {
          FOVEA_ASSIGN_OR_RETURN(
              const WireReply reply,
              reader_.Ask(RequestOf(WireCall::kUsage), gone));
          return DecodeUsage(reply.payload);
        },
        [](ChunkStore* files) { return files->Usage(); });
  }

  absl::StatusOr<DiskSpace> Space() override {
    FOVEA_ASSIGN_OR_RETURN(const DiskUsage usage, Usage());
    return DiskSpace(usage);
  }

  absl::StatusOr<BackupReport> Backup(
      const std::string& target, const BackupOptions& options,
      const std::function<bool(uint64_t, uint64_t)>& progress) override {
    WireRequest request = RequestOf(WireCall::kBackup);
    // The other process may stand in another folder.
    request.key = std::filesystem::absolute(target).string();
    request.offset = (options.prune ? 1U : 0U) | (options.copy ? 2U : 0U);
    FOVEA_ASSIGN_OR_RETURN(const WireReply reply,
                           Answered(connection_->Call(request, progress)));
    return DecodeBackupReport(reply.payload);
  }

  absl::StatusOr<CommitReceipt> Commit(CommitBatch) override {
    return Refused("written to");
  }
  absl::StatusOr<VerifyReport> Scrub(const ScrubOptions&) override {
    return Refused("verified");
  }
  absl::StatusOr<int64_t> DropLeaks(std::span<const Reference>) override {
    return Refused("mended");
  }
  absl::StatusOr<PruneReport> Prune() override { return Refused("pruned"); }
  absl::StatusOr<PruneReport> Reclaim(const ReclaimOptions&) override {
    return Refused("pruned");
  }
  absl::StatusOr<std::vector<SegmentSpace>> MeasureSegments(
      const Gone&) override {
    return Refused("measured");
  }

 private:
  absl::Status Refused(const char* what) const {
    return absl::UnavailableError(absl::StrCat(
        "store '", path_, "' is in use by pid ", connection_->pid(),
        ", which writes it, and cannot be ", what,
        " meanwhile; wait for that process to end, or stop it"));
  }

  template <typename T, typename Ask, typename Look>
  absl::StatusOr<T> Read(const Ask& ask, const Look& look) {
    if (ChunkStore* const files = OpenedFiles(); files != nullptr) {
      return look(files);
    }
    bool gone = false;
    absl::StatusOr<T> answer = ask(&gone);
    if (!gone) return answer;
    FOVEA_ASSIGN_OR_RETURN(ChunkStore* const files, OpenFiles(answer.status()));
    return look(files);
  }

  ChunkStore* OpenedFiles() const {
    absl::MutexLock lock(&mutex_);
    return files_.get();
  }

  absl::StatusOr<ChunkStore*> OpenFiles(const absl::Status& why) {
    absl::MutexLock lock(&mutex_);
    if (files_ == nullptr) {
      auto files = ChunkStore::Open(path_, options_);
      if (!files.ok()) return why;
      files_ = *std::move(files);
    }
    return files_.get();
  }

  const std::shared_ptr<Connection> connection_;
  const RemoteReader reader_;
  const std::string path_;
  const ChunkStoreOptions options_;
  mutable absl::Mutex mutex_;
  std::unique_ptr<ChunkStore> files_
      ABSL_GUARDED_BY(mutex_);  // once it is gone
};

}  // namespace

absl::StatusOr<std::unique_ptr<ChunkStore>> OpenRemoteStore(
    const std::string& path, const ChunkStoreOptions& options) {
  auto connection = std::make_shared<Connection>(path);
  FOVEA_RETURN_IF_ERROR(connection->Open());
  ChunkStoreOptions reading = options;
  reading.read_only = true;
  reading.create = false;
  return std::make_unique<RemoteStore>(std::move(connection), path,
                                       std::move(reading));
}

}  // namespace fovea
