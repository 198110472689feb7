// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fixed-order arithmetic only: the same input gives the same bits on every
// machine without fused multiply-add.

#include "api/scene_geometry.h"

#include <cmath>
#include <cstddef>

namespace fovea::scene {
namespace {

// Taylor series of sin(x), |x| <= pi/2: the first left-out term is below
// 2e-17.
double SineNearZero(double x) {
  const double x2 = x * x;
  double term = x;
  double sum = x;
  for (int k = 1; k <= 10; ++k) {
    term *= -x2 / ((2.0 * k) * (2.0 * k + 1.0));
    sum += term;
  }
  return sum;
}

double Sine(double radians) { return SineOfTurns(radians / kRadiansPerTurn); }
double Cosine(double radians) {
  return CosineOfTurns(radians / kRadiansPerTurn);
}

}  // namespace

Mat3 operator*(const Mat3& a, const Mat3& b) {
  Mat3 out;
  for (size_t r = 0; r < 3; ++r) {
    for (size_t c = 0; c < 3; ++c) {
      out.m[3 * r + c] = a.m[3 * r] * b.m[c] + a.m[3 * r + 1] * b.m[3 + c] +
                         a.m[3 * r + 2] * b.m[6 + c];
    }
  }
  return out;
}

Vec3 operator*(const Mat3& a, Vec3 v) {
  return {a.m[0] * v.x + a.m[1] * v.y + a.m[2] * v.z,
          a.m[3] * v.x + a.m[4] * v.y + a.m[5] * v.z,
          a.m[6] * v.x + a.m[7] * v.y + a.m[8] * v.z};
}

Mat3 Transpose(const Mat3& a) {
  return {
      {a.m[0], a.m[3], a.m[6], a.m[1], a.m[4], a.m[7], a.m[2], a.m[5], a.m[8]}};
}

Mat3 Inverse(const Mat3& a) {
  const auto& m = a.m;
  Mat3 out{{m[4] * m[8] - m[5] * m[7], m[2] * m[7] - m[1] * m[8],
            m[1] * m[5] - m[2] * m[4], m[5] * m[6] - m[3] * m[8],
            m[0] * m[8] - m[2] * m[6], m[2] * m[3] - m[0] * m[5],
            m[3] * m[7] - m[4] * m[6], m[1] * m[6] - m[0] * m[7],
            m[0] * m[4] - m[1] * m[3]}};
  const double determinant =
      m[0] * out.m[0] + m[1] * out.m[3] + m[2] * out.m[6];
  for (double& value : out.m) value /= determinant;
  return out;
}

Mat3 FromColumns(Vec3 a, Vec3 b, Vec3 c) {
  return {{a.x, b.x, c.x, a.y, b.y, c.y, a.z, b.z, c.z}};
}

double SineOfTurns(double turns) {
  double t = turns - std::floor(turns + 0.5);  // -0.5 .. 0.5
  if (t > 0.25) t = 0.5 - t;
  if (t < -0.25) t = -0.5 - t;
  return SineNearZero(t * kRadiansPerTurn);
}

double CosineOfTurns(double turns) { return SineOfTurns(turns + 0.25); }

Mat3 TurnAboutX(double radians) {
  const double c = Cosine(radians);
  const double s = Sine(radians);
  return {{1, 0, 0, 0, c, -s, 0, s, c}};
}

Mat3 TurnAboutY(double radians) {
  const double c = Cosine(radians);
  const double s = Sine(radians);
  return {{c, 0, s, 0, 1, 0, -s, 0, c}};
}

Mat3 TurnAboutZ(double radians) {
  const double c = Cosine(radians);
  const double s = Sine(radians);
  return {{c, -s, 0, s, c, 0, 0, 0, 1}};
}

std::array<double, 4> ToQuaternion(const Mat3& rotation) {
  const auto& m = rotation.m;
  const double w2 = 1 + m[0] + m[4] + m[8];  // 4 w^2
  const double x2 = 1 + m[0] - m[4] - m[8];
  const double y2 = 1 - m[0] + m[4] - m[8];
  const double z2 = 1 - m[0] - m[4] + m[8];
  std::array<double, 4> q;
  // Through the largest component, whose square root loses least.
  if (w2 >= x2 && w2 >= y2 && w2 >= z2) {
    q = {w2, m[7] - m[5], m[2] - m[6], m[3] - m[1]};
  } else if (x2 >= y2 && x2 >= z2) {
    q = {m[7] - m[5], x2, m[3] + m[1], m[2] + m[6]};
  } else if (y2 >= z2) {
    q = {m[2] - m[6], m[3] + m[1], y2, m[7] + m[5]};
  } else {
    q = {m[3] - m[1], m[2] + m[6], m[7] + m[5], z2};
  }
  double norm = 0;
  for (double value : q) norm += value * value;
  norm = std::sqrt(norm) * (q[0] < 0 ? -1 : 1);
  for (double& value : q) value /= norm;
  return q;
}

Mat3 RayMatrix(const CameraView& view) {
  const Pinhole& lens = view.lens;
  const double inverse = 1 / lens.focal;
  const Mat3 unproject{{inverse, 0, -lens.cx * inverse, 0, inverse,
                        -lens.cy * inverse, 0, 0, 1}};
  return view.rotation * unproject;
}

Vec3 Project(const CameraView& view, Vec3 point) {
  const Vec3 seen = Transpose(view.rotation) * (point - view.position);
  return {view.lens.focal * seen.x / seen.z + view.lens.cx,
          view.lens.focal * seen.y / seen.z + view.lens.cy, seen.z};
}

Mat3 PlaneFromPixel(const PlaneFrame& plane, const CameraView& view) {
  const Mat3 basis =
      FromColumns(plane.u, plane.v, plane.origin - view.position);
  return Inverse(basis) * RayMatrix(view);
}

}  // namespace fovea::scene
