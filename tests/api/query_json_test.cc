// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/query_json.h"

#include <string>

#include "api/query_text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "index/query_check.h"
#include "tests/support/random_query.h"

namespace fovea {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// Text says the same as JSON, and JSON is written like that.
void ExpectSame(const std::string& text, const std::string& json) {
  const auto query = ParseQueryText(text);
  ASSERT_TRUE(query.ok()) << text << ": " << query.status();
  EXPECT_EQ(QueryToJson(*query), json);
  const auto parsed = ParseQueryJson(json);
  ASSERT_TRUE(parsed.ok()) << json << ": " << parsed.status();
  EXPECT_EQ(*parsed, *query) << json;
}

TEST(QueryJsonTest, SaysAllThatTextSays) {
  ExpectSame("anything", R"({"find":{"object":{}}})");
  ExpectSame(
      "car | bus score >= 0.5 by 3f with colour = red lasting 1m",
      R"({"find":{"object":{"label":["car","bus"],"score":0.5,"model":"3f",)"
      R"("with":[{"name":"colour","value":"red"}],"lasting":"1m"}}})");
  ExpectSame(
      "a in box(0, 1.5, 50%, 100%) crosses line(0, 1, 2%, 3)",
      R"({"find":{"object":{"label":["a"],"places":[)"
      R"({"in":[0.0,1.5,"50%","100%"]},{"crosses":[0.0,1.0,"2%",3.0]}]}}})");
  ExpectSame("a left of (b above c)",
             R"({"find":{"object":{"label":["a"],"relations":[{"left of":)"
             R"({"label":["b"],"relations":[{"above":{"label":["c"]}}]}}]}}})");
  ExpectSame("= 0 a", R"({"find":{"count":{"is":"=","number":0,"object":)"
                      R"({"label":["a"]}}}})");
  ExpectSame("accel norm > 2 g and speed <= 5",
             R"({"find":{"and":[{"sensor":{"channel":"accel","norm":true,)"
             R"("is":">","value":2.0,"unit":"g"}},{"sensor":)"
             R"({"channel":"speed","is":"<=","value":5.0}}]}})");
  ExpectSame(
      "not a or on door* (b)",
      R"({"find":{"or":[{"not":{"object":{"label":["a"]}}},{"on":)"
      R"({"stream":"door*","condition":{"object":{"label":["b"]}}}}]}})");
  ExpectSame("a for 2s then b within 10s",
             R"({"find":{"then":{"first":{"for":{"condition":{"object":)"
             R"({"label":["a"]}},"duration":"2s"}},"next":{"object":)"
             R"({"label":["b"]}},"within":"10s"}}})");
  ExpectSame(
      "a among x, y from 1.5s to 2026-01-05T10:00:00Z order by score "
      "limit 5",
      R"({"find":{"object":{"label":["a"]}},"among":["x","y"],)"
      R"("from":"1.5s","to":"2026-01-05T10:00:00Z","order":"score",)"
      R"("limit":5})");
}

TEST(QueryJsonTest, OneTextStandsForAList) {
  const auto query =
      ParseQueryJson(R"({"find": {"object": {"label": "a"}}, "among": "x"})");
  ASSERT_TRUE(query.ok()) << query.status();
  EXPECT_EQ(PrintQueryText(*query), "a among x");
}

TEST(QueryJsonTest, ErrorsNameThePlace) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "query JSON: parse error at line 1, column 1"},
      {"{\"find\": }", "query JSON: parse error at line 1, column 10"},
      {"[]", "query JSON: expected an object, found an array"},
      {"{}", "query JSON: key \"find\" is missing"},
      {R"({"find":{"object":{}},"amnog":[]})",
       "query JSON: unknown key \"amnog\"; did you mean 'among'?"},
      {R"({"find":{"object":{"scor":1}}})",
       "find.object: unknown key \"scor\"; did you mean 'score'?"},
      {R"({"find":{"and":[{"object":{}},{"objct":{}}]}})",
       "find.and[1]: unknown key \"objct\"; did you mean 'object'?"},
      {R"({"find":{}})", "find: expected one of object, count, sensor, and"},
      {R"({"find":{"object":{},"not":{}}})", "found 2 keys"},
      {R"({"find":{"object":{}},"find":{"object":{}}})",
       "key \"find\" stands twice"},
      {R"({"find":{"and":[{"object":{}}]}})",
       "find.and: expected two conditions or more, found 1"},
      {R"({"find":{"and":3}})", "find.and: expected a list, found 3"},
      {R"({"find":{"object":{"label":[3]}}})",
       "find.object.label[0]: expected a string, found 3"},
      {R"({"find":{"object":{"label":""}}})",
       "find.object: label: expected 1 to 64 bytes without NUL, found none"},
      {R"({"find":{"object":{"score":"1"}}})",
       "find.object.score: expected a number, found \"1\""},
      {R"({"find":{"object":{"score":1.5}}})",
       "find.object: score: expected 0 to 1, found 1.5"},
      {R"({"find":{"object":{"score":1e999}}})", "query JSON: number overflow"},
      {R"({"find":{"object":{"lasting":2}}})",
       "find.object.lasting: expected a duration such as \"10s\", found 2"},
      {R"({"find":{"object":{"lasting":"0s"}}})",
       "find.object.lasting: expected more than 0 s"},
      {R"({"find":{"object":{"lasting":"-1s"}}})", "'-1s' is negative"},
      {R"({"find":{"object":{"places":[{"in":[0,0,1]}]}}})",
       "find.object.places[0].in: expected [left, top, right, bottom], found "
       "3"},
      {R"({"find":{"object":{"places":[{"crosses":[0,0,1]}]}}})",
       "expected [x, y, x, y]"},
      {R"({"find":{"object":{"places":[{"in":[0,0,1,"1"]}]}}})", "found \"1\""},
      {R"({"find":{"object":{"places":[{"in":[0,0,1,"x"]}]}}})",
       "places[0].in[3]: expected pixels such as 12, or \"40%\", found \"x\""},
      {R"({"find":{"object":{"relations":[{"left":{}}]}}})",
       "unknown key \"left\"; expected left of, right of, above"},
      {R"({"find":{"sensor":{"channel":"x","is":"!=","value":1}}})",
       "find.sensor.is: expected one of < <= = >= >, found \"!=\""},
      {R"({"find":{"sensor":{"channel":"x","is":">","value":1,"norm":1}}})",
       "find.sensor.norm: expected true or false, found 1"},
      {R"({"find":{"sensor":{"channel":"","is":">","value":1}}})",
       "channel: expected 1 to 255 bytes, found 0"},
      {R"({"find":{"count":{"is":">","number":-1,"object":{}}}})",
       "number: expected a whole number, at most 1000000, found -1"},
      {R"({"find":{"count":{"is":">","number":1}}})",
       "find.count: key \"object\" is missing"},
      {R"({"find":{"object":{}},"limit":1.5})",
       "limit: expected a whole number"},
      {R"({"find":{"object":{}},"limit":20000,"order":"score"})",
       "limit of a query ordered by score"},
      {R"({"find":{"object":{}},"order":"size"})",
       "order: expected time, latest or score, found \"size\""},
      {R"({"find":{"object":{}},"from":5})",
       "from: expected a time such as \"10s\", found 5"},
      {R"({"find":{"object":{}},"from":"soon"})", "from: 'soon' is not a time"},
      {R"({"find":{"object":{}},"from":"2s","to":"1s"})",
       "from: expected before to"},
      {"{\"find\":{\"object\":{\"label\":\"\xff\"}}}",
       "ill-formed UTF-8 byte; last read: \\'\\\"\\377"}};
  for (const auto& [json, message] : cases) {
    const auto query = ParseQueryJson(json);
    ASSERT_TRUE(absl::IsInvalidArgument(query.status())) << json;
    const std::string found(query.status().message());
    EXPECT_THAT(found, StartsWith("query JSON: ")) << json;
    EXPECT_THAT(found, HasSubstr(message)) << json;
  }
}

