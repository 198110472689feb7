// SPDX-License-Identifier: GPL-2.0-or-later
//
// What expiring a day of 90 costs: index rows of 30 streams, a segment an
// hour, then the oldest day goes, and the next, by the policy "keep: 90d".
// Meanwhile a camera comes in and its commits are timed.
//
//   expire    seconds from asking to having the space back, per day; on a
//             busy machine what of them was spent on the processor says more
//     rows    of them, until no row of the day is seen any more; the rest is
//             dropping references to chunks and removing segments
//   commit    99th percentile of a commit beside it / of one before
//
// 20 cameras (rows gop, time, ftab, sem; of the store's own: loc, ref) and 10
// sensors (block). Chunks are small, since what counts here is rows, but still
// most of a segment. Fails on rows that stay or go wrongly, never on time.
//
// Usage: expiry_bench [--quick] [--days N] [--gops-per-hour N] [--expire N]

#include <time.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "api/retention.h"
#include "bench/child.h"
#include "codec/sample.h"
#include "index/observations.h"
#include "store/chunk_store.h"
#include "store/frame_table.h"
#include "tests/support/test_data.h"

namespace fovea::bench {
namespace {

using std::chrono::steady_clock;

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kHour = 3600 * kSecond;
constexpr int64_t kDay = 24 * kHour;
constexpr int64_t kStart = 1'795'000'000 / 3600 * kHour;
constexpr int kCameras = 20;
constexpr int kSensors = 10;
constexpr int kStreams = kCameras + kSensors;
constexpr StreamId kLive = 100;
constexpr uint32_t kFrames = 12;  // of a GOP's table
constexpr size_t kGopBytes = 2000;
constexpr size_t kLiveGopBytes = 100'000;

struct Settings {
  int days = 90;
  int expire = 9;         // of them, one by one
  int gops_per_hour = 4;  // and blocks
  int idle_s = 10;        // before and after, with commits alone
};

bool failed = false;

void Require(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  std::exit(1);
}

template <typename T>
T Require(absl::StatusOr<T> value) {
  Require(value.status());
  return *std::move(value);
}

void Expect(const char* what, int64_t expected, int64_t found) {
  if (expected == found) return;
  std::printf("%s: %lld, expected %lld\n", what, static_cast<long long>(found),
              static_cast<long long>(expected));
  failed = true;
}

// Of the calling thread.
double CpuSeconds() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_nsec) * 1e-9;
}

double SecondsSince(steady_clock::time_point start) {
  return std::chrono::duration<double>(steady_clock::now() - start).count();
}

// --- rows ---------------------------------------------------------------

std::string Table() {
  FrameTable table;
  for (uint32_t i = 0; i < kFrames; ++i) {
    FrameEntry frame;
    frame.pts = i;
    frame.time_ns = i * kSecond / 6;
    frame.duration_ns = kSecond / 6;
    frame.offset = 1000 * i;
    frame.size = 1000;
    table.frames.push_back(frame);
  }
  return EncodeFrameTable(table);
}

std::vector<uint8_t> Noise(uint64_t seed, size_t bytes) {
  std::mt19937_64 chance(seed);
  std::vector<uint8_t> noise(bytes);
  for (uint8_t& byte : noise) byte = static_cast<uint8_t>(chance());
  return noise;
}

void PutStream(StreamId id, StreamKind kind, CommitBatch* batch) {
  const StreamRow row = {id, static_cast<uint8_t>(kind),
                         absl::StrCat("stream", id), "{}"};
  batch->PutRow(Family::kMeta, StreamKey(id), EncodeStreamRow(row));
  batch->PutRow(Family::kMeta, StreamNameKey(row.name), EncodeStreamId(id));
  batch->PutRow(Family::kMeta, StreamCountsKey(id), EncodeStreamCounts({}));
}

// GOP `number` of a camera with all its rows; one object seen in it.
void PutGop(ChunkStore* store, StreamId id, uint64_t number, int64_t start_ns,
            int64_t duration_ns, size_t bytes, CommitBatch* batch) {
  static const std::string table = Table();
  const uint64_t first_index = number * kFrames;
  const std::string key = GopKey(id, 0, first_index);
  GopRow row;
  row.start_ns = start_ns;
  row.duration_ns = duration_ns;
  row.frames = kFrames;
  row.size = bytes;
  row.chunk = batch->PutChunk(Noise(id << 40 | number, bytes), key);
  batch->PutRow(Family::kGop, key, EncodeGopRow(row));
  batch->PutRow(Family::kTime, TimeKey(id, start_ns, first_index),
                EncodeTimeRow());
  batch->PutRow(Family::kFtab, key, table);
  Observation seen;
  seen.stream = id;
  seen.label = number % 3 == 0 ? "car" : "person";
  seen.track = number;
  seen.start_ns = start_ns;
  seen.end_ns = start_ns + kSecond;
  seen.first_index = first_index;
  seen.last_index = first_index + 5;
  seen.boxes = {{first_index, start_ns, 0, 0, 800, 800, 200},
                {first_index + 5, seen.end_ns, 80, 80, 880, 880, 200}};
  Require(Observations(store).Put(seen, batch));
}

