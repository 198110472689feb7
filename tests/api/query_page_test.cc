// SPDX-License-Identifier: GPL-2.0-or-later
//
// What docs/QUERY.md shows is so: its queries are read, its JSON and C++ say
// the same, its errors are the ones that come.

#include <cctype>
#include <chrono>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "api/query_json.h"
#include "api/query_text.h"
#include "gtest/gtest.h"
#include "index/query_builder.h"
#include "tests/support/build_paths.h"

namespace fovea {
namespace {

using namespace fovea::ask;            // NOLINT: as the page says
using namespace std::chrono_literals;  // NOLINT

struct Block {
  std::string kind;  // what stands behind the fence
  std::string text;  // lines, each with its end
};

std::vector<Block> BlocksOfPage() {
  std::ifstream page(testing::SourceDir() + "/docs/QUERY.md");
  std::vector<Block> blocks;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) blocks.push_back({line.substr(3), ""});
    } else if (inside) {
      blocks.back().text += line + "\n";
    }
  }
  return blocks;
}

std::vector<Block> BlocksOf(const std::string& kind) {
  std::vector<Block> blocks = BlocksOfPage();
  std::erase_if(blocks, [&](const Block& b) { return b.kind != kind; });
  return blocks;
}

std::string WithoutBlanks(std::string text) {
  std::erase_if(text, [](unsigned char c) { return std::isspace(c); });
  return text;
}

// A query and the words that made it.
struct Said {
  std::string words;
  Query query;
};
#define SAID(...) \
  Said { #__VA_ARGS__, __VA_ARGS__ }

std::vector<Said> ExamplesInCpp() {
  return {
      SAID(Find(Object("person")
                    .Score(0.5)
                    .In(Box(0, 0, Percent(50), Percent(100)))
                    .Lasting(2s))),
      SAID(Find(AtLeast(5, Object("car", "truck")) && !Object("person"))
               .Among({"front", "door*"})
               .From(10s)
               .To(1h)
               .Limit(10)),
      SAID(Find(Then(Object("person"), Object("dog").Below(Object("person")),
                     Within(10s)))),
      SAID(Find(For(Sensor("accel").Norm() > Value(15, "m/s^2"), 250ms))),
      SAID(Find(Object("person") && On("door*", Exactly(0, Object("person"))))
               .Among({"hall"})),
      SAID(Find(Object("truck")
                    .By("3fa9")
                    .With("colour", "red")
                    .Crosses(Line(0, Percent(50), Percent(100), Percent(50))))
               .OrderBy(QueryOrder::kScore))};
}

TEST(QueryPageTest, TextJsonAndCppSayTheSame) {
  const auto texts = BlocksOf("query");
  const auto jsons = BlocksOf("json");
  const auto cpps = BlocksOf("cpp");
  const auto said = ExamplesInCpp();
  ASSERT_EQ(texts.size(), said.size());
  ASSERT_EQ(jsons.size(), said.size());
  ASSERT_EQ(cpps.size(), said.size());
  for (size_t i = 0; i < said.size(); ++i) {
    const auto text = ParseQueryText(texts[i].text);
    ASSERT_TRUE(text.ok()) << texts[i].text << text.status();
    EXPECT_EQ(*text, said[i].query) << texts[i].text;
    EXPECT_EQ(PrintQueryText(*text) + "\n", texts[i].text);
    const auto json = ParseQueryJson(jsons[i].text);
    ASSERT_TRUE(json.ok()) << jsons[i].text << json.status();
    EXPECT_EQ(*json, said[i].query) << jsons[i].text;
    EXPECT_EQ(WithoutBlanks(cpps[i].text), WithoutBlanks(said[i].words));
  }
}

TEST(QueryPageTest, ErrorsAreTheOnesThatCome) {
  const auto errors = BlocksOf("query-error");
  EXPECT_FALSE(errors.empty());
  for (const Block& block : errors) {
    const std::string text = block.text.substr(0, block.text.find('\n'));
    QueryFault fault;
    const auto query = ParseQueryText(text, &fault);
    ASSERT_FALSE(query.ok()) << text;
    EXPECT_EQ(absl::StrCat(text, "\n", query.status().message(), "\n",
                           PointAt(text, fault), "\n"),
              block.text);
  }
}

}  // namespace
}  // namespace fovea
