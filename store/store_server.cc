// SPDX-License-Identifier: GPL-2.0-or-later
//
// One request, one reply. What a connection holds, its snapshots, goes with
// it.

#include "store/store_server.h"

#include <unistd.h>

#include <atomic>
#include <map>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/file_system.h"
#include "store/internal/socket.h"
#include "store/internal/status_macros.h"
#include "store/limits.h"
#include "store/wire_format.h"

namespace fovea {
namespace {

// Of a scan: as long as a process that reads the files itself.
constexpr int64_t kScanLeaseNs = 600'000'000'000;
constexpr uint64_t kProgressBytes = 8 << 20;

// What one reader asked for and holds.
class Session {
 public:
  Session(ChunkStore* store, const Socket* socket)
      : store_(store), socket_(socket) {}

  // Until the other side goes, is too slow, or makes no sense.
  void Serve() {
    while (true) {
      const auto body =
          ReceiveMessage(*socket_, kStoreLimits.request_bytes,
                         kStoreLimits.idle_ms, kStoreLimits.transfer_ms);
      if (!body.ok() && !absl::IsInvalidArgument(body.status())) return;
      const auto request = body.ok()
                               ? DecodeRequest(*body)
                               : absl::StatusOr<WireRequest>(body.status());
      WireReply reply;
      reply.status = request.ok() ? Answer(*request, &reply) : request.status();
      if (!Send(reply).ok() || !request.ok()) return;
    }
  }

 private:
  absl::Status Send(const WireReply& reply) const {
    return SendMessage(*socket_, EncodeReply(reply), kStoreLimits.transfer_ms);
  }

  absl::Status Answer(const WireRequest& request, WireReply* reply) {
    reply->pid = static_cast<uint64_t>(getpid());
    FOVEA_ASSIGN_OR_RETURN(StoreReader* const reader, ReaderOf(request));
    reply->sequence = reader->last_sequence();
    switch (request.call) {
      case WireCall::kHello:
        return absl::OkStatus();
      case WireCall::kGet: {
        FOVEA_ASSIGN_OR_RETURN(reply->payload,
                               reader->Get(request.family, request.key));
        return absl::OkStatus();
      }
      case WireCall::kScan:
        return Scan(request, reply);
      case WireCall::kSeekBackward: {
        FOVEA_ASSIGN_OR_RETURN(
            StoreReader::KeyValue row,
            reader->SeekBackward(request.family, request.key, request.other));
        reply->rows.push_back(std::move(row));
        return absl::OkStatus();
      }
      case WireCall::kReadChunk:
        return ReadChunk(reader, request, reply);
      case WireCall::kUsage: {
        FOVEA_ASSIGN_OR_RETURN(const DiskUsage usage, store_->Usage());
        reply->payload = EncodeUsage(usage);
        return absl::OkStatus();
      }
      case WireCall::kTakeSnapshot: {
        FOVEA_ASSIGN_OR_RETURN(reply->snapshot, Take(request.lease_ns));
        reply->sequence = snapshots_.at(reply->snapshot)->last_sequence();
        return absl::OkStatus();
      }
      case WireCall::kEndSnapshot:
        snapshots_.erase(request.snapshot);
        return absl::OkStatus();
      case WireCall::kBackup:
        return Backup(request, reply);
    }
    return absl::InvalidArgumentError("no such call");
  }

  absl::StatusOr<StoreReader*> ReaderOf(const WireRequest& request) {
    if (request.snapshot == 0) return store_;
    const auto snapshot = snapshots_.find(request.snapshot);
    if (snapshot != snapshots_.end()) return snapshot->second.get();
    return absl::FailedPreconditionError(
        absl::StrCat("snapshot ", request.snapshot, " was not taken here"));
  }

  absl::StatusOr<uint64_t> Take(int64_t lease_ns) {
    if (snapshots_.size() >= kStoreLimits.snapshots_per_connection) {
      return absl::ResourceExhaustedError(
          absl::StrCat("more than ", kStoreLimits.snapshots_per_connection,
                       " snapshots; end one"));
    }
    FOVEA_ASSIGN_OR_RETURN(std::unique_ptr<StoreReader> snapshot,
                           store_->TakeSnapshot(lease_ns));
    snapshots_[next_] = std::move(snapshot);
    return next_++;
  }

  // As many rows as one reply takes; the snapshot they are of stays when
  // there are more.
  absl::Status Scan(const WireRequest& request, WireReply* reply) {
    uint64_t id = request.snapshot;
    if (id == 0) {
      FOVEA_ASSIGN_OR_RETURN(id, Take(kScanLeaseNs));
    }
    uint64_t bytes = 0;
    bool more = false;
    const absl::Status status = snapshots_.at(id)->Scan(
        request.family, request.key, request.other,
        [&](std::string_view key, std::string_view value) {
          bytes += key.size() + value.size();
          more = !reply->rows.empty() &&
                 (bytes > kStoreLimits.scan_bytes ||
                  reply->rows.size() >= kStoreLimits.scan_rows);
          if (!more)
            reply->rows.push_back({std::string(key), std::string(value)});
          return !more;
        });
    if (more && status.ok()) {
      reply->snapshot = id;
    } else if (request.snapshot == 0) {
      snapshots_.erase(id);
    }
    return status;
  }

