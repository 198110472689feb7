// SPDX-License-Identifier: GPL-2.0-or-later
//
// Each public header compiles alone (here, or in the build where its own
// source includes it first), and every source file keeps the shape
// the project agreed on: licence line, length, width, and a name that says
// what it holds.

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/build_paths.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace fs = std::filesystem;

constexpr int kCompilers = 2;  // at a time
constexpr size_t kWidth = 80;
constexpr int kSourceLines = 500;
constexpr int kHeaderLines = 200;
constexpr std::string_view kLicence =
    "// SPDX-License-Identifier: GPL-2.0-or-later";
constexpr std::string_view kDrawers[] = {"util", "common", "helper", "manager"};

// Paths of .h and .cc files below `folders`, from the project's root.
std::vector<std::string> Sources(const std::vector<std::string>& folders) {
  const fs::path root = testing::SourceDir();
  std::vector<std::string> found;
  for (const std::string& folder : folders) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const fs::path& path = entry.path();
      if (path.extension() != ".h" && path.extension() != ".cc") continue;
      found.push_back(path.lexically_relative(root).string());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<std::string> Rooms() {
  return {"codec", "sensitivity", "filter", "store", "index", "api", "cli"};
}

bool IsHeader(const std::string& file) { return file.ends_with(".h"); }

// Whether `text` includes `header` before anything else.
bool IncludesFirst(std::istream& text, const std::string& header) {
  std::string line;
  while (std::getline(text, line)) {
    if (line.starts_with("#")) return line == "#include \"" + header + "\"";
  }
  return false;
}

// A header that its own source includes first has been compiled alone by
// the build: only the others are left to try here.
bool BuildCompilesAlone(const std::string& header) {
  const fs::path path = fs::path(testing::SourceDir()) / header;
  std::ifstream source(fs::path(path).replace_extension(".cc"));
  return IncludesFirst(source, header);
}

// Runs the compiler on one header; gives its complaints, "" for none.
std::string Complaints(const std::string& header) {
  const std::string command = std::string("echo '#include \"") + header +
                              "\"' | '" + testing::Compiler() +
                              "' -std=c++20 -fsyntax-only -I '" +
                              testing::SourceDir() + "' -x c++ - 2>&1";
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return "cannot start " + testing::Compiler();
  std::string output;
  char part[4096];
  for (size_t n; (n = std::fread(part, 1, sizeof(part), pipe)) > 0;) {
    output.append(part, n);
  }
  const int status = pclose(pipe);
  return status == 0 ? "" : header + " does not compile alone:\n" + output;
}

std::vector<std::string> ComplaintsOf(const std::vector<std::string>& headers) {
  std::vector<std::string> complaints(headers.size());
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t i; (i = next++) < headers.size();) {
      complaints[i] = Complaints(headers[i]);
    }
  };
  std::vector<std::future<void>> workers;
  for (int i = 0; i < kCompilers; ++i) {
    workers.push_back(std::async(std::launch::async, work));
  }
  for (auto& worker : workers) worker.get();
  complaints.erase(std::remove(complaints.begin(), complaints.end(), ""),
                   complaints.end());
  return complaints;
}

bool HasDrawerName(const std::string& file) {
  const std::string name = fs::path(file).stem().string();
  return std::any_of(std::begin(kDrawers), std::end(kDrawers),
                     [&](std::string_view drawer) {
                       return name.find(drawer) != std::string::npos;
                     });
}

