// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reading through the process that writes: the same answers as in it, and
// no reader, however it behaves, in another's way.

#include <sys/stat.h>

#include <atomic>
#include <thread>

#include "gmock/gmock.h"
#include "store/internal/socket.h"
#include "store/limits.h"
#include "store/remote_store.h"
#include "store/store_server.h"
#include "store/wire_format.h"
#include "tests/store/store_fixture.h"

namespace fovea::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int64_t kMinute = 60'000'000'000;

class ServerTest : public ChunkStoreTest {
 protected:
  ~ServerTest() override { server_.reset(); }

  void Serve() {
    Open();
    Start();
  }

  void Start() {
    auto server = StoreServer::Start(store_.get(), Path());
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  void Stop() {
    server_.reset();
    store_.reset();
  }

  std::unique_ptr<ChunkStore> Connect() {
    auto remote = OpenRemoteStore(Path(), options_);
    EXPECT_TRUE(remote.ok()) << remote.status();
    return remote.ok() ? *std::move(remote) : nullptr;
  }

  std::unique_ptr<StoreServer> server_;
};

TEST_F(ServerTest, AnswersAsTheStoreDoes) {
  Serve();
  std::vector<Bytes> payloads;
  for (uint32_t i = 0; i < 20; ++i) {
    payloads.push_back(RandomBytes(300 * i, i));
    ASSERT_TRUE(Put(payloads.back(), "n" + std::to_string(i)).ok());
  }
  auto remote = Connect();
  EXPECT_EQ(DumpAll(*remote), DumpAll(*store_));
  for (const Bytes& payload : payloads) {
    EXPECT_EQ(*remote->ReadChunk(ChunkId::Of(payload)), payload);
  }
  EXPECT_EQ(remote->ReadChunkRange(ChunkId::Of(payloads[3]), 5, 10)->size(),
            10u);
  EXPECT_TRUE(absl::IsOutOfRange(
      remote->ReadChunkRange(ChunkId::Of(payloads[3]), 900, 1).status()));
  EXPECT_TRUE(absl::IsNotFound(
      remote->ReadChunk(ChunkId::Of(RandomBytes(9, 99))).status()));
  EXPECT_TRUE(absl::IsNotFound(remote->Get(Family::kFtab, "no").status()));
  EXPECT_EQ(remote->SeekBackward(Family::kFtab, "n5", "n")->key, "n5");
  EXPECT_EQ(remote->Usage()->chunks, store_->Usage()->chunks);
  EXPECT_EQ(remote->last_sequence(), store_->last_sequence());
  ASSERT_TRUE(PutMeta("later", "x").ok());
  EXPECT_EQ(*remote->Get(Family::kMeta, "later"), "x");
  EXPECT_EQ(remote->last_sequence(), store_->last_sequence());
}

TEST_F(ServerTest, WritingIsRefusedByNameOfTheWriter) {
  Serve();
  auto remote = Connect();
  for (const absl::Status& status :
       {remote->Commit(CommitBatch()).status(), remote->Prune().status(),
        remote->Scrub({}).status()}) {
    EXPECT_TRUE(absl::IsUnavailable(status));
    EXPECT_THAT(status.ToString(),
                HasSubstr("in use by pid " + std::to_string(getpid())));
    EXPECT_THAT(status.ToString(), HasSubstr("; wait for that process"));
  }
}

TEST_F(ServerTest, ScansOfManyRowsAreOfOneCommit) {
  Serve();
  const auto rows = static_cast<int>(kStoreLimits.scan_rows) * 2 + 10;
  CommitBatch batch;
  for (int i = 0; i < rows; ++i) {
    batch.PutRow(Family::kFtab, std::to_string(1'000'000 + i), "v");
  }
  batch.PutRow(Family::kFtab, "big", std::string(3 << 20, 'b'));
  ASSERT_TRUE(store_->Commit(std::move(batch)).ok());
  auto remote = Connect();
  int seen = 0;
  ASSERT_TRUE(remote
                  ->Scan(Family::kFtab, "", "",
                         [&](std::string_view, std::string_view) {
                           // None of these is in the snapshot.
                           if (++seen % 1000 == 0) {
                             EXPECT_TRUE(PutMeta("x", "y").ok());
                             CommitBatch more;
                             more.PutRow(Family::kFtab,
                                         "9" + std::to_string(seen), "v");
                             EXPECT_TRUE(store_->Commit(std::move(more)).ok());
                           }
                           return true;
                         })
                  .ok());
  EXPECT_EQ(seen, rows + 1);
  // One that is given up lets go of its snapshot; so does one run through.
  for (int i = 0; i < 20; ++i) {
    int first = 0;
    ASSERT_TRUE(remote
                    ->Scan(Family::kFtab, "", "",
                           [&](auto, auto) { return ++first < 3; })
                    .ok());
    EXPECT_EQ(first, 3);
  }
  const auto report = store_->Prune();
  ASSERT_TRUE(report.ok());
  EXPECT_THAT(report->readers, IsEmpty());
}

TEST_F(ServerTest, SnapshotsHoldAndEnd) {
  Serve();
  const Bytes payload = RandomBytes(500, 1);
  ASSERT_TRUE(Put(payload, "a").ok());
  auto remote = Connect();
  const Dump before = DumpAll(*store_);
  auto snapshot = remote->TakeSnapshot(kMinute);
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  const uint64_t sequence = store_->last_sequence();
  ASSERT_TRUE(Drop(payload, "a").ok());
  EXPECT_EQ(store_->Prune()->readers.size(), 1u);
  EXPECT_EQ(DumpAll(**snapshot), before);
  EXPECT_EQ(*(*snapshot)->ReadChunk(ChunkId::Of(payload)), payload);
  EXPECT_EQ((*snapshot)->last_sequence(), sequence);
  snapshot->reset();
  EXPECT_THAT(store_->Prune()->readers, IsEmpty());
  snapshot = remote->TakeSnapshot(kMinute);
  ASSERT_TRUE(snapshot.ok());
  now_ns_ += kMinute;
  EXPECT_THAT((*snapshot)->Get(Family::kFtab, "a").status().ToString(),
              HasSubstr("lease expired"));
  std::vector<std::unique_ptr<StoreReader>> many;
  absl::Status status;
  while (status.ok() && many.size() < 100) {
    auto one = remote->TakeSnapshot(kMinute);
    status = one.status();
    if (one.ok()) many.push_back(*std::move(one));
  }
  EXPECT_TRUE(absl::IsResourceExhausted(status));
}

TEST_F(ServerTest, ALostConnectionLosesItsSnapshots) {
  Serve();
  ASSERT_TRUE(Put(RandomBytes(500, 1), "a").ok());
  auto remote = Connect();
  auto snapshot = remote->TakeSnapshot(kMinute);
  ASSERT_TRUE(snapshot.ok());
  server_.reset();
  EXPECT_THAT(store_->Prune()->readers, IsEmpty());
  EXPECT_TRUE(
      absl::IsUnavailable((*snapshot)->Get(Family::kFtab, "a").status()));
}

TEST_F(ServerTest, WhenTheWriterEndsItsReadersGoOnOverTheFiles) {
  Serve();
  const Bytes payload = RandomBytes(500, 1);
  ASSERT_TRUE(Put(payload, "a").ok());
  auto remote = Connect();
  const Dump before = DumpAll(*remote);
  Stop();
  EXPECT_EQ(*remote->ReadChunk(ChunkId::Of(payload)), payload);
  EXPECT_EQ(*remote->Get(Family::kFtab, "a"), "row of a");
  EXPECT_EQ(remote->SeekBackward(Family::kFtab, "z", "")->key, "a");
  int rows = 0;
  EXPECT_TRUE(
      remote
          ->Scan(Family::kFtab, "", "", [&](auto, auto) { return ++rows > 0; })
          .ok());
  EXPECT_EQ(rows, 1);
}

TEST_F(ServerTest, AnotherWriterIsFoundAgain) {
  Serve();
  ASSERT_TRUE(PutMeta("k", "1").ok());
  auto remote = Connect();
  EXPECT_EQ(*remote->Get(Family::kMeta, "k"), "1");
  Stop();
  Serve();
  ASSERT_TRUE(PutMeta("k", "2").ok());
  EXPECT_EQ(*remote->Get(Family::kMeta, "k"), "2");
}

TEST_F(ServerTest, TheSocketIsThisUsersAlone) {
  Serve();
  struct stat info = {};
  ASSERT_EQ(stat((Path() + "/SOCKET").c_str(), &info), 0);
  EXPECT_TRUE(S_ISSOCK(info.st_mode));
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  Stop();
  EXPECT_FALSE(std::filesystem::exists(Path() + "/SOCKET"));
  EXPECT_TRUE(absl::IsNotFound(OpenRemoteStore(Path(), options_).status()));
}

TEST_F(ServerTest, ADeadWritersSocketIsReplaced) {
  Open();
  WriteFileText(Path() + "/SOCKET", "");  // what is there is nobody's
  EXPECT_TRUE(absl::IsNotFound(OpenRemoteStore(Path(), options_).status()));
  Start();
  EXPECT_NE(Connect(), nullptr);
}

TEST_F(ServerTest, PathsOfAnyLengthWillDo) {
  const std::string deep = folder_.File(std::string(200, 'd'));
  auto store = ChunkStore::Open(deep, options_);
  ASSERT_TRUE(store.ok()) << store.status();
  auto server = StoreServer::Start(store->get(), deep);
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_TRUE(OpenRemoteStore(deep, options_).ok());
}

TEST_F(ServerTest, SilentAndSenselessClientsAreInNobodysWay) {
  Serve();
  ASSERT_TRUE(Put(RandomBytes(500, 1), "a").ok());
  std::vector<Socket> silent;
  for (int i = 0; i < 10; ++i) {
    auto socket = ConnectTo(Path());
    ASSERT_TRUE(socket.ok()) << socket.status();
    silent.push_back(*std::move(socket));
  }
  // One drips, one claims much, one talks nonsense, one never takes answers.
  ASSERT_EQ(::write(silent[1].fd(), "\x10", 1), 1);
  ASSERT_EQ(::write(silent[2].fd(), "\xff\xff\xff\xff", 4), 4);
  ASSERT_TRUE(SendMessage(silent[3], "nonsense", 1000).ok());
  WireRequest scan;
  scan.call = WireCall::kScan;
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(SendMessage(silent[4], EncodeRequest(scan), 1000).ok());
  }
  auto remote = Connect();
  EXPECT_EQ(*remote->Get(Family::kFtab, "a"), "row of a");
  for (const int bad : {2, 3}) {
    const auto body = ReceiveMessage(silent[static_cast<size_t>(bad)],
                                     kStoreLimits.reply_bytes, 10'000, 10'000);
    ASSERT_TRUE(body.ok()) << body.status();
    EXPECT_FALSE(DecodeReply(*body)->status.ok());
    EXPECT_FALSE(ReceiveMessage(silent[static_cast<size_t>(bad)],
                                kStoreLimits.reply_bytes, 10'000, 10'000)
                     .ok());  // closed
  }
}

