// SPDX-License-Identifier: GPL-2.0-or-later
//
// Rendered pictures against stated truth, each reached by another route:
// boxes against pictures with and without the object, homography against
// picture patches.

#include "api/scene.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "api/scene_stage.h"
#include "tests/api/scene_fixture.h"

namespace fovea {
namespace {

using scene::Canvas;
using scene::Picture;
using scene::Stage;
using scene::Vec3;

SceneOptions NoiseFree(SceneOptions options) {
  options.shot_noise = options.read_noise = 0;
  options.flicker = options.exposure_drift = 0;
  return options;
}

std::string Luma(const Frame& frame) {
  std::string bytes;
  for (int y = 0; y < frame.height; ++y) {
    const uint8_t* row =
        frame.y.data + static_cast<ptrdiff_t>(y) * frame.y.stride;
    bytes.append(row, row + frame.width);
  }
  return bytes;
}

// Pixels an object changes, as a box and a count.
struct Change {
  int left = std::numeric_limits<int>::max(), top = left;
  int right = 0, bottom = 0;  // one past
  int pixels = 0;
};

Change Compare(const Picture& with, const Picture& without,
               int least_grey_levels = 1) {
  Change change;
  const Canvas& a = with.planes[0];
  for (int y = 0; y < a.height; ++y) {
    for (int x = 0; x < a.width; ++x) {
      int difference = std::abs(a.row(y)[x] - without.planes[0].row(y)[x]);
      for (int plane = 1; plane < 3; ++plane) {
        difference = std::max(
            difference, std::abs(with.planes[plane].row(y / 2)[x / 2] -
                                 without.planes[plane].row(y / 2)[x / 2]) /
                            8);
      }
      if (difference < 256 * least_grey_levels) continue;
      change.left = std::min(change.left, x);
      change.top = std::min(change.top, y);
      change.right = std::max(change.right, x + 1);
      change.bottom = std::max(change.bottom, y + 1);
      ++change.pixels;
    }
  }
  return change;
}

class SceneBoxTest : public ::testing::Test {
 protected:
  // A faint change may come through the soft edge of something nearer,
  // which truth counts as hidden; a strong one may not.
  void Check(const SceneBox& box, const Change& faint, const Change& strong) {
    const double left = box.x, right = box.x + box.width;
    const double top = box.y, bottom = box.y + box.height;
    EXPECT_GE(left, faint.left - 2);
    EXPECT_GE(top, faint.top - 2);
    EXPECT_LE(right, faint.right + 2);
    EXPECT_LE(bottom, faint.bottom + 2);
    if (strong.pixels > 0) {
      EXPECT_LE(left, strong.left + 2);
      EXPECT_LE(top, strong.top + 2);
      EXPECT_GE(right, strong.right - 2);
      EXPECT_GE(bottom, strong.bottom - 2);
    }
    for (const double off : {left - faint.left, top - faint.top,
                             right - faint.right, bottom - faint.bottom}) {
      ++edges_;
      if (std::abs(off) <= 2) ++tight_;
    }
  }