// Columns a line takes: continuation bytes of UTF-8 take none.
size_t Width(const std::string& line) {
  return static_cast<size_t>(std::count_if(
      line.begin(), line.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::vector<std::string> ShapeOffences(const std::string& file,
                                       std::istream& text) {
  std::vector<std::string> offences;
  const auto add = [&](int number, const std::string& what) {
    offences.push_back(file + ":" + std::to_string(number) + ": " + what);
  };
  if (HasDrawerName(file)) add(1, "name does not say what the file holds");
  std::string line;
  int number = 0;
  while (std::getline(text, line)) {
    ++number;
    if (number == 1 && line != kLicence) add(1, "no SPDX line first");
    if (Width(line) > kWidth) add(number, "wider than 80 columns");
  }
  if (number == 0) add(1, "no SPDX line first");
  const int most = IsHeader(file) ? kHeaderLines : kSourceLines;
  if (number > most) {
    add(number, "longer than " + std::to_string(most) + " lines");
  }
  return offences;
}

std::vector<std::string> ShapeOffences(const std::string& file,
                                       const std::string& text) {
  std::istringstream stream(text);
  return ShapeOffences(file, stream);
}

TEST(HeadersTest, EachPublicHeaderCompilesAlone) {
  std::vector<std::string> headers = Sources(Rooms());
  headers.erase(
      std::remove_if(headers.begin(), headers.end(),
                     [](const std::string& file) {
                       return !IsHeader(file) || BuildCompilesAlone(file) ||
                              file.find("/internal/") != std::string::npos;
                     }),
      headers.end());
  for (const std::string& complaint : ComplaintsOf(headers)) {
    ADD_FAILURE() << complaint;
  }
}

TEST(HeadersTest, HeaderThatDoesNotCompileIsReported) {
  EXPECT_THAT(ComplaintsOf({"store/rows.h", "no/such/header.h"}),
              ElementsAre(HasSubstr("no/such/header.h does not compile")));
}

TEST(HeadersTest, OnlyTheFirstIncludeCounts) {
  const auto first = [](const std::string& text) {
    std::istringstream stream(text);
    return IncludesFirst(stream, "a/b.h");
  };
  EXPECT_TRUE(first("// why\n\n#include \"a/b.h\"\n#include <x>\n"));
  EXPECT_FALSE(first("#include <x>\n#include \"a/b.h\"\n"));
  EXPECT_FALSE(first("#include \"a/c.h\"\n"));
  EXPECT_FALSE(first(""));
}

TEST(ShapeTest, EverySourceFileKeepsToIt) {
  std::vector<std::string> folders = Rooms();
  folders.insert(folders.end(), {"tests", "bench", "examples"});
  const std::vector<std::string> files = Sources(folders);
  EXPECT_GT(files.size(), 20U);
  for (const std::string& file : files) {
    std::ifstream text(fs::path(testing::SourceDir()) / file);
    for (const std::string& offence : ShapeOffences(file, text)) {
      ADD_FAILURE() << offence;
    }
  }
}

TEST(ShapeRuleTest, GoodFileHasNoOffence) {
  const std::string file = std::string(kLicence) + "\n" +
                           std::string(kWidth, '/') + "\n" +
                           "// \xc2\xb5s count as one column each\n";
  EXPECT_THAT(ShapeOffences("store/rows.cc", file), IsEmpty());
}

TEST(ShapeRuleTest, EachOffenceIsNamedWithItsLine) {
  const std::string licence = std::string(kLicence) + "\n";
  EXPECT_THAT(ShapeOffences("a/b.cc", "int x;\n"),
              ElementsAre("a/b.cc:1: no SPDX line first"));
  EXPECT_THAT(ShapeOffences("a/b.cc", ""),
              ElementsAre("a/b.cc:1: no SPDX line first"));
  EXPECT_THAT(ShapeOffences("a/b.cc", licence + std::string(81, '/') + "\n"),
              ElementsAre("a/b.cc:2: wider than 80 columns"));
  EXPECT_THAT(ShapeOffences("a/string_util.h", licence),
              ElementsAre(HasSubstr("name does not say")));
  const auto lines = [&](int count) {
    std::string text = licence;
    for (int i = 1; i < count; ++i) text += '\n';
    return text;
  };
  EXPECT_THAT(ShapeOffences("a/b.cc", lines(500)), IsEmpty());
  EXPECT_THAT(ShapeOffences("a/b.cc", lines(501)),
              ElementsAre("a/b.cc:501: longer than 500 lines"));
  EXPECT_THAT(ShapeOffences("a/b.h", lines(201)),
              ElementsAre("a/b.h:201: longer than 200 lines"));
}

}  // namespace
}  // namespace fovea
