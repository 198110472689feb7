// SPDX-License-Identifier: GPL-2.0-or-later
//
// What tests of the MCAP writer share: a file to write, and its messages by
// Google's library from the descriptors inside it.

#ifndef FOVEA_TESTS_FORMATS_MCAP_FIXTURE_H_
#define FOVEA_TESTS_FORMATS_MCAP_FIXTURE_H_

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "codec/formats/mcap_writer.h"
#include "tests/support/mcap_reader.h"
#include "tests/support/test_data.h"

namespace fovea::testing {

// The messages of one schema, through the descriptors written with it.
class ProtobufSchema {
 public:
  explicit ProtobufSchema(const ReadSchema& schema) {
    EXPECT_EQ(schema.encoding, "protobuf");
    google::protobuf::FileDescriptorSet set;
    EXPECT_TRUE(set.ParseFromString(schema.data));
    for (const auto& file : set.file()) {
      EXPECT_NE(pool_.BuildFile(file), nullptr) << file.name();
    }
    const auto* type = pool_.FindMessageTypeByName(schema.name);
    EXPECT_NE(type, nullptr) << schema.name;
    message_.reset(factory_.GetPrototype(type)->New());
  }

  google::protobuf::Message& Parse(const std::string& data) {
    EXPECT_TRUE(message_->ParseFromString(data));
    const auto& unknown =
        message_->GetReflection()->GetUnknownFields(*message_);
    EXPECT_TRUE(unknown.empty());
    return *message_;
  }
  std::string Json(const std::string& data) {
    std::string json;
    google::protobuf::util::JsonPrintOptions options;
    options.preserve_proto_field_names = true;
    EXPECT_TRUE(MessageToJsonString(Parse(data), &json, options).ok());
    return json;
  }
  std::string Text(const std::string& data, const std::string& field) {
    const auto& message = Parse(data);
    return message.GetReflection()->GetString(
        message, message.GetDescriptor()->FindFieldByName(field));
  }

 private:
  google::protobuf::DescriptorPool pool_;
  google::protobuf::DynamicMessageFactory factory_{&pool_};
  std::unique_ptr<google::protobuf::Message> message_;
};

class McapWriterTest : public ::testing::Test {
 protected:
  McapWriter& Open(const std::string& name = "a.mcap") {
    auto writer = McapWriter::Create(dir_.File(name), options_);
    EXPECT_TRUE(writer.ok()) << writer.status();
    writer_ = *std::move(writer);
    return *writer_;
  }
  ReadMcapFile Close(const std::string& name = "a.mcap") {
    const absl::Status closed = writer_->Close();
    EXPECT_TRUE(closed.ok()) << closed;
    return ReadMcap(ReadFileBytes(dir_.File(name)));
  }
  static void ExpectFault(
      const absl::Status& status, const std::string& what,
      absl::StatusCode code = absl::StatusCode::kInvalidArgument) {
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr(what));
  }
  McapChannel AddSeries(const std::string& topic,
                        SeriesInfo info = {{{"v", ""}}}) {
    const auto channel = writer_->AddSeriesChannel(topic, info);
    EXPECT_TRUE(channel.ok()) << channel.status();
    return *channel;
  }
  static std::vector<std::string> DataOf(
      const std::vector<ReadMessage>& messages) {
    std::vector<std::string> data;
    for (const ReadMessage& message : messages) data.push_back(message.data);
    return data;
  }

  TempDir dir_;
  McapOptions options_;
  std::unique_ptr<McapWriter> writer_;
};

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_FORMATS_MCAP_FIXTURE_H_
