// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/internal/plugin.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "sensitivity/network.h"
#include "tests/support/build_paths.h"
#include "tests/support/ffmpeg_tool.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using internal::LoadPlugin;
using internal::NetworkPluginPlaces;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::RunTool;
using ::testing::StartsWith;
using testing::TempDir;
using testing::WriteFileText;

class PluginTest : public ::testing::Test {
 protected:
  ~PluginTest() override { unsetenv("FOVEA_PLUGINS"); }

  // A library of these C functions, made by the compiler of this build.
  std::string Library(const std::string& source) {
    const std::string path = folder_.File(kNetworkPluginFile);
    WriteFileText(folder_.File("plugin.c"), source);
    RunTool(testing::Compiler() + " -shared -fPIC -x c++ -o " + path + " " +
            folder_.File("plugin.c"));
    return path;
  }

  TempDir folder_;
};

std::string MessageOf(const absl::Status& status) {
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  return std::string(status.message());
}

TEST_F(PluginTest, AMissingOneIsNamedWithItsRemedy) {
  setenv("FOVEA_PLUGINS", folder_.path().c_str(), 1);
  const auto network = OpenNetwork("any.onnx", {});
  EXPECT_THAT(MessageOf(network.status()),
              AllOf(StartsWith("the network runtime libfovea_torch.so is "
                               "missing; looked for " +
                               folder_.File("libfovea_torch.so")),
                    HasSubstr("libtorch-dev"), HasSubstr("-DFOVEA_TORCH=ON"),
                    Not(HasSubstr("\n"))));
}

TEST_F(PluginTest, IsLookedForAroundTheProgram) {
  EXPECT_THAT(
      NetworkPluginPlaces(),
      ElementsAre(EndsWith("/tests/libfovea_torch.so"),
                  EndsWith("/cli/libfovea_torch.so"),
                  EndsWith("/cli/libfovea_torch.so"),
                  EndsWith("/lib/libfovea_torch.so"), "libfovea_torch.so"));
  setenv("FOVEA_PLUGINS", "/some/where", 1);
  EXPECT_THAT(NetworkPluginPlaces(),
              ElementsAre("/some/where/libfovea_torch.so"));
}

TEST_F(PluginTest, OneThatCannotBeLoadedSaysWhy) {
  const std::string path = folder_.File(kNetworkPluginFile);
  WriteFileText(path, "no library");
  EXPECT_THAT(
      MessageOf(LoadPlugin({"/none/x.so", path}).status()),
      AllOf(HasSubstr(path + " cannot be loaded: "), Not(HasSubstr("\n"))));
}

TEST_F(PluginTest, OneOfAnotherVersionIsRefused) {
  const std::string functions =
      "extern \"C\" const char* fovea_network_plugin_version() {"
      " return \"fovea-network-0\"; }"
      "extern \"C\" void fovea_open_network() {}";
  const std::string path = Library(functions);
  EXPECT_THAT(MessageOf(LoadPlugin({path}).status()),
              AllOf(HasSubstr(path + " is of version fovea-network-0"),
                    HasSubstr(kNetworkPluginVersion)));
}

TEST_F(PluginTest, AForeignLibraryIsRefused) {
  const std::string path = Library("int something_else;");
  EXPECT_THAT(MessageOf(LoadPlugin({path}).status()),
              HasSubstr("is of version none"));
}

}  // namespace
}  // namespace fovea
