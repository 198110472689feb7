// SPDX-License-Identifier: GPL-2.0-or-later
//
// The little geometry a generated scene needs: vectors, rotations, pinhole
// views. World axes are metres, x right, y ahead, z up; camera axes are x
// right, y down, z ahead. Only IEEE basic operations and square roots are
// used, so results do not depend on the C library's sine.

#ifndef FOVEA_API_SCENE_GEOMETRY_H_
#define FOVEA_API_SCENE_GEOMETRY_H_

#include <array>

namespace fovea::scene {

inline constexpr double kRadiansPerTurn = 6.283185307179586;
inline constexpr double kGravity = 9.80665;  // m/s2, along -z

struct Vec3 {
  double x = 0, y = 0, z = 0;
};

inline Vec3 operator+(Vec3 a, Vec3 b) {
  return {a.x + b.x, a.y + b.y, a.z + b.z};
}
inline Vec3 operator-(Vec3 a, Vec3 b) {
  return {a.x - b.x, a.y - b.y, a.z - b.z};
}
inline Vec3 operator*(double s, Vec3 a) { return {s * a.x, s * a.y, s * a.z}; }

// Row-major 3x3.
struct Mat3 {
  std::array<double, 9> m{1, 0, 0, 0, 1, 0, 0, 0, 1};
};

Mat3 operator*(const Mat3& a, const Mat3& b);
Vec3 operator*(const Mat3& a, Vec3 v);
Mat3 Transpose(const Mat3& a);
Mat3 Inverse(const Mat3& a);  // requires a determinant other than zero
Mat3 FromColumns(Vec3 a, Vec3 b, Vec3 c);

// Sine and cosine of an angle in turns, to about 1e-15.
double SineOfTurns(double turns);
double CosineOfTurns(double turns);

// Right-handed turns about an axis, in radians.
Mat3 TurnAboutX(double radians);
Mat3 TurnAboutY(double radians);
Mat3 TurnAboutZ(double radians);

// Unit quaternion w, x, y, z of a rotation, with w >= 0.
std::array<double, 4> ToQuaternion(const Mat3& rotation);

// Pixel (0, 0) has its centre at (0, 0).
struct Pinhole {
  double focal = 1;  // pixels, both ways
  double cx = 0, cy = 0;
};

struct CameraView {
  Vec3 position;
  Mat3 rotation;  // world from camera
  Pinhole lens;
};

// World direction, one metre ahead along the optical axis, of a pixel
// (x, y, 1).
Mat3 RayMatrix(const CameraView& view);

// Pixel of a world point as (x, y, depth); depth <= 0 is behind.
Vec3 Project(const CameraView& view, Vec3 point);

// A plane by origin and two unit axes, in metres.
struct PlaneFrame {
  Vec3 origin, u, v;
};

// Maps pixel (x, y, 1) to (u, v, 1) / depth on the plane.
Mat3 PlaneFromPixel(const PlaneFrame& plane, const CameraView& view);

}  // namespace fovea::scene

#endif  // FOVEA_API_SCENE_GEOMETRY_H_
