// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every call to the disk fails in turn, once and for ever, in a scenario that
// covers creation, commits over several segments, tables, prune, recovery,
// verification and a rebuild. The failure surfaces, nothing that was not
// written is acknowledged, and with the disk whole again the store opens and
// goes on, be it after a power cut.
//
// FOVEA_FAILING_CALLS_STEP overrides that one call in ten is tried;
// tests/campaigns/failing_calls.sh tries all, in all ways.

#include <rocksdb/env.h>

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/support/campaign.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/memory_file_system.h"
#include "tests/support/store_workload.h"

namespace fovea::testing {
namespace {

constexpr char kPath[] = "/store";
constexpr uint32_t kSeed = 1;
// RocksDB sleeps for a second after each failure; others work meanwhile.
constexpr int kThreads = 24;

ChunkStoreOptions OptionsOn(FileSystem* disk) {
  ChunkStoreOptions options;
  options.segment_bytes = 40'000;
  options.catalogue_buffer_bytes = 64 << 10;
  options.file_system = disk;
  options.create = true;
  return options;
}

struct Failure {
  uint32_t call = 0;  // 1: the first
  absl::Status status;
  bool for_ever = false;
};

// One run of the scenario on a disk that fails.
class FailingRun {
 public:
  explicit FailingRun(const Failure& failure) : failure_(failure) {
    disk_.OnFailure([this](const FaultFileSystem::Call& call) {
      if (call_.kind.empty()) {
        call_ = call;
        while_closing_ = run_.closing();
      }
      if (call.kind == "sync") memory_.DropUnsynced(call.path);
    });
  }

  void Play() {
    disk_.FailCall("", static_cast<int>(failure_.call), failure_.status,
                   failure_.for_ever);
    const absl::Status status = run_.ReferenceScenario();
    surfaced_ = !status.ok();
    // What is acknowledged after a failure counts like any other.
    for (int i = 0; surfaced_ && run_.is_open() && i < 2; ++i) {
      run_.Commit().IgnoreError();
    }
    run_.Close();
    reached_ = disk_.failed();
    disk_.Heal();
  }

  // Whether the scenario got as far as the call that fails, and whether it
  // was told.
  bool reached() const { return reached_; }
  bool surfaced() const { return surfaced_; }
  // "append /store/segments/1", of the call that failed first.
  std::string CallText() const {
    return absl::StrCat(call_.kind, " ", call_.path,
                        while_closing_ ? " while closing" : "");
  }

  // What is wrong with what is left, as it is and after a power cut.
  std::string Fault() const {
    for (const Unsynced unsynced :
         {Unsynced::kKept, Unsynced::kLost, Unsynced::kRandom}) {
      const auto left = memory_.AfterPowerCut(unsynced, failure_.call);
      const std::string fault = FaultOn(left.get());
      if (!fault.empty()) return fault;
    }
    return "";
  }

 private:
  std::string FaultOn(FileSystem* disk) const {
    auto store = ChunkStore::Open(kPath, OptionsOn(disk));
    if (!store.ok()) return store.status().ToString();
    const StoreWorkload workload(kSeed);
    return FaultOf(**store, workload, run_.acknowledged(), run_.begun());
  }

  const Failure failure_;
  MemoryFileSystem memory_;
  FaultFileSystem disk_{&memory_};
  StoreRun run_{kPath, OptionsOn(&disk_), kSeed, 0};
  FaultFileSystem::Call call_;
  bool while_closing_ = false;
  bool reached_ = false;
  bool surfaced_ = false;
};

class FailingCallsTest : public ::testing::Test {
 protected:
  static uint32_t CallsOfTheScenario() {
    MemoryFileSystem memory;
    FaultFileSystem disk(&memory);
    StoreRun run(kPath, OptionsOn(&disk), kSeed, 0);
    EXPECT_TRUE(run.ReferenceScenario().ok());
    run.Close();
    return static_cast<uint32_t>(disk.Calls().size());
  }

  void PlayAll(const std::vector<Failure>& failures) {
    // All catalogues of a process share RocksDB's threads.
    for (const auto kind : {rocksdb::Env::HIGH, rocksdb::Env::LOW}) {
      rocksdb::Env::Default()->SetBackgroundThreads(kThreads, kind);
    }
    std::atomic<size_t> next = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        for (size_t at = next++; at < failures.size(); at = next++) {
          Play(failures[at]);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

  void Play(const Failure& failure) {
    FailingRun run(failure);
    run.Play();
    const std::string fault = run.Fault();
    absl::MutexLock lock(&mutex_);
    if (!run.reached()) return;  // RocksDB made fewer calls this time
    ++played_;
    if (!run.surfaced()) {
      silent_.push_back(
          absl::StrCat("call ", failure.call, ": ", run.CallText()));
    }
    EXPECT_EQ(fault, "") << "call " << failure.call << ", " << run.CallText()
                         << (failure.for_ever ? ", for ever: " : ", once: ")
                         << failure.status;
  }

  absl::Mutex mutex_;
  int played_ = 0;
  std::vector<std::string> silent_;
};

TEST_F(FailingCallsTest, NothingIsAcknowledgedThatWasNotWritten) {
  const uint32_t step = CampaignNumber("FOVEA_FAILING_CALLS_STEP", 10);
  const uint32_t calls = CallsOfTheScenario();
  const Failure ways[] = {{0, absl::InternalError("EIO"), false},
                          {0, absl::InternalError("EIO"), true},
                          {0, absl::ResourceExhaustedError("full"), false},
                          {0, absl::ResourceExhaustedError("full"), true}};
  std::vector<Failure> failures;
  for (uint32_t call = 1; call <= calls; call += step) {
    for (uint32_t way = 0; way < std::size(ways); ++way) {
      // The short form tries one way per call.
      if (step > 1 && call / step % std::size(ways) != way) continue;
      failures.push_back(ways[way]);
      failures.back().call = call;
    }
  }
  PlayAll(failures);
  std::printf("%u calls, every %uth: %d failures, %zu silent\n", calls, step,
              played_, silent_.size());
  EXPECT_GT(played_, 0);
  // Whatever RocksDB's threads compact they may try again or leave, and they
  // ask for free space before they try; that a closing store adds an empty
  // commit nobody waits for. A store works without its ballast, too.
  for (const std::string& call : silent_) {
    EXPECT_THAT(call, ::testing::AnyOf(::testing::HasSubstr("/catalogue"),
                                       ::testing::HasSubstr("/BALLAST"),
                                       ::testing::EndsWith(" while closing"),
                                       ::testing::HasSubstr(": free ")))
        << "went unnoticed";
  }
}

}  // namespace
}  // namespace fovea::testing
