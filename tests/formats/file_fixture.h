// SPDX-License-Identifier: GPL-2.0-or-later
//
// Clips made to order in a folder of the test's own, and what a file source
// gives for them.

#ifndef FOVEA_TESTS_FORMATS_FILE_FIXTURE_H_
#define FOVEA_TESTS_FORMATS_FILE_FIXTURE_H_

#include <gtest/gtest.h>

#include <string>

#include "codec/formats/file_source.h"
#include "tests/formats/source_log.h"
#include "tests/support/ffmpeg_tool.h"
#include "tests/support/test_data.h"

namespace fovea {

class FileFixture : public ::testing::Test {
 protected:
  testing::SourceLog ReadAll(const std::string& path,
                             const SourceOptions& options = {}) {
    return testing::SourceLog::Drain(OpenFileSource(path, options));
  }

  // A clip of 20 frames made with `arguments` after the input.
  std::string Make(const std::string& name, const std::string& arguments,
                   const std::string& size = "320x240") {
    const std::string path = dir_.File(name);
    testing::Ffmpeg("-f lavfi -i testsrc2=s=" + size + ":r=25 -frames:v 20 " +
                    arguments + " '" + path + "'");
    return path;
  }

  testing::TempDir dir_;
};

}  // namespace fovea

#endif  // FOVEA_TESTS_FORMATS_FILE_FIXTURE_H_