void PutBlock(StreamId id, uint64_t number, int64_t start_ns,
              CommitBatch* batch) {
  const std::vector<uint8_t> bytes = Noise(id << 40 | number, 200);
  BlockRow row;
  row.start_ns = start_ns;
  row.end_ns = start_ns + kSecond - 1;
  row.first_index = number * 100;
  row.samples = 100;
  row.chunk = ChunkId::Of(bytes);
  row.bytes.assign(bytes.begin(), bytes.end());
  batch->PutRow(Family::kBlock, BlockKey(id, number), EncodeBlockRow(row));
}

// --- the store ----------------------------------------------------------

struct Ground {
  testing::TempDir dir;
  std::atomic<int64_t> now_ns = kStart;
  std::unique_ptr<ChunkStore> store;

  Ground() {
    ChunkStoreOptions options;
    options.create = true;
    options.now_ns = [this] { return now_ns.load(); };
    store = Require(ChunkStore::Open(dir.File("store"), options));
  }
};

void Fill(const Settings& settings, Ground* ground) {
  CommitBatch streams;
  for (StreamId id = 1; id <= kStreams; ++id) {
    PutStream(id, id <= kCameras ? StreamKind::kCamera : StreamKind::kImu,
              &streams);
  }
  PutStream(kLive, StreamKind::kCamera, &streams);
  Require(ground->store->Commit(std::move(streams)).status());
  const int64_t step = kHour / settings.gops_per_hour;
  for (int hour = 0; hour < settings.days * 24; ++hour) {
    ground->now_ns = kStart + hour * kHour;
    CommitBatch batch;
    for (int i = 0; i < settings.gops_per_hour; ++i) {
      const auto number = static_cast<uint64_t>(hour) *
                              static_cast<uint64_t>(settings.gops_per_hour) +
                          static_cast<uint64_t>(i);
      const int64_t start_ns = ground->now_ns + i * step;
      for (StreamId id = 1; id <= kStreams; ++id) {
        if (id <= kCameras) {
          PutGop(ground->store.get(), id, number, start_ns, 2 * kSecond,
                 kGopBytes, &batch);
        } else {
          PutBlock(id, number, start_ns, &batch);
        }
      }
    }
    Require(ground->store->Commit(std::move(batch)).status());
  }
  ground->now_ns = kStart + settings.days * kDay;
}

int64_t CountRows(ChunkStore* store, Family family) {
  int64_t rows = 0;
  Require(store->Scan(family, "", StreamPrefix(kLive),
                      [&rows](std::string_view, std::string_view) {
                        ++rows;
                        return true;
                      }));
  return rows;
}

// --- a camera that comes in meanwhile -----------------------------------

class Ingest {
 public:
  explicit Ingest(Ground* ground)
      : ground_(ground), thread_([this] { Run(); }) {}
  ~Ingest() {
    stop_ = true;
    thread_.join();
  }

  // Milliseconds of all commits since the last call.
  std::vector<double> Take() {
    absl::MutexLock lock(&mutex_);
    return std::exchange(commits_ms_, {});
  }

