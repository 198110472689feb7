// SPDX-License-Identifier: GPL-2.0-or-later
//
// The answer to a query as a range, found while it is walked, and each of
// its clips with what the store holds of it, read when it is asked for.

#ifndef FOVEA_API_QUERY_RESULTS_H_
#define FOVEA_API_QUERY_RESULTS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/clip_boxes.h"
#include "api/frame_selection.h"
#include "api/query_answer.h"
#include "codec/sample.h"

namespace fovea {

class Store;
struct Query;

// A clip of an answer. May be copied and kept for as long as the Store it
// came from is open; thread-safe as that is. What has been removed since
// gives kNotFound, or is not among what is visited.
class QueryResult {
 public:
  const QueryClip& clip() const { return clip_; }

  // The imu and series streams recorded beside the clip's: those called
  // NAME.x. Of an imu or series stream: itself.
  const std::vector<std::string>& sensors() const { return sensors_; }

  // Calls `visit` for the frames of a camera shown in the clip, in order,
  // until it returns false. Decodes them and the frames of their first GOP
  // before them; returns how many pictures those were.
  absl::StatusOr<int64_t> ReadFrames(
      const std::function<bool(const ReadFrame&)>& visit) const;

  // The same for the access units, in decoding order, of the GOPs that touch
  // the clip: Store::ReadUnits(). Decodes nothing.
  absl::Status ReadPackets(
      const std::function<bool(const AccessUnit&)>& visit) const;

  // Batches of what the imu or series stream `sensor` recorded in the clip's
  // time.
  absl::Status ReadSamples(
      const std::string& sensor,
      const std::function<bool(const SeriesBatch&)>& visit) const;

  // The boxes of what the query asks for, frame by frame. Decodes nothing.
  absl::Status ReadBoxes(
      const std::function<bool(const ClipBox&)>& visit) const;

 private:
  friend class QueryResults;
  QueryResult(Store* store, std::shared_ptr<const Query> query, QueryClip clip,
              std::vector<std::string> sensors);

  Store* store_;
  std::shared_ptr<const Query> query_;
  QueryClip clip_;
  std::vector<std::string> sensors_;
};

// An input range: `for (const QueryResult& result : results)`, once. It sees
// the store as it was when asked, for kStoreLimits.lease_ns at most. Ends
// where there is no more clip or where finding the next one fails: ask
// status() after the walk. Not thread-safe; not to outlive the Store.
class QueryResults {
 public:
  class Iterator {
   public:
    using iterator_concept = std::input_iterator_tag;
    using value_type = QueryResult;
    using difference_type = std::ptrdiff_t;

    const QueryResult& operator*() const { return *results_->current(); }
    const QueryResult* operator->() const { return results_->current(); }
    Iterator& operator++() {
      results_->Advance();
      return *this;
    }
    void operator++(int) { results_->Advance(); }
    bool operator==(std::default_sentinel_t) const {
      return results_->current() == nullptr;
    }

   private:
    friend class QueryResults;
    explicit Iterator(QueryResults* results) : results_(results) {}
    QueryResults* results_;
  };

  QueryResults(QueryResults&&) noexcept;
  QueryResults& operator=(QueryResults&&) noexcept;
  ~QueryResults();

  // Finds the first clip. Once.
  Iterator begin();
  std::default_sentinel_t end() const { return {}; }

  // Why the walk ended: kCancelled, kFailedPrecondition (the lease expired),
  // kResourceExhausted (too much matches at one time), errors of reading.
  const absl::Status& status() const;

  // What the user may want to know, one line each: a label that was never
  // observed.
  const std::vector<std::string>& notes() const;

  // What the walk took so far.
  const QueryWork& index_work() const;
  const StoreWork& store_work() const;

 private:
  friend class Store;
  struct Search;

  // Store::Query().
  static absl::StatusOr<QueryResults> Begin(Store* store, const Query& query,
                                            const std::atomic<bool>* stop);
  explicit QueryResults(std::unique_ptr<Search> search);

  const QueryResult* current() const;
  void Advance();

  std::unique_ptr<Search> search_;
};

}  // namespace fovea

#endif  // FOVEA_API_QUERY_RESULTS_H_
