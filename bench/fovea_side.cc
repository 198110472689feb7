// SPDX-License-Identifier: GPL-2.0-or-later
//
// Packs and the cross-stream index of a store.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "bench/observation_maker.h"
#include "bench/observation_side.h"
#include "index/observation_reader.h"
#include "index/observations.h"
#include "index/pack_join.h"
#include "index/presence.h"
#include "store/chunk_store.h"

namespace fovea::bench {
namespace {

void Require(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "store: %s\n", std::string(status.message()).c_str());
  std::exit(1);
}

class Side final : public ObservationSide {
 public:
  explicit Side(const std::string& folder) {
    ChunkStoreOptions options;
    options.create = true;
    auto store = ChunkStore::Open(folder, options);
    Require(store.status());
    store_ = *std::move(store);
  }

  void Put(std::span<const Observation> observations) override {
    for (const Observation& o : observations) {
      last_stream_ = std::max(last_stream_, o.stream);
    }
    CommitBatch batch;
    Require(Observations(store_.get()).PutAll(observations, &batch));
    Require(store_->Commit(std::move(batch)).status());
  }

  // Small packs are joined, as upkeep does it by and by. A prune that has
  // something to erase writes all rows to table files and compacts these.
  void Settle() override {
    std::vector<PackJoinSpan> streams;
    for (StreamId i = 1; i <= last_stream_; ++i) streams.push_back({i});
    Require(JoinPacks(store_.get(), streams, {}).status());
    Observation gone;
    gone.label = kLabels[0];
    CommitBatch put;
    Require(Observations(store_.get()).Put(gone, &put));
    Require(store_->Commit(std::move(put)).status());
    CommitBatch removed;
    Require(Observations(store_.get()).RemoveAll(0, &removed).status());
    Require(store_->Commit(std::move(removed)).status());
    Require(store_->Prune().status());
  }

  SideBytes Bytes() override {
    const auto space = store_->Space();
    Require(space.status());
    return {space->catalogue_bytes, space->segment_bytes};
  }

  AnswerSum InStream(StreamId stream, const std::string& label, int64_t from_ns,
                     int64_t to_ns) override {
    AnswerSum answer;
    Require(VisitObservations(store_.get(), {stream, label, from_ns, to_ns},
                              [&](const Observation& o) {
                                answer.Add(o);
                                return true;
                              }));
    return answer;
  }

  std::vector<Minutes> InAllStreams(const std::string& label, int64_t from_ns,
                                    int64_t to_ns) override {
    std::vector<Minutes> answer;
    Require(VisitPresence(
        store_.get(), label, from_ns, to_ns, [&](const Presence& presence) {
          for (const MinuteRun& run : presence.minutes) {
            answer.push_back({presence.stream, run.first, run.end});
          }
          return true;
        }));
    return answer;
  }

 private:
  std::unique_ptr<ChunkStore> store_;
  StreamId last_stream_ = 0;
};

}  // namespace

std::unique_ptr<ObservationSide> FoveaSide(const std::string& folder) {
  return std::make_unique<Side>(folder);
}

}  // namespace fovea::bench