 private:
  void Run() {
    for (uint64_t number = 0; !stop_; ++number) {
      CommitBatch batch;
      PutGop(ground_->store.get(), kLive, number,
             ground_->now_ns + static_cast<int64_t>(number), kSecond,
             kLiveGopBytes, &batch);
      const auto start = steady_clock::now();
      Require(ground_->store->Commit(std::move(batch)).status());
      const double ms = SecondsSince(start) * 1e3;
      {
        absl::MutexLock lock(&mutex_);
        commits_ms_.push_back(ms);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  Ground* const ground_;
  std::atomic<bool> stop_ = false;
  absl::Mutex mutex_;
  std::vector<double> commits_ms_;
  std::thread thread_;
};

double Percentile99(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[(values.size() - 1) * 99 / 100];
}

// --- expiring -----------------------------------------------------------

struct Expiry {
  double plan_s = 0;
  double all_s = 0;
  double cpu_s = 0;
  double rows_s = 0;
};

// The first row of a day, of the camera whose turn is last: by name.
std::string FirstGop(const Settings& settings, int day) {
  const int64_t number = int64_t{day} * 24 * settings.gops_per_hour;
  return GopKey(9, 0, static_cast<uint64_t>(number) * kFrames);
}

void WaitUntilGone(const std::string& gop_key, ChunkStore* store) {
  while (store->Get(Family::kGop, gop_key).ok()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

Expiry ExpireDay(const Settings& settings, int day, Ground* ground) {
  ground->now_ns = kStart + (settings.days + day + 1) * kDay;
  RetentionPolicy policy;
  policy.keep_ns = settings.days * kDay;
  Expiry expiry;
  RetentionOptions options;
  options.now_ns = ground->now_ns;
  auto start = steady_clock::now();
  Require(PlanRetention(ground->store.get(), policy, options));
  expiry.plan_s = SecondsSince(start);
  start = steady_clock::now();
  const double cpu_before = CpuSeconds();
  std::thread watch([&] {
    WaitUntilGone(FirstGop(settings, day), ground->store.get());
    expiry.rows_s = SecondsSince(start);
  });
  const RetentionReport report =
      Require(ApplyRetention(ground->store.get(), policy, options));
  expiry.all_s = SecondsSince(start);
  expiry.cpu_s = CpuSeconds() - cpu_before;
  watch.join();
  int64_t chunks = 0;
  for (const StreamExpiry& stream : report.streams) chunks += stream.chunks();
  Expect("rows expired", int64_t{kStreams} * 24 * settings.gops_per_hour,
         chunks);
  return expiry;
}

void CheckRows(const Settings& settings, ChunkStore* store) {
  const int64_t a_stream =
      int64_t{settings.days - settings.expire} * 24 * settings.gops_per_hour;
  for (const Family family :
       {Family::kGop, Family::kTime, Family::kFtab, Family::kSem}) {
    Expect(FamilyName(family), kCameras * a_stream, CountRows(store, family));
  }
  Expect("block", kSensors * a_stream, CountRows(store, Family::kBlock));
  const VerifyReport report = Require(store->Scrub({}));
  Expect("problems", 0, static_cast<int64_t>(report.problems.size()));
  Expect("leaked references", 0, report.leaked_references);
}

void Print(const char* what, std::vector<double> values, const char* note) {
  const double most = *std::max_element(values.begin(), values.end());
  std::printf("%-28s median %8.3f s   most %8.3f s  %s\n", what,
              Median(std::move(values)), most, note);
}

void PrintExpiries(const std::vector<Expiry>& expiries, int64_t day_rows) {
  std::vector<double> all, cpu, plan, rows, per_million;
  for (const Expiry& expiry : expiries) {
    all.push_back(expiry.all_s);
    cpu.push_back(expiry.cpu_s);
    plan.push_back(expiry.plan_s);
    rows.push_back(expiry.rows_s);
    per_million.push_back(1e6 * expiry.all_s / static_cast<double>(day_rows));
  }
  Print("expire a day", all,
        Median(all) < 1 ? "goal < 1: met" : "goal < 1: MISSED");
  Print("  of that on the processor", cpu, "");
  Print("  until its rows are gone", rows, "");
  Print("plan alone", plan, "");
  Print("per million rows expired", per_million, "");
}

void PrintLatency(const char* when, const std::vector<double>& ms,
                  double before) {
  std::printf("commits %-20s %6zu   p50 %7.2f ms   p99 %7.2f ms   %.2fx\n",
              when, ms.size(), Median(ms), Percentile99(ms),
              Percentile99(ms) / before);
}

void Bench(const Settings& settings) {
  Ground ground;
  const auto filling = steady_clock::now();
  Fill(settings, &ground);
  const int64_t a_day = int64_t{24} * settings.gops_per_hour;
  // gop, time, ftab, sem, loc and ref of a camera, block of a sensor.
  const int64_t day_rows = (6 * kCameras + kSensors) * a_day;
  std::printf(
      "%d streams, %d days, %lld GOPs or blocks a stream and day: %.2f million "
      "rows, %.0f thousand a day (made in %.0f s)\n",
      kStreams, settings.days, static_cast<long long>(a_day),
      static_cast<double>(day_rows * settings.days) / 1e6,
      static_cast<double>(day_rows) / 1e3, SecondsSince(filling));
  std::vector<double> before, during, after;
  std::vector<Expiry> expiries;
  {
    Ingest ingest(&ground);
    const auto idle = std::chrono::seconds(settings.idle_s);
    std::this_thread::sleep_for(idle);
    before = ingest.Take();
    for (int day = 0; day < settings.expire; ++day) {
      ingest.Take();
      expiries.push_back(ExpireDay(settings, day, &ground));
      for (const double ms : ingest.Take()) during.push_back(ms);
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
    ingest.Take();
    std::this_thread::sleep_for(idle);
    after = ingest.Take();
  }
  PrintExpiries(expiries, day_rows);
  const double p99 = Percentile99(before);
  PrintLatency("before", before, p99);
  PrintLatency("during", during, p99);
  PrintLatency("after", after, p99);
  CheckRows(settings, ground.store.get());
}

int Main(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    int* value = option == "--days"            ? &settings.days
                 : option == "--expire"        ? &settings.expire
                 : option == "--gops-per-hour" ? &settings.gops_per_hour
                                               : nullptr;
    if (option == "--quick") {
      settings = {.days = 6, .expire = 2, .gops_per_hour = 4, .idle_s = 1};
    } else if (value == nullptr || ++i >= argc ||
               !absl::SimpleAtoi(argv[i], value) || *value < 1) {
      std::fprintf(stderr,
                   "usage: %s [--quick] [--days N] [--expire N] "
                   "[--gops-per-hour N]\n",
                   argv[0]);
      return 2;
    }
  }
  Bench(settings);
  return failed ? 1 : 0;
}

}  // namespace
}  // namespace fovea::bench

int main(int argc, char** argv) { return fovea::bench::Main(argc, argv); }
