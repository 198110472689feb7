// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/model_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "api/model_check.h"
#include "tests/support/script_model.h"
#include "tests/support/small_model.h"
#include "tests/support/test_data.h"
#include "tests/support/window_model.h"

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

TEST_F(ModelFolderTest, ModelsOfSensorWindowsAreCheckedAndAdded) {
  testing::WriteWindowModel(own_, "har");
  const auto model = OpenModel(own_, models_, NetworkOptions());
  ASSERT_TRUE(model.ok()) << model.status();
  const auto check = CheckModel(model->get());
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_THAT(check->output_shapes, ElementsAre(ElementsAre(1, 2)));
  EXPECT_TRUE(check->differentiable);
  // The margin's gradient is a tone per channel, of 0.1 to 0.6, mean square
  // one half.
  EXPECT_NEAR(check->gradient_energy, 0.91 / 6 / 2, 1e-6);
  ASSERT_TRUE(Add().ok());
  EXPECT_THAT(*ListModels(models_), ElementsAre("har"));
}

class ProgramFolderTest : public ModelFolderTest {
 protected:
  ProgramFolderTest() {
    std::filesystem::remove_all(own_);
    testing::WriteScriptModel(own_, "watcher",
                              testing::AnsweringScript(testing::kOneBox));
  }

  absl::StatusOr<size_t> BoxesOf(const std::string& spec) {
    const auto files = ReadModel(spec, models_);
    if (!files.ok()) return files.status();
    auto model = OpenExternalModel(*files);
    if (!model.ok()) return model.status();
    return CheckExternalModel(model->get());
  }
};

TEST_F(ProgramFolderTest, IsCopiedWithItsProgramAndRuns) {
  const auto added = Add();
  ASSERT_TRUE(added.ok()) << added.status();
  EXPECT_EQ(added->digest, Digest());
  EXPECT_THAT(added->command, ElementsAre(models_ + "/watcher/detect.sh"));
  std::filesystem::remove_all(own_);
  const auto boxes = BoxesOf("watcher");
  ASSERT_TRUE(boxes.ok()) << boxes.status();
  EXPECT_EQ(*boxes, 1U);
  EXPECT_TRUE(RemoveModel("watcher", models_).ok());
  EXPECT_FALSE(std::filesystem::exists(models_ + "/watcher"));
}

TEST_F(ProgramFolderTest, ArgumentsBesideTheCardGoWithIt) {
  std::filesystem::create_directories(own_ + "/data");
  Write(own_ + "/data/box", "1,2,3,4,1,0\n");
  Write(own_ + "/detect.sh",
        "while read path; do cat \"$1\" \"$1\"; echo; done\n");
  Replace("model.yaml", "[./detect.sh]",
          "[/bin/sh, detect.sh, data/box, labels.txt, digest]");
  const auto added = Add();
  ASSERT_TRUE(added.ok()) << added.status();
  EXPECT_THAT(added->command,
              ElementsAre("/bin/sh", models_ + "/watcher/detect.sh",
                          models_ + "/watcher/data/box",
                          models_ + "/watcher/labels.txt", "digest"));
  std::filesystem::remove_all(own_);
  EXPECT_EQ(*BoxesOf("watcher"), 2U);
}

TEST_F(ProgramFolderTest, TheDigestCoversTheCommandAndItsFiles) {
  const ModelDigest before = Digest();
  Replace("model.yaml", "name: watcher", "name: renamed\ntimeout: 7");
  EXPECT_EQ(Digest(), before);
  const auto expect_other = [&](const std::string& file,
                                const std::string& from,
                                const std::string& to) {
    Replace(file, from, to);
    EXPECT_NE(Digest(), before) << to;
    Replace(file, to, from);
    EXPECT_EQ(Digest(), before) << from;
  };
  expect_other("detect.sh", "0.9", "0.8");
  expect_other("labels.txt", "wheel", "rotor");
  expect_other("model.yaml", "[./detect.sh]", "[./detect.sh, -v]");
  expect_other("model.yaml", "timeout: 7", "threshold: 0.7");
}

TEST_F(ProgramFolderTest, WhatIsNotInTheCopyIsMissedAtOnce) {
  Write(own_ + "/weights", "");
  Replace("detect.sh", "n=0", "[ -e \"${0%/*}/weights\" ] || exit; n=0");
  EXPECT_TRUE(BoxesOf(own_).ok());
  ExpectRefused("every file it needs must be a word of 'command'");
}

TEST_F(ProgramFolderTest, ProgramsThatDoNotAnswerAreRefused) {
  const std::string good = Text(own_ + "/detect.sh");
  for (const std::string& answer :
       {std::string("echo hello"), std::string("exit"),
        std::string("yes 1,2,3,4,1,0")}) {
    Write(own_ + "/detect.sh", testing::AnsweringScript(answer));
    ExpectRefused("model watcher: program ");
  }
  const std::string card = Text(own_ + "/model.yaml");
  Write(own_ + "/model.yaml", card + "timeout: 0.2\n");
  Write(own_ + "/detect.sh", testing::AnsweringScript("sleep 1000"));
  ExpectRefused("gave no answer in time");
  Write(own_ + "/model.yaml", card);
  Write(own_ + "/detect.sh", good);
  std::filesystem::permissions(own_ + "/detect.sh",
                               std::filesystem::perms::owner_read);
  ExpectRefused("may not be run; chmod +x it");
  std::filesystem::remove(own_ + "/detect.sh");
  ExpectRefused("is not there");
  Replace("model.yaml", "./detect.sh", "no-such-program");
  ExpectRefused("no-such-program: cannot be started");
}

TEST_F(ProgramFolderTest, ProgramsInThePathAreFound) {
  Replace("model.yaml", "[./detect.sh]",
          "[sh, -c, 'while read path; do echo; done']");
  const auto added = Add();
  ASSERT_TRUE(added.ok()) << added.status();
  EXPECT_EQ(added->command[0], "sh");
  EXPECT_EQ(*BoxesOf("watcher"), 0U);
}

TEST_F(ProgramFolderTest, AChangedProgramOfAnAddedModelIsNoticed) {
  ASSERT_TRUE(Add().ok());
  std::ofstream(models_ + "/watcher/detect.sh", std::ios::app) << "#\n";
  EXPECT_EQ(ReadModel("watcher", models_).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST_F(ProgramFolderTest, NetworksAndProgramsAreToldApart) {
  const absl::Status status =
      OpenModel(own_, models_, NetworkOptions()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("no gradients; use 'fovea ingest --model'"));
  EXPECT_THAT(std::string(AddModel({own_, own_ + "/x.onnx", "", ""}, models_)
                              .status()
                              .message()),
              HasSubstr("leave the network file out"));
  testing::WriteSmallModel(dir_.File("small"), "small");
  const auto network = ReadModel(dir_.File("small"), models_);
  ASSERT_TRUE(network.ok()) << network.status();
  EXPECT_EQ(OpenExternalModel(*network).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace fovea
