// SPDX-License-Identifier: GPL-2.0-or-later
//
// Profiles of devices (codec/series_profile.h), as ingests are given them and
// as a store knows them.

#ifndef FOVEA_API_DEVICE_PROFILES_H_
#define FOVEA_API_DEVICE_PROFILES_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "codec/sample.h"
#include "codec/series_metadata.h"
#include "codec/series_profile.h"
#include "store/store_reader.h"

namespace fovea {

struct DeviceProfile {
  std::string name;  // of its file, for errors; or "known to the store"
  std::vector<uint8_t> bytes;
  SeriesProfile profile;
};

// Errors of SeriesProfile::Parse(), the name before them.
absl::StatusOr<DeviceProfile> ParseDeviceProfile(std::string name,
                                                 std::vector<uint8_t> bytes);

// Of a file that 'fovea learn imu-profile' wrote. Errors name it.
absl::StatusOr<DeviceProfile> ReadDeviceProfile(const std::string& path);

// The one of `given` that is of the device and has the channels of `series`.
// kFailedPrecondition where none is, saying how the last differs; null where
// none is given.
absl::StatusOr<const DeviceProfile*> ChooseProfile(
    std::span<const DeviceProfile> given, const SeriesInfo& series);

// The newest that the store knows of the device and that has the channels;
// null where there is none.
absl::StatusOr<std::unique_ptr<DeviceProfile>> KnownProfile(
    StoreReader* store, const SeriesInfo& series);

}  // namespace fovea

#endif  // FOVEA_API_DEVICE_PROFILES_H_