std::string Nested(size_t n) {
  std::string json = R"({"object":{"label":"a"}})";
  for (size_t i = 0; i < n; ++i) json = "{\"not\":" + json + "}";
  return "{\"find\":" + json + "}";
}

TEST(QueryJsonTest, NestingAndLengthHaveLimits) {
  EXPECT_TRUE(ParseQueryJson(Nested(63)).ok());
  EXPECT_THAT(std::string(ParseQueryJson(Nested(64)).status().message()),
              HasSubstr("at most 64 conditions within one another"));
  EXPECT_THAT(std::string(ParseQueryJson(Nested(300)).status().message()),
              HasSubstr("expected at most 256 levels, found more"));
  EXPECT_FALSE(ParseQueryJson(std::string(1U << 20, '[')).ok());
  EXPECT_THAT(
      std::string(
          ParseQueryJson(std::string((1U << 20) + 1, ' ')).status().message()),
      HasSubstr("expected at most 1048576 bytes, found 1048577"));
}

TEST(QueryJsonTest, JsonAndTextSayTheSameQuery) {
  const uint64_t seed = 3;
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  testing::QueryDice dice(seed);
  for (int i = 0; i < 2000; ++i) {
    const Query query = dice.Any();
    const std::string json = QueryToJson(query);
    const auto from_json = ParseQueryJson(json);
    ASSERT_TRUE(from_json.ok()) << json << ": " << from_json.status();
    ASSERT_EQ(*from_json, query) << json;
    const auto from_text = ParseQueryText(PrintQueryText(*from_json));
    ASSERT_TRUE(from_text.ok()) << json << ": " << from_text.status();
    ASSERT_EQ(QueryToJson(*from_text), json);
  }
}

}  // namespace
}  // namespace fovea
