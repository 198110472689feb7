// SPDX-License-Identifier: GPL-2.0-or-later
//
// The program in a folder of its own, with verbs for what tests do to it.

#ifndef FOVEA_TESTS_SYSTEM_CLI_FIXTURE_H_
#define FOVEA_TESTS_SYSTEM_CLI_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/build_paths.h"
#include "tests/support/process.h"
#include "tests/support/test_data.h"

namespace fovea {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::Process;
using testing::ProcessOptions;
using testing::ProcessResult;
using testing::RunProcess;
using ::testing::StartsWith;
using Json = nlohmann::json;

class Cli : public ::testing::Test {
 protected:
  // The program with `arguments`, in the test's own folder, without a
  // store in its environment.
  static std::vector<std::string> Command(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), testing::FoveaBinary());
    return arguments;
  }

  ProcessOptions Options() const {
    ProcessOptions options;
    options.environment = {{"FOVEA_STORE", ""}, {"NO_COLOR", ""}};
    options.folder = dir_.path();
    return options;
  }

  ProcessResult Fovea(const std::vector<std::string>& arguments) const {
    return RunProcess(Command(arguments), Options());
  }

  // A verb on the test's store.
  ProcessResult OnStore(std::vector<std::string> arguments) const {
    arguments.push_back("--store");
    arguments.push_back("store");
    return Fovea(arguments);
  }

  Json JsonOf(std::vector<std::string> arguments) const {
    arguments.push_back("--json");
    const ProcessResult result = OnStore(arguments);
    EXPECT_TRUE(Json::accept(result.out)) << result.out << result.err;
    return Json::parse(result.out, nullptr, false);
  }

  void Write(const std::string& name, const std::string& text) const {
    testing::WriteFileText(dir_.File(name), text);
  }

  // Six inertial channels at 100 Hz.
  static std::string ImuCsv(int rows) {
    std::ostringstream csv;
    csv << "time_ns,gyro_x,gyro_y,gyro_z,accel_x,accel_y,accel_z\n";
    for (int i = 0; i < rows; ++i) {
      csv << i * 10'000'000LL << ',' << i * 0.001 << ",0.1,0.2,0.3," << i % 7
          << ",9.81\n";
    }
    return csv.str();
  }

  void IngestImu(const std::string& name, int rows) const {
    Write(name + ".csv", ImuCsv(rows));
    const ProcessResult result = OnStore({"ingest", name + ".csv"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }

  std::vector<std::string> StreamNames() const {
    std::vector<std::string> names;
    const Json list = JsonOf({"ls"});
    for (const Json& stream : list["streams"]) names.push_back(stream["name"]);
    return names;
  }

  // The CSV stream's only name, whatever suffix its kind gave it.
  std::string OnlyStream() const {
    const auto names = StreamNames();
    EXPECT_EQ(names.size(), 1U);
    return names.empty() ? "" : names.front();
  }

  // One line on standard error that starts with the program, names
  // `object`, and brings a next step.
  static void ExpectOneLine(const ProcessResult& result, int exit_code,
                            const std::string& object) {
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1)
        << result.err;
    EXPECT_THAT(result.err, StartsWith("fovea: "));
    EXPECT_THAT(result.err, HasSubstr(object));
    EXPECT_THAT(result.err, HasSubstr("; "));
  }

  // For verbs that say more before it: one line of standard error is the
  // error's, and brings a next step.
  static void ExpectErrorLine(const ProcessResult& result, int exit_code,
                              const std::string& object) {
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    std::istringstream lines(result.err);
    std::string errors;
    int count = 0;
    for (std::string line; std::getline(lines, line);) {
      if (line.rfind("fovea: ", 0) != 0) continue;
      errors = line;
      ++count;
    }
    EXPECT_EQ(count, 1) << result.err;
    EXPECT_THAT(errors, HasSubstr(object));
    EXPECT_THAT(errors, HasSubstr("; "));
  }

  testing::TempDir dir_;
};

}  // namespace fovea

#endif  // FOVEA_TESTS_SYSTEM_CLI_FIXTURE_H_
