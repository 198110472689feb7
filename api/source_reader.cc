// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/source_reader.h"

#include <utility>
#include <variant>

namespace fovea {
namespace {

// A few 1080p frames: enough to overlap, small beside the encoder's own.
constexpr size_t kMaxQueuedBytes = 12 << 20;
constexpr size_t kMaxQueuedItems = 256;

struct SizeOf {
  size_t operator()(const Frame& f) const {
    return static_cast<size_t>(f.width) * static_cast<size_t>(f.height) * 3 / 2;
  }
  size_t operator()(const AccessUnit& u) const { return u.data.size(); }
  size_t operator()(const SeriesBatch& b) const {
    return (b.time_ns.size() + b.values.size()) * sizeof(double);
  }
  size_t operator()(const OpaquePacket& p) const { return p.data.size(); }
  size_t operator()(const StillImage& s) const { return s.file.size(); }
  size_t operator()(const Gap&) const { return sizeof(Gap); }
  size_t operator()(const Rejected&) const { return sizeof(Rejected); }
};

}  // namespace

SourceReader::SourceReader(Source* source)
    : source_(source), thread_([this] { Run(); }) {}

SourceReader::~SourceReader() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  source_->Stop();
  thread_.join();
}

bool SourceReader::HasRoom() const {
  return stopping_ || queue_.empty() ||
         (queued_bytes_ < kMaxQueuedBytes && queue_.size() < kMaxQueuedItems);
}

bool SourceReader::HasNews() const { return ended_ || !queue_.empty(); }

void SourceReader::Run() {
  while (true) {
    absl::StatusOr<std::optional<SourceItem>> next = source_->Next();
    absl::MutexLock lock(&mutex_);
    if (!next.ok() || !next->has_value()) {
      status_ = next.status();
      ended_ = true;
      return;
    }
    mutex_.Await(absl::Condition(this, &SourceReader::HasRoom));
    if (stopping_) {
      ended_ = true;
      return;
    }
    const size_t bytes = std::visit(SizeOf(), (*next)->value);
    queue_.push_back({std::move(**next), bytes});
    queued_bytes_ += bytes;
  }
}

SourceReader::State SourceReader::Next(absl::Duration timeout,
                                       SourceItem* item) {
  absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(this, &SourceReader::HasNews),
                          timeout);
  if (!queue_.empty()) {
    *item = std::move(queue_.front().item);
    queued_bytes_ -= queue_.front().bytes;
    queue_.pop_front();
    return State::kItem;
  }
  return ended_ ? State::kEnd : State::kNothingYet;
}

absl::Status SourceReader::status() const {
  absl::MutexLock lock(&mutex_);
  return status_;
}

}  // namespace fovea