TEST_F(ServerTest, TooManyReadersAreToldSo) {
  Serve();
  std::vector<std::unique_ptr<ChunkStore>> readers;
  absl::Status status;
  while (status.ok() && readers.size() <= kStoreLimits.connections) {
    auto one = OpenRemoteStore(Path(), options_);
    status = one.status();
    if (one.ok()) readers.push_back(*std::move(one));
  }
  EXPECT_EQ(readers.size(), kStoreLimits.connections);
  for (int i = 0; i < 500; ++i) {
    status = OpenRemoteStore(Path(), options_).status();
    ASSERT_TRUE(absl::IsResourceExhausted(status)) << i << ": " << status;
  }
  readers.clear();
  // Places are free again once their threads have seen it.
  do {
    status = OpenRemoteStore(Path(), options_).status();
  } while (absl::IsResourceExhausted(status));
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(ServerTest, EightReadersWhileOneWritesAndPrunes) {
  options_.segment_bytes = 20'000;
  Serve();
  ASSERT_TRUE(Put(RandomBytes(500, 0), "n0").ok());
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0;
  std::atomic<int> reads = 0;
  std::vector<std::thread> readers;
  for (int r = 0; r < 8; ++r) {
    readers.emplace_back([&] {
      auto remote = OpenRemoteStore(Path(), options_);
      if (!remote.ok()) ++wrong;
      while (remote.ok() && !done) {
        if (!(*remote)->ReadChunk(ChunkId::Of(RandomBytes(500, 0))).ok()) {
          ++wrong;
        }
        if (!(*remote)
                 ->Scan(Family::kFtab, "", "", [](auto, auto) { return true; })
                 .ok()) {
          ++wrong;
        }
        ++reads;
      }
    });
  }
  for (uint32_t i = 1; i < 40; ++i) {
    const std::string owner = "n" + std::to_string(i);
    if (!Put(RandomBytes(500, i), owner).ok()) ++wrong;
    if (i % 2 == 0 && !Drop(RandomBytes(500, i), owner).ok()) ++wrong;
    if (i % 10 == 0 && !store_->Prune().ok()) ++wrong;
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(reads, 0);
}

}  // namespace
}  // namespace fovea::testing