  static absl::Status ReadChunk(StoreReader* reader, const WireRequest& request,
                                WireReply* reply) {
    FOVEA_ASSIGN_OR_RETURN(
        const std::vector<uint8_t> payload,
        request.length == kWholeChunk
            ? reader->ReadChunk(request.chunk)
            : reader->ReadChunkRange(request.chunk, request.offset,
                                     request.length));
    reply->payload.assign(payload.begin(), payload.end());
    return absl::OkStatus();
  }

  absl::Status Backup(const WireRequest& request, WireReply* reply) const {
    const BackupOptions options = {.prune = (request.offset & 1) != 0,
                                   .copy = (request.offset & 2) != 0};
    uint64_t told = 0;
    FOVEA_ASSIGN_OR_RETURN(
        const BackupReport report,
        store_->Backup(request.key, options, [&](uint64_t done, uint64_t all) {
          if (done - told < kProgressBytes && done != all) return true;
          told = done;
          WireReply progress;
          progress.progress = true;
          progress.done = done;
          progress.total = all;
          return Send(progress).ok();  // nobody waits for it any more
        }));
    reply->payload = EncodeBackupReport(report);
    return absl::OkStatus();
  }

  ChunkStore* const store_;
  const Socket* const socket_;
  std::map<uint64_t, std::unique_ptr<StoreReader>> snapshots_;
  uint64_t next_ = 1;
};

}  // namespace

struct StoreServer::Listener {
  Socket socket;
};

struct StoreServer::Connection {
  Socket socket;
  std::thread thread;
  std::atomic<bool> ended = false;
};

StoreServer::StoreServer(ChunkStore* store, std::string path)
    : store_(store), path_(std::move(path)) {}

absl::StatusOr<std::unique_ptr<StoreServer>> StoreServer::Start(
    ChunkStore* store, const std::string& path) {
  FOVEA_ASSIGN_OR_RETURN(Socket listener, ListenIn(path));
  std::unique_ptr<StoreServer> server(new StoreServer(store, path));
  server->listener_ = std::make_unique<Listener>();
  server->listener_->socket = std::move(listener);
  try {
    server->accepting_ = std::thread([s = server.get()] { s->AcceptAll(); });
  } catch (const std::system_error& error) {
    return absl::ResourceExhaustedError(
        absl::StrCat("no thread for readers: ", error.what()));
  }
  return server;
}

StoreServer::~StoreServer() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  // The lock's holder owns the name; it still is that.
  FileSystem::Posix()
      ->Remove(absl::StrCat(path_, "/", kSocketName))
      .IgnoreError();
  listener_->socket.Shutdown();
  if (accepting_.joinable()) accepting_.join();
  std::list<std::unique_ptr<Connection>> connections;
  {
    absl::MutexLock lock(&mutex_);
    connections.swap(connections_);
  }
  for (const auto& connection : connections) connection->socket.Shutdown();
  for (const auto& connection : connections) connection->thread.join();
}

void StoreServer::AcceptAll() {
  while (true) {
    absl::StatusOr<Socket> accepted = Accept(listener_->socket);
    if (!accepted.ok()) return;
    absl::MutexLock lock(&mutex_);
    if (stopping_) return;
    Reap();
    if (connections_.size() >= kStoreLimits.connections) {
      WireReply full;
      full.status = absl::ResourceExhaustedError(absl::StrCat(
          "more than ", kStoreLimits.connections, " readers at once"));
      // Nothing has been sent to it yet, so this waits for nobody.
      SendMessage(*accepted, EncodeReply(full), kStoreLimits.transfer_ms)
          .IgnoreError();
      accepted->Dismiss();
      continue;
    }
    auto connection = std::make_unique<Connection>();
    connection->socket = *std::move(accepted);
    try {
      connection->thread = std::thread([this, served = connection.get()] {
        Session(store_, &served->socket).Serve();
        served->socket.Shutdown();
        served->ended = true;
      });
    } catch (const std::system_error&) {
      continue;  // no more threads: the reader finds itself not answered
    }
    connections_.push_back(std::move(connection));
  }
}

void StoreServer::Reap() {
  connections_.remove_if([](const std::unique_ptr<Connection>& connection) {
    if (!connection->ended) return false;
    connection->thread.join();
    return true;
  });
}

}  // namespace fovea