  std::unique_ptr<Stage> stage_ = Build(SmallOptions());
  int edges_ = 0;
  int tight_ = 0;
};

TEST_F(SceneBoxTest, EnclosesPreciselyWhatTheObjectChanges) {
  int hidden = 0;
  for (int64_t index = 0; index < stage_->frames(); index += 17) {
    const Picture with = stage_->Light(0, index);
    for (const SceneBox& box : stage_->Truth(index).boxes[0]) {
      const Picture without = stage_->Light(0, index, box.object);
      SCOPED_TRACE(::testing::Message() << "frame " << index << " object "
                                        << box.object << " " << box.label);
      Check(box, Compare(with, without, 1), Compare(with, without, 40));
      if (box.visible < 0.9) ++hidden;
    }
  }
  EXPECT_GT(edges_, 80);
  EXPECT_GE(tight_, 0.95 * edges_) << tight_ << " of " << edges_;
  EXPECT_GT(hidden, 3);
}

TEST_F(SceneBoxTest, IsCutAtTheBorder) {
  SceneOptions options = SmallOptions();
  options.width = 200;  // tall and narrow: most objects cross the border
  const auto stage = Build(options);
  int cut = 0;
  for (int64_t index = 0; index < stage->frames(); index += 5) {
    for (const SceneBox& box : stage->Truth(index).boxes[0]) {
      EXPECT_GE(box.x, 0);
      EXPECT_LE(box.x + box.width, 200);
      EXPECT_GT(box.visible, 0);
      EXPECT_LE(box.visible, 1);
      const bool at_border = box.x == 0 || box.x + box.width == 200;
      if (at_border && box.visible < 0.9) ++cut;
    }
  }
  EXPECT_GT(cut, 5);
}

// Pixels seen, divided by the visible share, must be the object's whole
// area, which is known from its distance.
TEST(SceneTest, VisibleShareAccountsForWhatIsHidden) {
  const auto stage = Build(SmallOptions());
  double area[6] = {};
  int compared = 0;
  for (int64_t index = 0; index < stage->frames(); index += 9) {
    const auto view = stage->View(0, stage->Seconds(index));
    const Picture with = stage->Light(0, index);
    const auto surfaces = stage->Surfaces(view.position, stage->Seconds(index));
    for (const SceneBox& box : stage->Truth(index).boxes[0]) {
      if (box.visible < 0.25) continue;
      const auto surface =
          std::find_if(surfaces.begin(), surfaces.end(),
                       [&](const auto& s) { return s.object == box.object; });
      const double depth = surface->depth - view.position.y;
      const Change change = Compare(with, stage->Light(0, index, box.object));
      const double whole = change.pixels / box.visible * depth * depth;
      double& first = area[box.object];
      if (first == 0) first = whole;
      EXPECT_NEAR(whole / first, 1, 0.2) << box.label << " frame " << index;
      ++compared;
    }
  }
  EXPECT_GT(compared, 30);
}

TEST(SceneTest, LabelsAreStableAndAllKindsAppear) {
  const auto stage = Build(SmallOptions());
  std::set<std::string> labels;
  std::vector<std::string> of_object(6);
  for (int64_t index = 0; index < stage->frames(); index += 10) {
    for (const SceneBox& box : stage->Truth(index).boxes[0]) {
      std::string& label = of_object[static_cast<size_t>(box.object)];
      if (label.empty()) label = box.label;
      EXPECT_EQ(label, box.label);
      labels.insert(box.label);
    }
  }
  EXPECT_EQ(labels, (std::set<std::string>{"bottle", "car", "person"}));
}

TEST(SceneTest, SeedDecidesEveryPixel) {
  SceneOptions options = SmallOptions();
  const auto first = Scene::Create(options);
  const auto again = Scene::Create(options);
  options.seed = 2;
  const auto other = Scene::Create(options);
  ASSERT_TRUE(first.ok() && again.ok() && other.ok());
  // Out of order on purpose: a frame depends on its index alone.
  const std::string late = Luma(*(*again)->Render(0, 40));
  EXPECT_EQ(Luma(*(*first)->Render(0, 3)), Luma(*(*again)->Render(0, 3)));
  EXPECT_EQ(Luma(*(*first)->Render(0, 40)), late);
  EXPECT_NE(Luma(*(*first)->Render(0, 3)), Luma(*(*other)->Render(0, 3)));
  EXPECT_EQ((*first)->Imu().values, (*again)->Imu().values);
  EXPECT_NE((*first)->Imu().values, (*other)->Imu().values);
}

TEST(SceneTest, NoFrameIsEverRepeated) {
  SceneOptions options = NoiseFree(SmallOptions());
  options.width = 160;
  options.height = 96;
  const auto stage = Build(options);
  std::set<std::string> seen;
  for (int64_t index = 0; index < stage->frames(); ++index) {
    const auto frame = stage->Develop(stage->Light(0, index), 0, index);
    ASSERT_TRUE(frame.ok());
    EXPECT_TRUE(seen.insert(Luma(*frame)).second) << "frame " << index;
  }
}

class SecondCameraTest : public ::testing::Test {
 protected:
  SecondCameraTest() {
    SceneOptions options = NoiseFree(SmallOptions());
    options.second_camera = true;
    options.objects = 0;
    stage_ = Build(options);
  }

