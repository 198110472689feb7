// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/committer.h"

#include <utility>

namespace fovea {

Committer::Committer(ChunkStore* store, const IngestOptions& options,
                     IngestObserver* observer)
    : store_(store), options_(options), observer_(observer) {}

void Committer::Acknowledge(Acknowledgement ack) {
  if (acks_.empty()) oldest_ns_ = Now();
  acks_.push_back(std::move(ack));
}

void Committer::BeforeCommit(Rows rows) {
  before_commit_.push_back(std::move(rows));
}

absl::Status Committer::CommitIfDue() {
  if (acks_.empty()) return absl::OkStatus();
  const bool full = batch_.payload_bytes() >= options_.commit_bytes;
  const bool old = Now() - oldest_ns_ >= options_.commit_age_ns;
  return full || old ? Commit() : absl::OkStatus();
}

absl::Status Committer::Commit() {
  for (const Rows& rows : before_commit_) {
    if (absl::Status s = rows(&batch_); !s.ok()) return s;
  }
  CommitBatch batch = std::exchange(batch_, {});
  batch.set_retention_class(retention_class_);
  std::vector<Acknowledgement> acks = std::exchange(acks_, {});
  if (store_ == nullptr || batch.empty()) return absl::OkStatus();
  bytes_committed_ += batch.payload_bytes();
  absl::StatusOr<CommitReceipt> receipt = store_->Commit(std::move(batch));
  if (!receipt.ok()) return receipt.status();
  bytes_appended_ += static_cast<uint64_t>(receipt->bytes_new);
  bytes_known_ += static_cast<uint64_t>(receipt->bytes_known);
  for (const Acknowledgement& ack : acks) observer_->OnAcknowledged(ack);
  return absl::OkStatus();
}

}  // namespace fovea
