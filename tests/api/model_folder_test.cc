// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/model_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/small_model.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ModelFolderTest : public ::testing::Test {
 protected:
  ModelFolderTest() : models_(dir_.File("models")), own_(dir_.File("own")) {
    testing::WriteSmallModel(own_, "small");
  }

  absl::StatusOr<ModelFiles> Add(const std::string& name = "") {
    return AddModel({own_, "", "", name}, models_);
  }

  std::string Text(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void Write(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
  }
  void Replace(const std::string& file, const std::string& from,
               const std::string& to) {
    std::string text = Text(own_ + "/" + file);
    ASSERT_THAT(text, HasSubstr(from));
    text.replace(text.find(from), from.size(), to);
    Write(own_ + "/" + file, text);
  }

  ModelDigest Digest() {
    const auto files = ReadModel(own_, models_);
    EXPECT_TRUE(files.ok()) << files.status();
    return files.ok() ? files->digest : ModelDigest();
  }

  // That adding is refused for `text`, and leaves nothing behind.
  void ExpectRefused(const std::string& text) {
    const absl::Status status = Add().status();
    EXPECT_THAT(std::string(status.message()), HasSubstr(text));
    EXPECT_FALSE(std::filesystem::exists(models_) &&
                 !std::filesystem::is_empty(models_))
        << status;
  }

  testing::TempDir dir_;
  const std::string models_;
  const std::string own_;
};

TEST_F(ModelFolderTest, AnAddedModelIsFoundByItsName) {
  const auto added = Add();
  ASSERT_TRUE(added.ok()) << added.status();
  EXPECT_EQ(added->digest, Digest());
  EXPECT_THAT(*ListModels(models_), ElementsAre("small"));
  const auto model = OpenModel("small", models_, NetworkOptions());
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ((*model)->id(), (ModelId{"small", added->digest}));
  EXPECT_THAT((*model)->labels(), ElementsAre("cat", "dog", "horse", "fish"));
  EXPECT_TRUE(RemoveModel("small", models_).ok());
  EXPECT_THAT(*ListModels(models_), IsEmpty());
}

TEST_F(ModelFolderTest, FilesMayComeFromElsewhere) {
  std::filesystem::rename(own_ + "/network.onnx", dir_.File("a.onnx"));
  std::filesystem::rename(own_ + "/labels.txt", dir_.File("b.txt"));
  const auto added = AddModel(
      {own_ + "/model.yaml", dir_.File("a.onnx"), dir_.File("b.txt"), "other"},
      models_);
  ASSERT_TRUE(added.ok()) << added.status();
  EXPECT_TRUE(OpenModel("other", models_, NetworkOptions()).ok());
}

TEST_F(ModelFolderTest, TheDigestCoversAllThatChangesAnAnswer) {
  const ModelDigest before = Digest();
  Replace("model.yaml", "name: small", "name: renamed");
  EXPECT_EQ(Digest(), before);
  Replace("model.yaml", "deviation: 64", "deviation: 65");
  EXPECT_NE(Digest(), before);
  Replace("model.yaml", "deviation: 65", "deviation: 64.0");
  EXPECT_EQ(Digest(), before);
  Replace("labels.txt", "dog", "hen");
  EXPECT_NE(Digest(), before);
  Replace("labels.txt", "hen", "dog");
  Replace("network.onnx", "edges", "edgez");
  EXPECT_NE(Digest(), before);
}

TEST_F(ModelFolderTest, AChangedFileOfAnAddedModelIsNoticed) {
  ASSERT_TRUE(Add().ok());
  std::ofstream(models_ + "/small/labels.txt", std::ios::app) << "crab\n";
  const absl::Status status = ReadModel("small", models_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("add it again"));
}

TEST_F(ModelFolderTest, ANameIsTakenOnce) {
  ASSERT_TRUE(Add().ok());
  EXPECT_EQ(Add().status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(Add("another").ok());
  EXPECT_THAT(*ListModels(models_), ElementsAre("another", "small"));
}

TEST_F(ModelFolderTest, LabelsOfAnotherLengthAreRefused) {
  Write(own_ + "/labels.txt", "cat\ndog\n");
  ExpectRefused("2");
}

TEST_F(ModelFolderTest, AnOutputThatDoesNotFitTheDecoderIsRefused) {
  Replace("model.yaml", "classifier", "yolox");
  ExpectRefused("yolox");
}

TEST_F(ModelFolderTest, DamagedNetworksAreRefused) {
  const std::string whole = Text(own_ + "/network.onnx");
  for (const double share : {0.0, 0.3, 0.7, 0.98}) {
    Write(own_ + "/network.onnx",
          whole.substr(0, static_cast<size_t>(
                              share * static_cast<double>(whole.size()))));
    ExpectRefused("network.onnx");
  }
}

TEST_F(ModelFolderTest, MissingFilesAreNamed) {
  std::filesystem::remove(own_ + "/labels.txt");
  ExpectRefused("labels.txt");
  EXPECT_THAT(std::string(ReadModel("smal", models_).status().message()),
              HasSubstr("model.yaml"));
}

TEST_F(ModelFolderTest, TheNearestNameIsOffered) {
  ASSERT_TRUE(Add().ok());
  EXPECT_THAT(std::string(ReadModel("smal", models_).status().message()),
              HasSubstr("did you mean small?"));
  EXPECT_EQ(RemoveModel("smal", models_).code(), absl::StatusCode::kNotFound);
}

TEST_F(ModelFolderTest, CheckTellsShapesAndGradient) {
  const auto model = OpenModel(own_, models_, NetworkOptions());
  ASSERT_TRUE(model.ok()) << model.status();
  const auto check = CheckModel(model->get());
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_THAT(check->output_shapes, ElementsAre(ElementsAre(1, 4)));
  EXPECT_TRUE(check->differentiable);
}

}  // namespace
}  // namespace fovea