  static Vec3 Map(const SceneTruth& truth, double x, double y) {
    const scene::Mat3 h{truth.homography};
    const Vec3 p = h * Vec3{x, y, 1};
    return {p.x / p.z, p.y / p.z, p.z};
  }

  bool Inside(Vec3 p, double margin) const {
    return p.z > 0 && p.x >= margin && p.y >= margin &&
           p.x <= stage_->options().width - 1 - margin &&
           p.y <= stage_->options().height - 1 - margin;
  }

  static double Read(const Canvas& c, double x, double y) {
    const int ix = static_cast<int>(x), iy = static_cast<int>(y);
    const double fx = x - ix, fy = y - iy;
    return (c.row(iy)[ix] * (1 - fx) + c.row(iy)[ix + 1] * fx) * (1 - fy) +
           (c.row(iy + 1)[ix] * (1 - fx) + c.row(iy + 1)[ix + 1] * fx) * fy;
  }

  // Squared difference of a patch and where the homography, moved by
  // (dx, dy), says it went.
  static double Mismatch(const Canvas& first, const Canvas& second,
                         const SceneTruth& truth, int x, int y, double dx,
                         double dy) {
    double sum = 0;
    for (int j = -8; j <= 8; ++j) {
      for (int i = -8; i <= 8; ++i) {
        const Vec3 p = Map(truth, x + i, y + j);
        const double d =
            first.row(y + j)[x + i] - Read(second, p.x + dx, p.y + dy);
        sum += d * d / 65536;
      }
    }
    return sum;
  }

  // The far plane alone.
  Canvas Backdrop(int camera, int64_t index) const {
    Canvas canvas = stage_->Light(camera, index).planes[0];
    const double time_s = stage_->Seconds(index);
    const auto view = stage_->View(camera, time_s);
    DrawSurface(stage_->Surfaces(view.position, time_s).front(), view, 0,
                &canvas);
    return canvas;
  }

