// SPDX-License-Identifier: GPL-2.0-or-later
//
// SQLite as well as we know how to use it: one clustered table without row
// ids, labels and models as numbers, a second index that answers the
// cross-stream question alone, box runs of the same encoder as varints in one
// blob; write-ahead log without a sync per commit, prepared statements, a
// large page cache and mapped files; analysed and vacuumed.

#include <sqlite3.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "bench/observation_side.h"
#include "index/internal/box_runs.h"
#include "store/row_codec.h"

namespace fovea::bench {
namespace {

constexpr int64_t kMinute = 60'000'000'000;
constexpr int64_t kLongest = kObservationLimits.max_length_ns;

constexpr char kSchema[] = R"(
  PRAGMA page_size = 8192;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA cache_size = -1048576;
  PRAGMA mmap_size = 8589934592;
  CREATE TABLE label(id INTEGER PRIMARY KEY, name TEXT UNIQUE);
  CREATE TABLE model(id INTEGER PRIMARY KEY, digest BLOB UNIQUE);
  CREATE TABLE seen(
    stream INTEGER NOT NULL, label INTEGER NOT NULL, start INTEGER NOT NULL,
    track INTEGER NOT NULL, length INTEGER NOT NULL, first INTEGER NOT NULL,
    frames INTEGER NOT NULL, model INTEGER NOT NULL, mean INTEGER NOT NULL,
    most INTEGER NOT NULL, boxes BLOB NOT NULL,
    PRIMARY KEY(stream, label, start, track)) WITHOUT ROWID;
  CREATE INDEX seen_by_label ON seen(label, start, stream, length);)";

// Boxes of even rate from start to end.
std::string EncodeBoxes(const Observation& o) {
  std::vector<BoxRun> runs;
  AppendRuns(o, &runs);
  RowWriter out;
  for (const BoxRun& run : runs) {
    out.Varint(run.boxes);
    out.Varint(run.step);
    for (const int32_t v :
         {run.left, run.top, run.width, run.height, run.score}) {
      out.SignedVarint(v);
    }
  }
  return out.Take();
}

void DecodeBoxes(std::string_view blob, Observation* o) {
  RowReader in(blob, "boxes");
  BoxWalk walk(o->first_index, o->last_index);
  while (in.remaining() > 0) {
    BoxRun run;
    run.boxes = static_cast<uint32_t>(in.Varint());
    run.step = static_cast<uint32_t>(in.Varint());
    for (int32_t* v :
         {&run.left, &run.top, &run.width, &run.height, &run.score}) {
      *v = static_cast<int32_t>(in.SignedVarint());
    }
    walk.Append(run, &o->boxes);
  }
  const double frames =
      std::max(1.0, static_cast<double>(o->last_index - o->first_index));
  const double period = static_cast<double>(o->end_ns - o->start_ns) / frames;
  for (ObservedBox& box : o->boxes) {
    box.time_ns =
        o->start_ns +
        static_cast<int64_t>(
            static_cast<double>(box.index - o->first_index) * period + 0.5);
  }
}

class Side final : public ObservationSide {
 public:
  explicit Side(const std::string& folder) : path_(folder + "/seen.sqlite") {
    std::filesystem::create_directories(folder);
    Require(sqlite3_open(path_.c_str(), &db_));
    Run(kSchema);
    Prepare("INSERT OR REPLACE INTO seen VALUES(?,?,?,?,?,?,?,?,?,?,?)",
            &insert_);
    Prepare(
        "SELECT start, track, length, first, frames, mean, most, boxes "
        "FROM seen WHERE stream = ? AND label = ? AND start >= ? AND "
        "start < ? AND start + length >= ? ORDER BY start, track",
        &in_stream_);
    Prepare(
        "SELECT stream, start, length FROM seen INDEXED BY seen_by_label "
        "WHERE label = ? AND start >= ? AND start < ?",
        &in_all_);
  }

  ~Side() override {
    for (sqlite3_stmt* s : {insert_, in_stream_, in_all_}) sqlite3_finalize(s);
    sqlite3_close(db_);
  }

  void Put(std::span<const Observation> observations) override {
    Run("BEGIN");
    for (const Observation& o : observations) Insert(o);
    Run("COMMIT");
  }

