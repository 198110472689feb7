// SPDX-License-Identifier: GPL-2.0-or-later
//
// What Store::QueryPage() is asked and answers.

#ifndef FOVEA_API_QUERY_ANSWER_H_
#define FOVEA_API_QUERY_ANSWER_H_

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/store_work.h"
#include "index/motion_spans.h"
#include "index/query_work.h"
#include "store/rows.h"

namespace fovea {

// A longest stretch of time in which the query's condition holds in a
// stream.
struct QueryClip {
  StreamId stream_id = 0;
  std::string stream;
  int64_t from_ns = 0;  // stream time, half open
  int64_t to_ns = 0;
  double score = 0;  // of the best observation asked for; 0: none is
  // Of a camera: the frames shown in it, both included.
  struct Frames {
    uint64_t first = 0;
    uint64_t last = 0;
  };
  std::optional<Frames> frames;
};

struct QueryOptions {
  uint64_t page_size = 1000;
  std::string cursor;                       // QueryAnswer::next
  const std::atomic<bool>* stop = nullptr;  // kCancelled soon after
  bool explain = false;  // QueryAnswer::motion; reads every frame table
};

struct QueryAnswer {
  std::vector<QueryClip> clips;
  // Goes into QueryOptions::cursor for the next page; empty at the end.
  std::string next;
  // What the user may want to know, one line each: a label that was never
  // observed.
  std::vector<std::string> notes;
  // What this page took. No frame is decoded and no model is run: a query
  // reads what has been observed.
  QueryWork index;
  StoreWork store;
  // Where the query is about `motion`: what of the frames of the streams
  // asked can tell. A query goes by observations alone: where motion was not
  // looked for, or the camera moves, there are none.
  std::optional<MotionSources> motion;
};

// How often a label was observed in a stream.
struct LabelSummary {
  std::string label;
  std::string stream;
  int64_t observations = 0;
};

}  // namespace fovea

#endif  // FOVEA_API_QUERY_ANSWER_H_
