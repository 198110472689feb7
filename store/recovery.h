// SPDX-License-Identifier: GPL-2.0-or-later
//
// Brings catalogue and segments together after the last process ended,
// however it ended: whole commits the catalogue lacks are replayed into it,
// a tail that no journal covers is cut off.

#ifndef FOVEA_STORE_RECOVERY_H_
#define FOVEA_STORE_RECOVERY_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "store/file_system.h"
#include "store/internal/catalogue.h"
#include "store/internal/catalogue_state.h"
#include "store/internal/store_rows.h"
#include "store/segment_folder.h"
#include "store/segment_format.h"

namespace fovea {

struct Recovered {
  uint64_t last_sequence = 0;
  uint64_t newest_segment = 0;  // greatest id ever committed to
  SegmentStates open;           // the newest of each retention class
};

// Reads only segments that were open, or younger than the catalogue. Never
// cuts what a later commit follows: such damage stays in place for reads
// and Verify() to name. kDataLoss when the catalogue knows commits that the
// segments lack, or when one between two others cannot be read.
absl::StatusOr<Recovered> Recover(FileSystem* file_system,
                                  SegmentFolder* folder, Catalogue* catalogue,
                                  const StoreId& store_id);

// The same for a catalogue that is only read: changes no file, and takes
// from the segments what follows on from what the catalogue knows, be it
// nothing.
absl::StatusOr<Recovered> CatchUp(SegmentFolder* folder, Catalogue* catalogue,
                                  const StoreId& store_id);

// Returns once the file of segment `id` and its name are on stable storage.
absl::Status SyncSegment(FileSystem* file_system, SegmentFolder* folder,
                         uint64_t id);

// Ends the removal of segments whose content was copied forward, unless
// readers hold them.
absl::Status FinishRetired(FileSystem* file_system, SegmentFolder* folder,
                           Catalogue* catalogue);

// kDataLoss when the catalogue's last commit is not where it says.
absl::Status CheckCatalogueNotAhead(SegmentFolder* folder,
                                    Catalogue* catalogue);

}  // namespace fovea

#endif  // FOVEA_STORE_RECOVERY_H_