  void Settle() override {
    Run("ANALYZE");
    Run("VACUUM");
    Run("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  SideBytes Bytes() override { return {std::filesystem::file_size(path_), 0}; }

  AnswerSum InStream(StreamId stream, const std::string& label, int64_t from_ns,
                     int64_t to_ns) override {
    Bind(in_stream_, {static_cast<int64_t>(stream), LabelId(label),
                      from_ns - kLongest, to_ns, from_ns});
    AnswerSum answer;
    while (sqlite3_step(in_stream_) == SQLITE_ROW) {
      answer.Add(Row(stream, label));
    }
    sqlite3_reset(in_stream_);
    return answer;
  }

  std::vector<Minutes> InAllStreams(const std::string& label, int64_t from_ns,
                                    int64_t to_ns) override {
    Bind(in_all_, {LabelId(label), from_ns - kLongest, to_ns});
    std::vector<Minutes> answer;
    while (sqlite3_step(in_all_) == SQLITE_ROW) {
      const int64_t start = sqlite3_column_int64(in_all_, 1);
      const int64_t end = start + sqlite3_column_int64(in_all_, 2);
      if (end < from_ns) continue;
      answer.push_back({static_cast<StreamId>(sqlite3_column_int64(in_all_, 0)),
                        std::max(start, from_ns) / kMinute,
                        std::min(end, to_ns - 1) / kMinute + 1});
    }
    sqlite3_reset(in_all_);
    return answer;
  }

 private:
  void Require(int code) {
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
    std::fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(db_));
    std::exit(1);
  }

  void Run(const char* sql) {
    Require(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr));
  }

  void Prepare(const char* sql, sqlite3_stmt** statement) {
    Require(sqlite3_prepare_v2(db_, sql, -1, statement, nullptr));
  }

  void Bind(sqlite3_stmt* statement, std::initializer_list<int64_t> values) {
    int at = 0;
    for (const int64_t v : values) {
      Require(sqlite3_bind_int64(statement, ++at, v));
    }
  }

  void Insert(const Observation& o) {
    const std::string boxes = EncodeBoxes(o);
    Bind(insert_, {static_cast<int64_t>(o.stream), LabelId(o.label), o.start_ns,
                   static_cast<int64_t>(o.track), o.end_ns - o.start_ns,
                   static_cast<int64_t>(o.first_index),
                   static_cast<int64_t>(o.last_index - o.first_index),
                   ModelNumber(o.model), o.mean_score, o.max_score});
    Require(sqlite3_bind_blob(insert_, 11, boxes.data(),
                              static_cast<int>(boxes.size()), SQLITE_STATIC));
    Require(sqlite3_step(insert_));
    Require(sqlite3_reset(insert_));
  }

  Observation Row(StreamId stream, const std::string& label) {
    const auto number = [&](int column) {
      return sqlite3_column_int64(in_stream_, column);
    };
    Observation o;
    o.stream = stream;
    o.label = label;
    o.start_ns = number(0);
    o.track = static_cast<uint64_t>(number(1));
    o.end_ns = o.start_ns + number(2);
    o.first_index = static_cast<uint64_t>(number(3));
    o.last_index = o.first_index + static_cast<uint64_t>(number(4));
    o.mean_score = static_cast<uint16_t>(number(5));
    o.max_score = static_cast<uint16_t>(number(6));
    DecodeBoxes({static_cast<const char*>(sqlite3_column_blob(in_stream_, 7)),
                 static_cast<size_t>(sqlite3_column_bytes(in_stream_, 7))},
                &o);
    return o;
  }

  int64_t LabelId(const std::string& label) {
    const auto [known, is_new] =
        labels_.try_emplace(label, static_cast<int64_t>(labels_.size()) + 1);
    if (is_new) {
      char* sql =
          sqlite3_mprintf("INSERT INTO label VALUES(%lld, %Q)",
                          static_cast<long long>(known->second), label.c_str());
      Run(sql);
      sqlite3_free(sql);
    }
    return known->second;
  }

  // One statement less to time: a bench's models are few and kept in mind.
  int64_t ModelNumber(const ModelKey& model) {
    return models_.try_emplace(model, static_cast<int64_t>(models_.size()) + 1)
        .first->second;
  }

  const std::string path_;
  sqlite3* db_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  sqlite3_stmt* in_stream_ = nullptr;
  sqlite3_stmt* in_all_ = nullptr;
  std::map<std::string, int64_t> labels_;
  std::map<ModelKey, int64_t> models_;
};

}  // namespace

std::unique_ptr<ObservationSide> SqliteSide(const std::string& folder) {
  return std::make_unique<Side>(folder);
}

}  // namespace fovea::bench
