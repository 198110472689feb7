// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/query_text.h"

#include <chrono>
#include <random>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "index/query_builder.h"
#include "index/query_check.h"
#include "tests/support/random_query.h"

namespace fovea {
namespace {

using namespace fovea::ask;            // NOLINT: the tests are about queries
using namespace std::chrono_literals;  // NOLINT

using ::testing::HasSubstr;
using ::testing::StartsWith;

void ExpectSays(const std::string& text, const Query& query) {
  const auto parsed = ParseQueryText(text);
  ASSERT_TRUE(parsed.ok()) << text << ": " << parsed.status();
  EXPECT_EQ(*parsed, query) << text << " is " << PrintQueryText(*parsed);
}

void ExpectSays(const std::string& text, const Expression& condition) {
  ExpectSays(text, Query(Find(condition)));
}

const Object a("a"), b("b"), c("c");
const Area box = {{0}, {10.5}, {50, true}, {100, true}};

TEST(QueryTextTest, ReadsObjects) {
  ExpectSays("person", Object("person"));
  ExpectSays("anything", Object::Anything());
  ExpectSays("car | \"traffic light\" | 人",
             Object("car", "traffic light", "人"));
  ExpectSays("a score >= 0.5", a.Score(0.5));
  ExpectSays("a score >= 0", a);
  ExpectSays("a by 3fa9", a.By("3fa9"));
  ExpectSays("a with colour = red with lane=2",
             a.With("colour", "red").With("lane", "2"));
  ExpectSays("a in box(0,10.5,50%,100%)", a.In(box));
  ExpectSays("a inside box( 0 , 10.5 , 50% , 100% )", a.Inside(box));
  ExpectSays("a touches box(0, 10.5, 50%, 100%)", a.Touches(box));
  ExpectSays("a crosses line(0, 1, 2%, 1e2)",
             a.Crosses(Line(0, 1, Percent(2), 100)));
  ExpectSays("a left of b | c", a.LeftOf(Object("b", "c")));
  ExpectSays("a right of anything", a.RightOf(Object::Anything()));
  ExpectSays("a above (b score >= 0.5 below (c lasting 1s))",
             a.Above(b.Score(0.5).Below(c.Lasting(1s))));
  // What is not in brackets is about the first.
  ExpectSays("a overlaps b lasting 2s score >= 1",
             a.Overlaps(b).Lasting(2s).Score(1));
}

TEST(QueryTextTest, ReadsConditions) {
  ExpectSays(">= 5 car", AtLeast(5, Object("car")));
  ExpectSays("<2 a", FewerThan(2, a));
  ExpectSays("<= 2 a", AtMost(2, a));
  ExpectSays("= 0 a", Exactly(0, a));
  ExpectSays("> 1000000 a", MoreThan(1'000'000, a));
  ExpectSays("speed > 50 km/h", Sensor("speed") > Value(50, "km/h"));
  ExpectSays("accel norm >= -1.5e3 \"1/s\"",
             Sensor("accel").Norm() >= Value(-1500, "1/s"));
  ExpectSays("\"and\" = 1", Sensor("and") == 1);
  ExpectSays("norm norm < 1", Sensor("norm").Norm() < 1);
  ExpectSays("a and b and c", a && b && c);
  ExpectSays("a or b and c or a", Expression(a) || (b && c) || a);
  ExpectSays("not a for 2s", !For(a, 2s));
  ExpectSays("(not a) for 2s", For(!Expression(a), 2s));
  ExpectSays("not not a", !!Expression(a));
  ExpectSays("a then b within 10s then c within 1m",
             Then(Then(a, b, Within(10s)), c, Within(1min)));
  ExpectSays("a then (b then c within 1m) within 10s",
             Then(a, Then(b, c, Within(1min)), Within(10s)));
  ExpectSays("a and b then c within 1s", a && Then(b, c, Within(1s)));
  ExpectSays("on door* (a or b) for 1h20m", For(On("door*", a || b), 80min));
  ExpectSays("on 2door(a)", On("2door", a));
}

// What stands in brackets stays a tree of its own.
TEST(QueryTextTest, BracketsAreKept) {
  const auto parsed = ParseQueryText("(a and b) and c");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_NE(parsed->condition, Condition(a && b && c));
  EXPECT_EQ(PrintQueryText(*parsed), "(a and b) and c");
}

TEST(QueryTextTest, ReadsClausesInAnyOrder) {
  using std::chrono::sys_days;
  using std::chrono::year;
  const Query query = Find(a)
                          .Among({"front", "door*", "a b"})
                          .From(-10s)
                          .To(sys_days{year{2026} / 1 / 5} + 10h + 250ms)
                          .OrderBy(QueryOrder::kLatest)
                          .Limit(10);
  ExpectSays(
      "a among front, door*, \"a b\" from -10s to 2026-01-05T12:00:00.25+02:00 "
      "order by latest limit 10",
      query);
  ExpectSays(
      "a limit 10 order by latest to 2026-01-05T10:00:00.25Z\n\tfrom -10 "
      "among front,door*,\"a b\"  # all of it",
      query);
  ExpectSays("a order by time", Query(Find(a)));
}

TEST(QueryTextTest, NamesInQuotesMayBeAnything) {
  ExpectSays("\"a\\\"\\\\\\n\\r\\t\\x01\\x7F\"", Object("a\"\\\n\r\t\x01\x7f"));
  ExpectSays("\"person\"", Object("person"));
  ExpectSays("\"10s\" | \"score\"", Object("10s", "score"));
  ExpectSays("a with \"\" = \"\"", a.With("", ""));
}

TEST(QueryTextTest, PrintsWithoutWhatIsNeedless) {
  const std::pair<const char*, const char*> cases[] = {
      {"((a))", "a"},
      {">= 1 a", "a"},
      {"(a or b) or c", "(a or b) or c"},
      {"((a and b)) or (c)", "a and b or c"},
      {"(a or b) and c", "(a or b) and c"},
      {"(a then b within 60s) then c within 90s",
       "a then b within 1m then c within 1m30s"},
      {"not (a and b)", "not (a and b)"},
      {"not (not a)", "not not a"},
      {"(a for 2s) for 3s", "(a for 2s) for 3s"},
      {"on \"door\" ((a))", "on door (a)"},
      {"a lasting 1s score >= 0.50 by ab", "a score >= 0.5 by ab lasting 1s"},
      {"a left of (b)", "a left of b"},
      {"a left of (b left of c)", "a left of (b left of c)"},
      {"\"a\" | \"2a\" | \"a*\" | \"in\"", "a | \"2a\" | \"a*\" | \"in\""},
      {"\"accel.x\" > 1e3 \"m/s^2\"", "accel.x > 1000 m/s^2"},
      {"x > 1 \"for\" for 1s", "x > 1 \"for\" for 1s"},
      {"a in box(0.0, 1e1, 50.00%, 100%)", "a in box(0, 10, 50%, 100%)"},
      {"a order by time from 1500ms", "a from 1.5s"},
      {"a from 1000000000 among \"*\"", "a among * from 2001-09-09T01:46:40Z"},
      {"a limit 007", "a limit 7"}};
  for (const auto& [text, canonical] : cases) {
    const auto query = ParseQueryText(text);
    ASSERT_TRUE(query.ok()) << text << ": " << query.status();
    EXPECT_EQ(PrintQueryText(*query), canonical) << text;
    const auto again = ParseQueryText(canonical);
    ASSERT_TRUE(again.ok()) << canonical << ": " << again.status();
    EXPECT_EQ(*again, *query) << text;
  }
}

// --- Errors -----------------------------------------------------------------

TEST(QueryTextTest, ErrorsNameTheCharacter) {
  const std::pair<const char*, const char*> cases[] = {
      {"",
       "query:1:1: expected a condition such as 'person', found the end of the "
       "query"},
      {"(person for )",
       "query:1:13: expected a duration such as 10s after 'for', found ')'"},
      {"person for 10x",
       "query:1:12: expected a duration such as 10s after "
       "'for', found '10x'"},
      {"a for 0s", "query:1:7: expected a duration"},
      {"a lasting 0s", "query:1:11: expected a duration"},
      {"a for 25h",
       "query:1:3: for: expected more than 0 s, at most 24 hours, "
       "found 25 hours"},
      {"a for 999999999999d", "query:1:7: '999999999999d' is beyond 292 years"},
      {"a\n  and\n  b b",
       "query:3:5: expected 'and', 'or', 'then', a clause or "
       "the end, found 'b'"},
      {"人 and and",
       "query:1:7: expected a condition such as 'person', found "
       "'and'; as a name it is quoted with \""},
      {"a score > 0.5", "query:1:9: expected '>=', found '>'"},
      {"a score >= high", "query:1:12: expected a score, found 'high'"},
      {"a score >= 1.5", "query:1:3: score: expected 0 to 1, found 1.5"},
      {"a score >= 1e999", "query:1:12: expected a score, found '1e999'"},
      {"a score >= nan", "query:1:12: expected a score, found 'nan'"},
      {"a score >= 0 score >= 1", "query:1:14: 'score' is said twice"},
      {"a by xyz", "query:1:3: model: expected at most 64 digits"},
      {"a with x", "query:1:9: expected '=', found the end"},
      {"a in box(0, 0, 10)", "query:1:18: expected ',', found ')'"},
      {"a in box(0, 0, 10, x)",
       "query:1:20: expected pixels such as 12, or "
       "40%, found 'x'"},
      {"a in box(5, 0, 5, 9)",
       "query:1:3: box's left: expected less than its "
       "right of 5 pixels, found 5 pixels"},
      {"a in box(-1, 0, 5, 9)", "left: expected 0 pixels or more, found -1"},
      {"a in box(0, 0, 5, 101%)", "bottom: expected 0% to 100%, found 101%"},
      {"a in front", "query:1:6: expected 'box', found 'front'"},
      {"a crosses box(0,0,1,1)", "query:1:11: expected 'line', found 'box'"},
      {"a crosses line(1,1,1,1)", "line: expected two different points"},
      {"a left b", "query:1:8: expected 'of', found 'b'"},
      {"a then b", "query:1:9: expected 'within', found the end of the query"},
      {"a then b within 0", "query:1:17: expected a duration"},
      {"(a or b",
       "query:1:8: expected 'and', 'or', 'then' or ')', found the "
       "end of the query"},
      {"a)",
       "query:1:2: expected 'and', 'or', 'then', a clause or the end, "
       "found ')'"},
      {"on door a", "query:1:9: expected '(', found 'a'"},
      {"on (a)", "query:1:4: expected a stream's name after 'on', found '('"},
      {">= 5",
       "query:1:5: expected a condition such as 'person', found the "
       "end"},
      {">= a", "query:1:4: expected a count, found 'a'"},
      {">= 1000001 a",
       "query:1:1: count: expected at most 1000000, found "
       "1000001"},
      {"= -1 a", "query:1:3: expected a count, found '-1'"},
      {"speed > fast", "query:1:9: expected a number to compare with"},
      {"speed norm 5", "query:1:12: expected <, <=, =, >= or >, found '5'"},
      {"10s",
       "expected a condition such as 'person', found '10s'; as a name "
       "it is quoted with \""},
      {"a among", "query:1:8: expected a stream's name, found the end"},
      {"a among in", "query:1:9: expected a stream's name, found 'in'"},
      {"a limit 10 limit 5", "query:1:12: 'limit' is said twice"},
      {"a limit 10 b", "query:1:12: expected a further clause or the end"},
      {"a limit 1000001", "query:1:3: limit: expected at most 1000000"},
      {"a limit 20000 order by score",
       "query:1:15: limit of a query ordered "
       "by score: expected at most 10000"},
      {"a from 10s to 5s", "query:1:12: from: expected before to"},
      {"a from soon", "query:1:8: expected a time such as 10s or "},
      {"a order by size",
       "query:1:12: expected 'time', 'latest' or 'score', "
       "found 'size'"},
      {"\"\"", "query:1:1: label: expected 1 to 64 bytes without NUL"},
      {"a \"b", "query:1:3: expected '\"' at the end of this name"},
      {"\"a\nb\"", "query:1:1: expected '\"' at the end of this name"},
      {"\"a\\q\"", "query:1:3: expected \\\" \\\\ \\n \\r \\t or \\x00"},
      {"\"\\x80\"", "query:1:2: expected \\\""},
      {"\"\\x4", "query:1:2: expected \\\""},
      {"a && b", "query:1:3: unexpected '&'; say 'and'"},
      {"!a", "query:1:1: unexpected '!'; say 'not'"},
      {"'a'", "query:1:1: unexpected '; names are quoted with \""},
      {"a@3", "query:1:2: unexpected '@'; names that hold it are quoted"},
      {"a \x01", "query:1:3: unexpected byte 1"},
      {"a \xff", "query:1:3: expected UTF-8, found byte 255"}};
  for (const auto& [text, message] : cases) {
    const auto query = ParseQueryText(text);
    ASSERT_TRUE(absl::IsInvalidArgument(query.status())) << text;
    const std::string found(query.status().message());
    EXPECT_THAT(found, HasSubstr(message)) << text;
    EXPECT_EQ(found.find('\n'), std::string::npos) << found;
  }
}

TEST(QueryTextTest, MistypedWordsAreRecognised) {
  const std::pair<const char*, const char*> cases[] = {
      {"a adn b", "did you mean 'and'?"},
      {"a AND b", "did you mean 'and'?"},
      {"a fro 2s", "did you mean 'for'?"},
      {"a scor >= 1", "did you mean 'score'?"},
      {"(a lastign 2s)", "did you mean 'lasting'?"},
      {"a then b witihn 2s", "did you mean 'within'?"},
      {"accel nrom > 2", "did you mean 'norm'?"},
      {"a order by tiem", "did you mean 'time'?"},
      {"a limit 3 amnog x", "did you mean 'among'?"},
      {"a in bx(0, 0, 1, 1)", "did you mean 'box'?"}};
  for (const auto& [text, message] : cases) {
    EXPECT_THAT(std::string(ParseQueryText(text).status().message()),
                HasSubstr(message))
        << text;
  }
  // But a word that is like none is left alone.
  EXPECT_EQ(ParseQueryText("red car").status().message().find("mean"),
            absl::string_view::npos);
}

TEST(QueryTextTest, TheFaultIsPointedAt) {
  const auto pointed = [](const std::string& text) {
    QueryFault fault;
    EXPECT_FALSE(ParseQueryText(text, &fault).ok()) << text;
    return PointAt(text, fault);
  };
  EXPECT_EQ(pointed("(person for )"),
            "(person for )\n"
            "            ^");
  EXPECT_EQ(pointed("a and\n\t人 or )\r\nb"),
            " 人 or )\n"
            "      ^");
  EXPECT_EQ(pointed(""), "\n^");
  EXPECT_EQ(pointed("a \xff\xfe\x01"),
            "a ???\n"
            "  ^");
  // A long line is cut around it.
  const std::string cut =
      pointed(std::string(200, ' ') + ")" + std::string(200, 'x'));
  EXPECT_EQ(cut, "..." + std::string(50, ' ') + ")" + std::string(25, 'x') +
                     "...\n" + std::string(53, ' ') + "^");

  QueryFault fault;
  EXPECT_FALSE(ParseQueryText("a or\n人人 )", &fault).ok());
  EXPECT_EQ(fault.offset, 12U);
  EXPECT_EQ(fault.line, 2);
  EXPECT_EQ(fault.column, 4);
}

std::string Repeated(const std::string& text, size_t n) {
  std::string all;
  for (size_t i = 0; i < n; ++i) all += text;
  return all;
}

TEST(QueryTextTest, NestingAndLengthHaveLimits) {
  for (const auto& [open, close] :
       {std::pair("(", ")"), std::pair("not ", ""), std::pair("on x (", ")"),
        std::pair("a left of (", ")")}) {
    const auto nested = [&, open = open, close = close](size_t n) {
      return ParseQueryText(Repeated(open, n) + "a" + Repeated(close, n));
    };
    EXPECT_TRUE(nested(63).ok()) << nested(63).status();
    for (const size_t n : {65, 5000}) {
      EXPECT_THAT(std::string(nested(n).status().message()),
                  HasSubstr("at most 64 conditions within one another"))
          << open;
    }
  }
  const auto chain = [](size_t n) {
    return ParseQueryText("a" + Repeated(" then b within 1s", n));
  };
  EXPECT_TRUE(chain(63).ok()) << chain(63).status();
  EXPECT_THAT(std::string(chain(64).status().message()),
              HasSubstr("query:1:1074: query: expected at most 64 conditions"));
  const auto wide = [](size_t n) {
    return ParseQueryText("a" + Repeated(" or a", n));
  };
  EXPECT_TRUE(wide(254).ok());
  for (const size_t n : {255, 13'000}) {
    EXPECT_THAT(std::string(wide(n).status().message()),
                HasSubstr("expected at most 256 conditions"));
  }
  EXPECT_THAT(
      std::string(
          ParseQueryText("a" + Repeated(" | a", 64)).status().message()),
      HasSubstr("labels of an object: expected at most 64, found 65"));

  EXPECT_TRUE(ParseQueryText("a" + std::string(65'535, ' ')).ok());
  EXPECT_THAT(
      std::string(
          ParseQueryText(std::string(1U << 20, '(')).status().message()),
      StartsWith("query:1:1: expected at most 65536 bytes, found "
                 "1048576"));
}

TEST(QueryTextTest, EveryQueryReadsBackFromItsText) {
  const uint64_t seed = 1;
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  testing::QueryDice dice(seed);
  for (int i = 0; i < 2000; ++i) {
    const Query query = dice.Any();
    ASSERT_TRUE(CheckQuery(query).ok()) << CheckQuery(query);
    const std::string text = PrintQueryText(query);
    const auto parsed = ParseQueryText(text);
    ASSERT_TRUE(parsed.ok()) << text << ": " << parsed.status();
    ASSERT_EQ(*parsed, query) << text;
    ASSERT_EQ(PrintQueryText(*parsed), text);
  }
}

// Any cut, change or doubling of a good text ends in a query or an error.
TEST(QueryTextTest, DamagedTextIsReadOrRefused) {
  const uint64_t seed = 2;
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  testing::QueryDice dice(seed);
  std::mt19937_64 random(seed);
  int read = 0;
  for (int i = 0; i < 4000; ++i) {
    std::string text = PrintQueryText(dice.Any());
    const size_t at = random() % text.size();
    switch (random() % 3) {
      case 0:
        text.erase(at, 1 + random() % 5);
        break;
      case 1:
        text[at] = "()<=>,|\"# a0%\\"[random() % 14];
        break;
      default:
        text.insert(at, text.substr(random() % text.size(), random() % 20));
    }
    QueryFault fault;
    const auto query = ParseQueryText(text, &fault);
    if (!query.ok()) {
      ASSERT_LE(fault.offset, text.size());
      ASSERT_FALSE(PointAt(text, fault).empty());
      continue;
    }
    ++read;
    const auto again = ParseQueryText(PrintQueryText(*query));
    ASSERT_TRUE(again.ok()) << text << ": " << again.status();
    ASSERT_EQ(*again, *query) << text;
  }
  EXPECT_GT(read, 100);
}

}  // namespace
}  // namespace fovea
