# SPDX-License-Identifier: GPL-2.0-or-later
# Third-party libraries, each found once. Rooms name the ones they use.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(absl REQUIRED CONFIG)
find_package(CLI11 REQUIRED CONFIG)
find_package(EXPAT REQUIRED)
find_package(nlohmann_json REQUIRED CONFIG)
find_package(OpenSSL REQUIRED)
find_package(PNG REQUIRED)
find_package(RocksDB REQUIRED CONFIG)
find_package(JPEG REQUIRED)
find_package(yaml-cpp REQUIRED)

pkg_check_modules(FFMPEG REQUIRED IMPORTED_TARGET
                  libavformat libavcodec libavutil libswscale)
pkg_check_modules(HWY REQUIRED IMPORTED_TARGET libhwy)
pkg_check_modules(LZ4 REQUIRED IMPORTED_TARGET liblz4)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
if(FOVEA_X264)
  pkg_check_modules(X264 REQUIRED IMPORTED_TARGET x264)
endif()
