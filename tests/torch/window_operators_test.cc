// SPDX-License-Identifier: GPL-2.0-or-later
//
// Against values worked out by hand, and convolutions against a plain loop.

#include <algorithm>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "tests/torch/network_fixture.h"

namespace fovea {
namespace {

using testing::Counted;
using testing::Is;
using testing::NetworkTest;
using testing::OnnxFloats;
using testing::OnnxIntegers;
using testing::OnnxSettings;
using Ints = std::vector<int64_t>;
using Text = std::string;
using ::testing::ElementsAre;

class WindowOperatorsTest : public NetworkTest {
 protected:
  static Tensor Random(const Ints& shape) {
    Tensor tensor = Counted(shape);
    std::mt19937 random(7);
    for (float& value : tensor.values) {
      value = static_cast<float>(random() % 17) - 8;
    }
    return tensor;
  }

  static float At(const Tensor& x, int64_t n, int64_t c, int64_t y, int64_t z) {
    const auto& s = x.shape;
    if (y < 0 || z < 0 || y >= s[2] || z >= s[3]) return 0;
    return x
        .values[static_cast<size_t>(((n * s[1] + c) * s[2] + y) * s[3] + z)];
  }
};

struct ConvCase {
  int64_t groups;
  Ints strides, dilations, pads;  // top, left, bottom, right
};

// Written down from the definition.
Tensor PlainConv(const Tensor& x, const Tensor& w, const ConvCase& c,
                 float (*at)(const Tensor&, int64_t, int64_t, int64_t,
                             int64_t)) {
  const int64_t per_group = w.shape[1], outputs = w.shape[0];
  const auto side = [&](size_t i) {
    const int64_t covered = (w.shape[i + 2] - 1) * c.dilations[i] + 1;
    return (x.shape[i + 2] + c.pads[i] + c.pads[i + 2] - covered) /
               c.strides[i] +
           1;
  };
  Tensor y = Counted({x.shape[0], outputs, side(0), side(1)});
  size_t i = 0;
  for (int64_t n = 0; n < x.shape[0]; ++n) {
    for (int64_t o = 0; o < outputs; ++o) {
      const int64_t first = o / (outputs / c.groups) * per_group;
      for (int64_t row = 0; row < y.shape[2]; ++row) {
        for (int64_t column = 0; column < y.shape[3]; ++column) {
          float sum = static_cast<float>(o);  // bias
          for (int64_t k = 0; k < per_group * w.shape[2] * w.shape[3]; ++k) {
            const int64_t ch = k / (w.shape[2] * w.shape[3]);
            const int64_t ky = k / w.shape[3] % w.shape[2];
            const int64_t kx = k % w.shape[3];
            sum += at(w, o, ch, ky, kx) *
                   at(x, n, first + ch,
                      row * c.strides[0] + ky * c.dilations[0] - c.pads[0],
                      column * c.strides[1] + kx * c.dilations[1] - c.pads[1]);
          }
          y.values[i++] = sum;
        }
      }
    }
  }
  return y;
}

TEST_F(WindowOperatorsTest, ConvEqualsThePlainLoop) {
  const ConvCase cases[] = {
      {1, {1, 1}, {1, 1}, {0, 0, 0, 0}}, {1, {1, 1}, {1, 1}, {1, 1, 1, 1}},
      {1, {2, 1}, {1, 2}, {1, 2, 1, 2}}, {1, {1, 2}, {1, 1}, {0, 0, 1, 1}},
      {2, {1, 1}, {1, 1}, {1, 1, 1, 1}}, {4, {2, 2}, {1, 1}, {2, 0, 1, 3}},
  };
  for (const ConvCase& c : cases) {
    const Tensor x = Random({2, 4, 7, 6});
    const Tensor w = Random({4, 4 / c.groups, 3, 2});
    const OnnxSettings settings = {{"group", c.groups},
                                   {"strides", c.strides},
                                   {"dilations", c.dilations},
                                   {"pads", c.pads},
                                   {"kernel_shape", Ints{3, 2}}};
    EXPECT_THAT(
        Apply("Conv", 11, x,
              {OnnxFloats(w.shape, w.values), OnnxFloats({4}, {0, 1, 2, 3})},
              settings),
        ElementsAre(Is(PlainConv(x, w, c, At))));
  }
}

TEST_F(WindowOperatorsTest, ConvOfSensorWindows) {
  const Tensor x{{1, 1, 5}, {1, 2, 3, 4, 5}};
  const std::vector<std::string> difference = {OnnxFloats({1, 1, 2}, {-1, 1})};
  EXPECT_THAT(Apply("Conv", 11, x, difference, {{"pads", Ints{1, 0}}}),
              ElementsAre(Is(Tensor{{1, 1, 5}, {1, 1, 1, 1, 1}})));
  EXPECT_THAT(Apply("Conv", 11, x, difference, {{"strides", Ints{2}}}),
              ElementsAre(Is(Tensor{{1, 1, 2}, {1, 1}})));
}

TEST_F(WindowOperatorsTest, ConvPadsByItself) {
  const Tensor x{{1, 1, 4}, {1, 2, 3, 4}};
  const auto conv = [&](const char* mode, int64_t stride) {
    return Apply("Conv", 11, x, {OnnxFloats({1, 1, 2}, {1, 10})},
                 {{"auto_pad", Text(mode)}, {"strides", Ints{stride}}});
  };
  EXPECT_THAT(conv("VALID", 1),
              ElementsAre(Is(Tensor{{1, 1, 3}, {21, 32, 43}})));
  EXPECT_THAT(conv("SAME_UPPER", 1),
              ElementsAre(Is(Tensor{{1, 1, 4}, {21, 32, 43, 4}})));
  EXPECT_THAT(conv("SAME_LOWER", 1),
              ElementsAre(Is(Tensor{{1, 1, 4}, {10, 21, 32, 43}})));
  EXPECT_THAT(conv("SAME_UPPER", 3),
              ElementsAre(Is(Tensor{{1, 1, 2}, {21, 4}})));
}

TEST_F(WindowOperatorsTest, ConvTransposeSpreads) {
  const Tensor x{{1, 1, 3}, {1, 2, 3}};
  const auto spread = [&](const OnnxSettings& settings) {
    return Apply("ConvTranspose", 11, x,
                 {OnnxFloats({1, 1, 3}, {1, 10, 100}), OnnxFloats({1}, {0})},
                 settings);
  };
  EXPECT_THAT(spread({}),
              ElementsAre(Is(Tensor{{1, 1, 5}, {1, 12, 123, 230, 300}})));
  EXPECT_THAT(
      spread({{"strides", Ints{2}}}),
      ElementsAre(Is(Tensor{{1, 1, 7}, {1, 10, 102, 20, 203, 30, 300}})));
  EXPECT_THAT(spread({{"pads", Ints{1, 0}}}),
              ElementsAre(Is(Tensor{{1, 1, 4}, {12, 123, 230, 300}})));
  EXPECT_THAT(spread({{"strides", Ints{2}},
                      {"pads", Ints{1, 1}},
                      {"output_padding", Ints{1}}}),
              ElementsAre(Is(Tensor{{1, 1, 6}, {10, 102, 20, 203, 30, 300}})));
}

TEST_F(WindowOperatorsTest, MaxPool) {
  const Tensor x{{1, 1, 2, 4}, {-1, -2, -3, -4, -5, -6, -7, -8}};
  const auto pool = [&](const OnnxSettings& more) {
    OnnxSettings settings = {{"kernel_shape", Ints{2, 2}}};
    settings.insert(more.begin(), more.end());
    return Apply("MaxPool", 11, x, {}, settings);
  };
  EXPECT_THAT(pool({}), ElementsAre(Is(Tensor{{1, 1, 1, 3}, {-1, -2, -3}})));
  EXPECT_THAT(pool({{"strides", Ints{2, 3}}, {"ceil_mode", int64_t{1}}}),
              ElementsAre(Is(Tensor{{1, 1, 1, 2}, {-1, -4}})));
  EXPECT_THAT(pool({{"pads", Ints{0, 0, 0, 1}}}),
              ElementsAre(Is(Tensor{{1, 1, 1, 4}, {-1, -2, -3, -4}})));
  EXPECT_THAT(pool({{"pads", Ints{1, 1, 1, 1}}, {"strides", Ints{2, 2}}}),
              ElementsAre(Is(Tensor{{1, 1, 2, 3}, {-1, -2, -4, -5, -6, -8}})));
  EXPECT_THAT(pool({{"dilations", Ints{1, 2}}}),
              ElementsAre(Is(Tensor{{1, 1, 1, 2}, {-1, -2}})));
  EXPECT_THAT(pool({{"auto_pad", Text("SAME_UPPER")}, {"strides", Ints{2, 1}}}),
              ElementsAre(Is(Tensor{{1, 1, 1, 4}, {-1, -2, -3, -4}})));
}

TEST_F(WindowOperatorsTest, AveragePoolCountsPadsOrNot) {
  const Tensor x{{1, 1, 4}, {4, 8, 12, 16}};
  const auto pool = [&](const Ints& pads, int64_t counts) {
    return Apply("AveragePool", 11, x, {},
                 {{"kernel_shape", Ints{2}},
                  {"pads", pads},
                  {"count_include_pad", counts}});
  };
  EXPECT_THAT(pool({0, 0}, 0), ElementsAre(Is(Tensor{{1, 1, 3}, {6, 10, 14}})));
  EXPECT_THAT(pool({1, 1}, 0),
              ElementsAre(Is(Tensor{{1, 1, 5}, {4, 6, 10, 14, 16}})));
  EXPECT_THAT(pool({1, 1}, 1),
              ElementsAre(Is(Tensor{{1, 1, 5}, {2, 6, 10, 14, 8}})));
  EXPECT_THAT(pool({0, 1}, 0),
              ElementsAre(Is(Tensor{{1, 1, 4}, {6, 10, 14, 16}})));
  EXPECT_THAT(pool({0, 1}, 1),
              ElementsAre(Is(Tensor{{1, 1, 4}, {6, 10, 14, 8}})));
}

TEST_F(WindowOperatorsTest, AveragePoolOfPictures) {
  const Tensor x = Counted({1, 1, 3, 3});
  EXPECT_THAT(Apply("AveragePool", 10, x, {},
                    {{"kernel_shape", Ints{2, 2}},
                     {"strides", Ints{2, 2}},
                     {"ceil_mode", int64_t{1}}}),
              ElementsAre(Is(Tensor{{1, 1, 2, 2}, {2, 3.5F, 6.5F, 8}})));
  EXPECT_THAT(Apply("AveragePool", 11, x, {},
                    {{"kernel_shape", Ints{2, 2}},
                     {"strides", Ints{2, 2}},
                     {"auto_pad", Text("SAME_UPPER")}}),
              ElementsAre(Is(Tensor{{1, 1, 2, 2}, {2, 3.5F, 6.5F, 8}})));
}

TEST_F(WindowOperatorsTest, GlobalPools) {
  const Tensor x{{1, 2, 2, 2}, {1, 2, 3, 6, -1, -2, -3, -6}};
  EXPECT_THAT(Apply("GlobalAveragePool", 9, x),
              ElementsAre(Is(Tensor{{1, 2, 1, 1}, {3, -3}})));
  EXPECT_THAT(Apply("GlobalMaxPool", 9, x),
              ElementsAre(Is(Tensor{{1, 2, 1, 1}, {6, -1}})));
  EXPECT_THAT(Apply("GlobalMaxPool", 9, {{1, 1, 3}, {1, 5, 2}}),
              ElementsAre(Is(Tensor{{1, 1, 1}, {5}})));
}

TEST_F(WindowOperatorsTest, ResizeInEveryMode) {
  const Tensor x{{1, 1, 4}, {0, 1, 2, 3}};
  const auto resize = [&](const char* mode, const char* coordinates,
                          const char* nearest, int64_t side) {
    return Apply("Resize", 11, x, {"", "", OnnxIntegers({3}, {1, 1, side})},
                 {{"mode", Text(mode)},
                  {"coordinate_transformation_mode", Text(coordinates)},
                  {"nearest_mode", Text(nearest)}})
        .at(0)
        .values;
  };
  const auto linear = [&](const char* coordinates, int64_t side) {
    return resize("linear", coordinates, "floor", side);
  };
  using ::testing::FloatEq;
  EXPECT_THAT(linear("half_pixel", 8),
              ElementsAre(0, 0.25F, 0.75F, 1.25F, 1.75F, 2.25F, 2.75F, 3));
  EXPECT_THAT(linear("half_pixel", 1), ElementsAre(1.5F));
  EXPECT_THAT(linear("pytorch_half_pixel", 1), ElementsAre(0));
  EXPECT_THAT(linear("pytorch_half_pixel", 2), ElementsAre(0.5F, 2.5F));
  EXPECT_THAT(linear("align_corners", 3), ElementsAre(0, 1.5F, 3));
  EXPECT_THAT(linear("align_corners", 1), ElementsAre(0));
  EXPECT_THAT(linear("asymmetric", 8),
              ElementsAre(0, 0.5F, 1, 1.5F, 2, 2.5F, 3, 3));
  const auto nearest = [&](const char* coordinates, const char* mode,
                           int64_t side) {
    return resize("nearest", coordinates, mode, side);
  };
  EXPECT_THAT(nearest("asymmetric", "floor", 8),
              ElementsAre(0, 0, 1, 1, 2, 2, 3, 3));
  EXPECT_THAT(nearest("asymmetric", "ceil", 8),
              ElementsAre(0, 1, 1, 2, 2, 3, 3, 3));
  EXPECT_THAT(nearest("half_pixel", "round_prefer_floor", 2),
              ElementsAre(0, 2));
  EXPECT_THAT(nearest("half_pixel", "round_prefer_ceil", 2), ElementsAre(1, 3));
  EXPECT_THAT(nearest("tf_half_pixel_for_nn", "floor", 2), ElementsAre(1, 3));
  EXPECT_THAT(nearest("half_pixel", "floor", 4), ElementsAre(0, 1, 2, 3));
}

TEST_F(WindowOperatorsTest, ResizeByScalesInEveryOpset) {
  const Tensor x{{1, 1, 2, 2}, {1, 2, 3, 4}};
  const std::string scales = OnnxFloats({4}, {1, 1, 2, 1.5F});
  const auto expected = ElementsAre(
      Is(Tensor{{1, 1, 4, 3}, {1, 1, 2, 1, 1, 2, 3, 3, 4, 3, 3, 4}}));
  EXPECT_THAT(Apply("Upsample", 9, x, {scales}), expected);
  EXPECT_THAT(Apply("Resize", 10, x, {scales}), expected);
  EXPECT_THAT(Apply("Resize", 11, x, {OnnxFloats({0}, {}), scales},
                    {{"coordinate_transformation_mode", Text("asymmetric")},
                     {"nearest_mode", Text("floor")},
                     {"cubic_coeff_a", -0.75F}}),
              expected);
  // In floats 3 * 1.3333334 is 4, in doubles a little less would be left.
  EXPECT_EQ(Apply("Upsample", 9, Counted({1, 1, 3}),
                  {OnnxFloats({3}, {1, 1, 4.0F / 3})})
                .at(0)
                .shape,
            (Ints{1, 1, 4}));
}

}  // namespace
}  // namespace fovea
