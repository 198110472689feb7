// SPDX-License-Identifier: GPL-2.0-or-later

#include "index/needs_object.h"

#include <gtest/gtest.h>

#include <chrono>

#include "index/find_clips.h"
#include "index/query_builder.h"

namespace fovea {
namespace {

using namespace std::chrono_literals;  // NOLINT
using ask::Object;

Object Walking() { return Object("walking"); }
Object Car() { return Object("car"); }

bool Needs(const ask::Expression& e) { return NeedsObject(e.condition()); }

TEST(NeedsObjectTest, WhatIsSeenHereHasToBe) {
  EXPECT_TRUE(Needs(Walking()));
  EXPECT_TRUE(Needs(Walking() && !ask::Expression(Car())));
  EXPECT_TRUE(Needs(ask::AtLeast(2, Car())));
  EXPECT_TRUE(Needs(ask::Expression(Car()) || Walking()));
  EXPECT_TRUE(Needs(ask::For(Walking(), 10s)));
  EXPECT_TRUE(Needs(ask::Then(Not(Walking()), Walking(), ask::Within(10s))));
}

TEST(NeedsObjectTest, WhatIsNotSeenOrElsewhereHasNot) {
  EXPECT_FALSE(Needs(!ask::Expression(Walking())));
  EXPECT_FALSE(Needs(ask::Expression(Car()) || !ask::Expression(Car())));
  EXPECT_FALSE(Needs(ask::AtMost(2, Car())));
  EXPECT_FALSE(Needs(ask::Exactly(0, Car())));
  EXPECT_FALSE(Needs(ask::FewerThan(1, Car())));
  EXPECT_FALSE(Needs(ask::On("front", Car())));
  EXPECT_TRUE(Needs(ask::On("front", Car()) && Walking()));
}

TEST(NeedsObjectTest, SensorsAreAskedWhereTheyWereObserved) {
  Query query;
  query.condition = ask::Expression(Walking()).condition();
  const QueryStream camera{1, "front", true, 96, 64, false};
  QueryStream sensor{2, "body.imu", false, 0, 0, true};
  EXPECT_TRUE(IsAmong(query, camera));
  EXPECT_TRUE(IsAmong(query, sensor));
  query.condition = (!ask::Expression(Walking())).condition();
  EXPECT_TRUE(IsAmong(query, camera));
  EXPECT_FALSE(IsAmong(query, sensor));
  query.streams = {"body*"};
  EXPECT_FALSE(IsAmong(query, camera));
  EXPECT_TRUE(IsAmong(query, sensor));
  query = {ask::Expression(Walking()).condition(), {}, 0, 1, {}, {}};
  sensor.observed = false;
  EXPECT_FALSE(IsAmong(query, sensor));
}

}  // namespace
}  // namespace fovea
