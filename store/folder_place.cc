// SPDX-License-Identifier: GPL-2.0-or-later

#include "store/internal/folder_place.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "store/format_file.h"
#include "store/internal/status_macros.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

// One name per folder: absolute, without links, dots and a slash at its end.
fs::path PlaceOf(const std::string& folder) {
  std::error_code error;
  fs::path place = fs::weakly_canonical(fs::absolute(folder, error), error);
  if (error) place = fs::path(folder).lexically_normal();
  return place.has_filename() ? place : place.parent_path();
}

bool LiesIn(const fs::path& place, const fs::path& folder) {
  return std::ranges::mismatch(folder, place).in1 == folder.end();
}

}  // namespace

absl::Status CheckApart(const std::string& target, std::string_view what,
                        const std::string& folder) {
  const fs::path place = PlaceOf(target);
  const fs::path other = PlaceOf(folder);
  const bool inside = LiesIn(place, other);
  const bool around = LiesIn(other, place);
  if (!inside && !around) return absl::OkStatus();
  const char* const relation = inside && around ? "' is the "
                               : inside         ? "' lies inside the "
                                                : "' holds the ";
  return absl::FailedPreconditionError(
      absl::StrCat("'", target, relation, std::string(what), " '", folder,
                   "'; name a folder apart from it"));
}

absl::Status CheckInNoStore(FileSystem* file_system,
                            const std::string& target) {
  const fs::path place = PlaceOf(target);
  for (fs::path above = place.parent_path(); above.has_relative_path();
       above = above.parent_path()) {
    FOVEA_ASSIGN_OR_RETURN(const bool is_store,
                           file_system->Exists(absl::StrCat(above.string(), "/",
                                                            kFormatFileName)));
    if (is_store) return CheckApart(target, "store", above.string());
  }
  return absl::OkStatus();
}

}  // namespace fovea
