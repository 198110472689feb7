// SPDX-License-Identifier: GPL-2.0-or-later

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/support/ffmpeg_tool.h"
#include "tests/torch/network_fixture.h"

namespace fovea {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::Is;
using ::testing::Not;
using testing::ReadFileBytes;
using testing::RunTool;
using ::testing::StartsWith;
using testing::WriteFileBytes;

class ScriptNetworkTest : public ::testing::Test {
 protected:
  // A file with a module of these methods.
  std::string Save(const std::string& methods) {
    const std::string path = folder_.File("network.pt");
    RunTool(FOVEA_MAKE_TORCHSCRIPT " '" + path + "' '" + methods + "'");
    return path;
  }

  testing::TempDir folder_;
};

const Tensor kInput{{2, 3}, {1, 2, 3, 4, 5, 6}};

TEST_F(ScriptNetworkTest, AnswersAndDifferentiates) {
  auto network = OpenNetwork(
      Save("def forward(self, x):\n    return x * x * self.scale\n"), {});
  ASSERT_TRUE(network.ok()) << network.status();
  EXPECT_EQ((*network)->info().format, "TorchScript");
  EXPECT_TRUE((*network)->info().input_shape.empty());
  const Tensor ones{{2, 3}, std::vector<float>(6, 1)};
  for (int run = 0; run < 3; ++run) {
    const auto answer = (*network)->Forward(kInput);
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_THAT(*answer,
                ElementsAre(Is(Tensor{{2, 3}, {1, 8, 27, 16, 50, 108}})));
    const Tensor expected{{2, 3}, {2, 8, 18, 8, 20, 36}};
    for (int call = 0; call < 2; ++call) {
      const auto gradient = (*network)->InputGradient({&ones, 1});
      ASSERT_TRUE(gradient.ok()) << gradient.status();
      EXPECT_THAT(*gradient, Is(expected));
    }
  }
}

TEST_F(ScriptNetworkTest, TakesTuplesListsAndDictionariesApart) {
  auto network = OpenNetwork(
      Save("def forward(self, x):\n"
           "    return (x, [x + 1, torch.gt(x, 1.8)], {\"out\": x.sum()})\n"),
      {});
  ASSERT_TRUE(network.ok()) << network.status();
  const auto answer = (*network)->Forward({{2}, {1.5F, 2}});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(
      *answer,
      ElementsAre(Is(Tensor{{2}, {1.5F, 2}}), Is(Tensor{{2}, {2.5F, 3}}),
                  Is(Tensor{{2}, {0, 1}}), Is(Tensor{{}, {3.5F}})));
  const auto gradient = (*network)->InputGradient(*answer);
  ASSERT_TRUE(gradient.ok()) << gradient.status();
  EXPECT_THAT(*gradient, Is(Tensor{{2}, {7.5F, 8.5F}}));
}

TEST_F(ScriptNetworkTest, ThrowingAtRunTimeIsAStatus) {
  auto network =
      OpenNetwork(Save("def forward(self, x):\n"
                       "    assert int(x.size(0)) == 1, \"one row only\"\n"
                       "    return x\n"),
                  {});
  ASSERT_TRUE(network.ok()) << network.status();
  EXPECT_TRUE((*network)->Forward({{1, 2}, {1, 2}}).ok());
  const auto status = (*network)->Forward(kInput).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("network.pt: "), HasSubstr("one row only"),
                    Not(HasSubstr("\n"))));
  EXPECT_EQ((*network)->InputGradient({&kInput, 1}).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(ScriptNetworkTest, WrongShapesAreAStatus) {
  auto network = OpenNetwork(
      Save("def forward(self, x):\n    return x * self.scale\n"), {});
  ASSERT_TRUE(network.ok()) << network.status();
  const auto status = (*network)->Forward({{1, 2}, {1, 2}}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), EndsWith("; input [1, 2]"));
}

TEST_F(ScriptNetworkTest, MemoryIsLimited) {
  auto network =
      OpenNetwork(Save("def forward(self, x):\n"
                       "    return torch.zeros([1 << 20, 1 << 20]) + x\n"),
                  {});
  ASSERT_TRUE(network.ok()) << network.status();
  EXPECT_EQ((*network)->Forward({{1}, {1}}).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST_F(ScriptNetworkTest, OnlyTensorsGoInAndOut) {
  const auto two =
      OpenNetwork(Save("def forward(self, x, y):\n    return x + y\n"), {});
  EXPECT_EQ(two.status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(two.status().message()),
              HasSubstr("forward() needs 2 inputs"));
  const auto none =
      OpenNetwork(Save("def other(self, x):\n    return x\n"), {});
  EXPECT_EQ(none.status().code(), absl::StatusCode::kUnimplemented);
  auto text =
      OpenNetwork(Save("def forward(self, x):\n    return \"answer\"\n"), {});
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_THAT(std::string((*text)->Forward(kInput).status().message()),
              HasSubstr("returns a String"));
}

TEST_F(ScriptNetworkTest, DamagedFilesAreRefused) {
  const std::string path =
      Save("def forward(self, x):\n    return x * self.scale\n");
  const auto bytes = ReadFileBytes(path);
  for (size_t size = 0; size < bytes.size(); size += 61) {
    const auto cut = bytes.begin() + static_cast<int64_t>(size);
    WriteFileBytes(path, {bytes.begin(), cut});
    const auto network = OpenNetwork(path, {});
    EXPECT_EQ(network.status().code(), absl::StatusCode::kDataLoss) << size;
    EXPECT_THAT(std::string(network.status().message()),
                AllOf(StartsWith(path), Not(HasSubstr("\n"))));
  }
}

}  // namespace
}  // namespace fovea
