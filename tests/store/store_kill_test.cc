// SPDX-License-Identifier: GPL-2.0-or-later
//
// SIGKILL at random instants of commits, flushes, prunes, rebuilds and
// recoveries. This process knows what was acknowledged to the other one and
// holds the store to it. tests/system/kill_test.cc does the same to ingests.
//
// FOVEA_KILL_CYCLES and FOVEA_KILL_SEED override cycles and seed;
// tests/campaigns/kill.sh runs the long form.

#include <signal.h>

#include <chrono>
#include <thread>

#include "tests/store/store_fixture.h"
#include "tests/support/campaign.h"
#include "tests/support/process.h"
#include "tests/support/store_workload.h"

namespace fovea::testing {
namespace {

constexpr uint64_t kCommitsPerStore = 300;

class StoreKillTest : public ChunkStoreTest {
 protected:
  StoreKillTest() : seed_(CampaignNumber("FOVEA_KILL_SEED", 1)) {}

  // Lets a process work until it has said `lines`, and `life` longer.
  void WorkAndKill(uint32_t dice, uint32_t lines,
                   std::chrono::microseconds life) {
    Process driver({FOVEA_STORE_DRIVER, Path(), std::to_string(store_seed_),
                    std::to_string(dice)},
                   {});
    std::string line;
    while (lines > 0 && driver.ReadLine(&line)) {
      Note(line);
      --lines;
    }
    std::this_thread::sleep_for(life);
    driver.Signal(SIGKILL);
    while (driver.ReadLine(&line)) Note(line);
    const ProcessResult end = driver.Finish();
    EXPECT_EQ(end.signal, SIGKILL) << end.err;
    ++most_;  // one that nobody told us of
  }

  void Note(const std::string& line) {
    const uint64_t commits = std::stoull(line.substr(line.rfind(' ')));
    EXPECT_GE(commits, acknowledged_) << line;
    EXPECT_LE(commits, line.starts_with("found") ? most_ : commits) << line;
    if (line.starts_with("ack")) ++acknowledgements_;
    acknowledged_ = most_ = commits;
  }

  void Check(bool rebuild) {
    options_ = StoreRun::SmallOptions(store_seed_);
    options_.create = true;  // it may have died before it made any
    Open();
    ASSERT_NE(store_, nullptr);
    const StoreWorkload workload(store_seed_);
    EXPECT_EQ(FaultOf(*store_, workload, acknowledged_, most_), "");
    acknowledged_ = most_ = *StoreWorkload::CommitsIn(*store_);
    if (rebuild) ExpectRebuildEqual();
    store_.reset();
  }

  void StartAfresh(uint32_t seed) {
    std::filesystem::remove_all(Path());
    store_seed_ = seed;
    acknowledged_ = most_ = 0;
  }

  const uint32_t seed_;
  uint32_t store_seed_ = 0;
  uint64_t acknowledged_ = 0;  // commits the store has to hold
  uint64_t most_ = 0;          // and may hold
  int64_t acknowledgements_ = 0;
};

TEST_F(StoreKillTest, NothingAcknowledgedIsLost) {
  const uint32_t cycles = CampaignNumber("FOVEA_KILL_CYCLES", 50);
  std::printf("%u cycles, seed %u\n", cycles, seed_);
  std::mt19937 chance(seed_);
  int opened = 0;
  StartAfresh(static_cast<uint32_t>(chance()));
  for (uint32_t cycle = 0; cycle < cycles && !HasFailure(); ++cycle) {
    SCOPED_TRACE("cycle " + std::to_string(cycle));
    // Half of them early: while the store is made or recovers.
    const bool early = chance() % 2 == 0;
    const auto lines = static_cast<uint32_t>(early ? 0 : 1 + chance() % 60);
    WorkAndKill(cycle, lines,
                std::chrono::microseconds(chance() % (early ? 50'000 : 5'000)));
    // Else the next process recovers, and may be killed while it does.
    if (chance() % 2 == 0 || cycle + 1 == cycles) {
      Check(/*rebuild=*/opened % 5 == 0);
      ++opened;
    }
    if (acknowledged_ > kCommitsPerStore) {
      StartAfresh(static_cast<uint32_t>(chance()));
    }
  }
  std::printf("%lld acknowledgements held, %d stores looked through\n",
              static_cast<long long>(acknowledgements_), opened);
  EXPECT_GT(acknowledgements_, 0);
}

}  // namespace
}  // namespace fovea::testing
