// SPDX-License-Identifier: GPL-2.0-or-later

#include "store/wire_format.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "store/limits.h"

namespace fovea {
namespace {

using ::testing::HasSubstr;

WireRequest FullRequest() {
  WireRequest request;
  request.call = WireCall::kScan;
  request.snapshot = 7;
  request.family = Family::kSem;
  request.key = std::string("k\0ey", 4);
  request.other = "other";
  request.chunk.bytes[3] = 9;
  request.offset = 11;
  request.length = 12;
  request.lease_ns = -13;
  return request;
}

WireReply FullReply() {
  WireReply reply;
  reply.progress = true;
  reply.status = absl::DataLossError("segment 1");
  reply.snapshot = 1;
  reply.sequence = 2;
  reply.pid = 3;
  reply.done = 4;
  reply.total = 5;
  reply.rows = {{"a", "b"}, {"c", ""}};
  reply.payload = "payload";
  return reply;
}

TEST(WireFormatTest, RequestsComeBackAsTheyWere) {
  EXPECT_EQ(*DecodeRequest(EncodeRequest(FullRequest())), FullRequest());
  EXPECT_EQ(*DecodeRequest(EncodeRequest({})), WireRequest());
}

TEST(WireFormatTest, RepliesComeBackAsTheyWere) {
  const std::string body = EncodeReply(FullReply());
  const auto reply = DecodeReply(body);
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(EncodeReply(*reply), body);
  EXPECT_EQ(reply->status, FullReply().status);
  EXPECT_EQ(reply->rows[0].value, "b");
  EXPECT_EQ(reply->payload, "payload");
  EXPECT_EQ(reply->total, 5u);
}

TEST(WireFormatTest, ShortAndLongMessagesAreRefused) {
  const std::string request = EncodeRequest(FullRequest());
  const std::string reply = EncodeReply(FullReply());
  for (size_t size = 0; size < request.size(); ++size) {
    EXPECT_FALSE(DecodeRequest(request.substr(0, size)).ok()) << size;
  }
  for (size_t size = 0; size < reply.size(); ++size) {
    EXPECT_FALSE(DecodeReply(reply.substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(DecodeRequest(request + "x").ok());
  EXPECT_FALSE(DecodeReply(reply + "x").ok());
}

TEST(WireFormatTest, AnotherVersionIsNamed) {
  std::string request = EncodeRequest({});
  std::string reply = EncodeReply({});
  request[0] = reply[0] = 2;
  for (const absl::Status& status :
       {DecodeRequest(request).status(), DecodeReply(reply).status()}) {
    EXPECT_TRUE(absl::IsFailedPrecondition(status));
    EXPECT_THAT(status.ToString(), HasSubstr("version 2"));
  }
}

TEST(WireFormatTest, BeyondALimitIsRefused) {
  WireRequest request;
  request.key.assign(kStoreLimits.key_bytes, 'k');
  EXPECT_TRUE(DecodeRequest(EncodeRequest(request)).ok());
  request.key += 'k';
  EXPECT_FALSE(DecodeRequest(EncodeRequest(request)).ok());
  WireReply reply;
  reply.rows.resize(kStoreLimits.scan_rows);
  EXPECT_TRUE(DecodeReply(EncodeReply(reply)).ok());
  reply.rows.emplace_back();
  EXPECT_FALSE(DecodeReply(EncodeReply(reply)).ok());
}

TEST(WireFormatTest, UnknownCallsFamiliesAndCodesAreRefused) {
  std::string request = EncodeRequest({});
  request[1] = 0;
  EXPECT_FALSE(DecodeRequest(request).ok());
  request[1] = kLastWireCall + 1;
  EXPECT_FALSE(DecodeRequest(request).ok());
  request[1] = 1;
  request[10] = kFamilyCount;
  EXPECT_FALSE(DecodeRequest(request).ok());
  std::string reply = EncodeReply({});
  reply[2] = 17;
  EXPECT_FALSE(DecodeReply(reply).ok());
}

TEST(WireFormatTest, ReportsComeBackAsTheyWere) {
  DiskUsage usage;
  usage.segment_bytes = 1;
  usage.chunks = 7;
  EXPECT_EQ(DecodeUsage(EncodeUsage(usage))->chunks, 7);
  BackupReport report;
  report.sequence = 3;
  report.files_removed = 8;
  EXPECT_EQ(DecodeBackupReport(EncodeBackupReport(report))->files_removed, 8);
  EXPECT_FALSE(DecodeUsage("short").ok());
}

}  // namespace
}  // namespace fovea
