// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where a backup or a restored store must not be made: inside a store it
// would be taken for part of it, and go with it.

#ifndef FOVEA_STORE_INTERNAL_FOLDER_PLACE_H_
#define FOVEA_STORE_INTERNAL_FOLDER_PLACE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "store/file_system.h"

namespace fovea {

// kFailedPrecondition, naming both, where `target` is `folder`, lies inside
// it or holds it. Links on the way are followed; neither need be there.
// `what` says what `folder` is: "store".
absl::Status CheckApart(const std::string& target, std::string_view what,
                        const std::string& folder);

// kFailedPrecondition, naming both, where `target` lies inside any store.
absl::Status CheckInNoStore(FileSystem* file_system, const std::string& target);

}  // namespace fovea

#endif  // FOVEA_STORE_INTERNAL_FOLDER_PLACE_H_
