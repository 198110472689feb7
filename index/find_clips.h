// SPDX-License-Identifier: GPL-2.0-or-later
//
// Answers queries: clips in the query's order, as many as are asked for, by
// reading as little as they take.

#ifndef FOVEA_INDEX_FIND_CLIPS_H_
#define FOVEA_INDEX_FIND_CLIPS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "index/clip.h"
#include "index/clip_cursor.h"
#include "index/query.h"
#include "index/query_facts.h"
#include "index/query_reader.h"
#include "index/stream_clips.h"

namespace fovea {

struct FindClipsOptions {
  // What is evaluated of a stream at once. Longer ones take fewer questions
  // and more memory; the answer is the same.
  int64_t window_ns = 3'600'000'000'000;
  EvaluationLimits limits;
  // Ends the query with kCancelled soon after it is set. May be null.
  const std::atomic<bool>* stop = nullptr;
};

// Gives the clips of a query one by one. By time and by latest only what
// lies before the next clip is read, of all streams; by score everything is,
// before the first, and as many clips are kept as there may be. Not
// thread-safe.
class ClipFinder {
 public:
  // Goes on behind `after`, where there is one. `query`, `facts` and
  // `options.stop` must outlive it. The query is one that CheckQuery() takes.
  ClipFinder(const Query& query, QueryFacts* facts,
             const FindClipsOptions& options,
             const std::optional<ClipCursor>& after = std::nullopt);

  // Nothing: there is none left, or the query's limit is reached. After an
  // error the finder is of no more use: kCancelled; kResourceExhausted names
  // a stream and times at which too much matches at once; those of the facts.
  absl::StatusOr<std::optional<Clip>> Next();

  // Where the clips after the last one begin.
  const std::optional<ClipCursor>& cursor() const { return cursor_; }
  // No clip is left to give, as far as is known without a search.
  bool done() const;
  // So far.
  const QueryWork& work() const { return reader_.work(); }

 private:
  // No clip to come of a stream begins before this, in the query's order.
  struct NextOfStream {
    int64_t bound_ns;
    size_t stream;  // of streams_
  };

  uint64_t given() const { return cursor_.has_value() ? cursor_->given : 0; }
  StreamWalk WalkOf(const QueryStream& stream,
                    const std::optional<ClipCursor>& after) const;
  bool ComesAfter(const NextOfStream& a, const NextOfStream& b) const;
  void Push(size_t stream);
  absl::StatusOr<std::optional<Clip>> NextByTime();
  absl::StatusOr<std::optional<Clip>> NextByScore();
  absl::Status FindBest();

  const Query& query_;
  QueryReader reader_;
  uint64_t limit_;
  std::optional<ClipCursor> cursor_;
  std::vector<std::unique_ptr<StreamClips>> streams_;
  std::vector<NextOfStream> heap_;  // the first one on top
  bool searched_ = false;           // best_ is all of it
  std::vector<Clip> best_;          // the next one last
};

// Whether the query is about the stream.
bool IsAmong(const Query& query, const QueryStream& stream);

struct ClipPage {
  std::vector<Clip> clips;
  // Goes into FindClips() for the next page; empty at the end. The page
  // after it may turn out empty.
  std::string next;
  QueryWork work;  // of this page
};

// At most `page_size` (not 0) clips of the query, behind those of the page
// whose `next` is `cursor` (empty: from the first). Pages follow each other
// without a gap and without a clip twice as long as facts stay the same.
// `query_digest` tells queries apart: of at most
// kClipCursorLimits.max_digest_bytes. As ClipFinder fails; kInvalidArgument:
// the cursor is none, or of another query.
absl::StatusOr<ClipPage> FindClips(const Query& query,
                                   std::string_view query_digest,
                                   QueryFacts* facts, uint64_t page_size,
                                   std::string_view cursor,
                                   const FindClipsOptions& options = {});

}  // namespace fovea

#endif  // FOVEA_INDEX_FIND_CLIPS_H_
