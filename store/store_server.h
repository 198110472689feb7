// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lets other processes read a store through the one that writes it. A
// connection has a thread of its own, and there is a limit to both, so a
// reader that is slow, stopped or hostile costs its own connection and
// nothing else: no lock is held while bytes are sent or awaited.

#ifndef FOVEA_STORE_STORE_SERVER_H_
#define FOVEA_STORE_STORE_SERVER_H_

#include <list>
#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "store/chunk_store.h"

namespace fovea {

// Thread-safe.
class StoreServer {
 public:
  // Listens on <path>/SOCKET and serves `store`, open for writing in `path`,
  // until destroyed. Errors mean that nobody can connect; readers then open
  // the files themselves.
  static absl::StatusOr<std::unique_ptr<StoreServer>> Start(
      ChunkStore* store, const std::string& path);
  ~StoreServer();

 private:
  struct Connection;

  StoreServer(ChunkStore* store, std::string path);
  void AcceptAll();
  // Ends threads of connections that ended.
  void Reap() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  ChunkStore* const store_;
  const std::string path_;
  struct Listener;
  std::unique_ptr<Listener> listener_;
  std::thread accepting_;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::list<std::unique_ptr<Connection>> connections_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fovea

#endif  // FOVEA_STORE_STORE_SERVER_H_