  std::unique_ptr<Stage> stage_;
};

TEST_F(SecondCameraTest, HomographyMapsFarPlanePoints) {
  for (int64_t index = 0; index < stage_->frames(); index += 13) {
    const auto first = stage_->View(0, stage_->Seconds(index));
    const auto second = stage_->View(1, stage_->Seconds(index));
    const SceneTruth truth = stage_->Truth(index);
    for (double x = -10; x <= 20; x += 2.5) {
      for (double z = 0; z <= 12; z += 3) {
        const Vec3 a = scene::Project(first, {x, 40, z});
        const Vec3 b = scene::Project(second, {x, 40, z});
        const Vec3 mapped = Map(truth, a.x, a.y);
        EXPECT_NEAR(mapped.x, b.x, 1e-6);
        EXPECT_NEAR(mapped.y, b.y, 1e-6);
      }
    }
  }
}

TEST_F(SecondCameraTest, PicturesObeyTheHomography) {
  int patches = 0, agree = 0;
  double here = 0, beside[4] = {};
  for (const int64_t index : {0, 60}) {
    const SceneTruth truth = stage_->Truth(index);
    const Canvas first = Backdrop(0, index);
    const Canvas second = Backdrop(1, index);
    for (int i = 0; i < 10 * 37; ++i) {
      const int x = 20 + i % 37 * 16, y = 20 + i / 37 * 16;
      if (!Inside(Map(truth, x, y), 14)) continue;
      const auto mismatch = [&](double dx, double dy) {
        return Mismatch(first, second, truth, x, y, dx, dy);
      };
      // What is flat one way fits anywhere along it; it says nothing.
      if (std::min(mismatch(2, 0), mismatch(0, 2)) < 20000) continue;
      const double shifted[] = {mismatch(0.5, 0), mismatch(-0.5, 0),
                                mismatch(0, 0.5), mismatch(0, -0.5)};
      const double best = mismatch(0, 0);
      here += best;
      for (int k = 0; k < 4; ++k) beside[k] += shifted[k];
      ++patches;
      if (best < *std::min_element(shifted, shifted + 4)) ++agree;
    }
  }
  EXPECT_GT(patches, 50);
  EXPECT_GE(agree, 0.95 * patches) << agree << " of " << patches;
  for (const double sum : beside) EXPECT_LT(here, 0.7 * sum);
}

TEST_F(SecondCameraTest, OverlapIsAsAsked) {
  for (const double overlap : {0.2, 0.5, 0.9}) {
    SceneOptions options = stage_->options();
    options.overlap = overlap;
    const auto stage = Build(options);
    double share = 0;
    for (int64_t index = 0; index < 100; index += 10) {
      const SceneTruth truth = stage->Truth(index);
      for (int i = 0; i < 64 * 36; ++i) {
        const Vec3 p = Map(truth, i % 64 * 10 + 4.5, i / 64 * 10 + 4.5);
        if (Inside(p, 0)) share += 1.0 / (64 * 36 * 10);
      }
    }
    EXPECT_NEAR(share, overlap, 0.05);
  }
}

TEST_F(SecondCameraTest, CamerasDoNotShareNoise) {
  SceneOptions options = SmallOptions();
  options.flicker = options.exposure_drift = 0;
  const auto stage = Build(options);
  const Picture light = stage->Light(0, 0);
  const Frame a = *stage->Develop(light, 0, 0);
  const Frame b = *stage->Develop(light, 1, 0);
  double cross = 0, own = 0;
  for (int y = 0; y < a.height; ++y) {
    for (int x = 0; x < a.width; ++x) {
      const double expected = light.planes[0].row(y)[x] / 256.0;
      const double da = a.y.data[y * a.y.stride + x] - expected;
      const double db = b.y.data[y * b.y.stride + x] - expected;
      cross += da * db;
      own += da * da;
    }
  }
  EXPECT_GT(own, 0);
  EXPECT_LT(std::abs(cross / own), 0.02);
}

TEST(SceneTest, TimesFollowTheFrameRate) {
  SceneOptions options = SmallOptions();
  options.fps = 29.97;
  const auto stage = Build(options);
  EXPECT_EQ(stage->frame_rate(), (Rational{30000, 1001}));
  EXPECT_EQ(stage->TimeNs(30000), 1001'000'000'000);
  EXPECT_EQ(stage->frames(), 120);
  options.fps = 12.5;
  EXPECT_EQ(Build(options)->frame_rate(), (Rational{25, 2}));
}

TEST(SceneTest, OddSizesRender) {
  SceneOptions options = SmallOptions();
  options.width = 161;
  options.height = 97;
  const auto made = Scene::Create(options);
  ASSERT_TRUE(made.ok());
  const auto frame = (*made)->Render(0, 5);
  ASSERT_TRUE(frame.ok());
  EXPECT_EQ(frame->width, 161);
  EXPECT_EQ(frame->chroma_height(), 49);
  EXPECT_EQ(frame->pts, 5);
  EXPECT_EQ(frame->time_ns, 166'666'667);
}

TEST(SceneTest, ExtremeShapesAndCountsRender) {
  for (const auto& [width, height] : {std::pair{16, 2000}, {2000, 16}}) {
    SceneOptions options = SmallOptions();
    options.width = width;
    options.height = height;
    options.objects = 64;
    options.second_camera = true;
    options.overlap = 0.1;
    const auto made = Scene::Create(options);
    ASSERT_TRUE(made.ok());
    EXPECT_TRUE((*made)->Render(0, 0).ok());
    EXPECT_TRUE((*made)->Render(1, 7).ok());
    EXPECT_LE((*made)->Truth(3).boxes[1].size(), 64U);
  }
}

TEST(SceneTest, RenderRefusesWhatIsNotThere) {
  const auto made = Scene::Create(SmallOptions());
  ASSERT_TRUE(made.ok());
  EXPECT_EQ((*made)->Render(1, 0).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ((*made)->Render(0, -1).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ((*made)->Render(0, (*made)->frames()).status().code(),
            absl::StatusCode::kInvalidArgument);
}

class BadSceneOptionsTest : public ::testing::Test {
 protected:
  void Refuse(void (*spoil)(SceneOptions*), const std::string& word) {
    SceneOptions options;
    spoil(&options);
    const auto made = Scene::Create(options);
    ASSERT_FALSE(made.ok()) << word;
    EXPECT_EQ(made.status().code(), absl::StatusCode::kInvalidArgument);
    const std::string message(made.status().message());
    EXPECT_NE(message.find(word), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos);
  }
};

TEST_F(BadSceneOptionsTest, AreNamed) {
  Refuse([](SceneOptions* o) { o->width = o->height = 0; }, "width");
  Refuse([](SceneOptions* o) { o->height = 100000; }, "height");
  Refuse([](SceneOptions* o) { o->width = -640; }, "width");
  Refuse([](SceneOptions* o) { o->fps = 1, o->seconds = 0; }, "seconds");
  Refuse([](SceneOptions* o) { o->fps = 1, o->seconds = 0.1; }, "no frame");
  Refuse([](SceneOptions* o) { o->fps = 0; }, "frame rate");
  Refuse([](SceneOptions* o) { o->fps = std::nan(""); }, "frame rate");
  Refuse([](SceneOptions* o) { o->seconds = INFINITY; }, "seconds");
  Refuse([](SceneOptions* o) { o->objects = 1'000'000'000; }, "objects");
  Refuse([](SceneOptions* o) { o->objects = -1; }, "objects");
  Refuse([](SceneOptions* o) { o->imu_rate_hz = 0; }, "IMU rate");
  Refuse([](SceneOptions* o) { o->imu_rate_hz = 32000, o->seconds = 86400; },
         "IMU samples");
  Refuse([](SceneOptions* o) { o->shot_noise = -1; }, "shot noise");
  Refuse([](SceneOptions* o) { o->flicker = 3; }, "flicker");
  Refuse([](SceneOptions* o) { o->second_camera = true, o->overlap = 0; },
         "overlap");
}

TEST(SceneTest, StillCameraStaysWhereItIs) {
  SceneOptions options = SmallOptions();
  options.still_camera = true;
  const auto stage = Build(options);
  ASSERT_NE(stage, nullptr);
  const SceneTruth first = stage->Truth(0);
  for (const int64_t index : {1, 30, 119}) {
    EXPECT_EQ(stage->Truth(index).pose.position_m, first.pose.position_m);
    EXPECT_EQ(stage->Truth(index).pose.orientation, first.pose.orientation);
  }
}

TEST(SceneTest, ObjectsThatRoamComeAndGo) {
  SceneOptions options = SmallOptions();
  options.still_camera = true;
  options.objects = 2;
  options.roam = 8;
  const auto stage = Build(options);
  ASSERT_NE(stage, nullptr);
  int empty = 0, shown = 0;
  for (int64_t second = 0; second < 200; ++second) {
    ++(stage->Truth(30 * second).boxes[0].empty() ? empty : shown);
  }
  EXPECT_GT(empty, 100);
  EXPECT_GT(shown, 10);
}

}  // namespace
}  // namespace fovea
