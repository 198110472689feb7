// SPDX-License-Identifier: GPL-2.0-or-later
//
// Channels of a series block whose numbers went through a device's
// calibration (codec/tracked_lattice.h): which of them, and their bytes.
// codec/FORMAT.md draws these.

#ifndef FOVEA_CODEC_SERIES_LATTICE_H_
#define FOVEA_CODEC_SERIES_LATTICE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/byte_stream.h"
#include "codec/tracked_lattice.h"

namespace fovea {

// What every channel is coded as: by itself, or the first of so many that
// are on one lattice, which then take fewer bytes. `bytes`: what each channel
// takes else; `lossy`: those within bounds, which are left alone. One entry for
// each channel; those behind the first of three have none.
std::vector<std::optional<LatticeFit>> FindLattices(
    std::span<const std::vector<double>> columns, std::span<const size_t> bytes,
    const std::vector<bool>& lossy);

// Whether a channel of so many bytes and rows leaves so much of each sample
// that its form seems to have missed the counts: looking for them takes time.
bool IsRough(size_t bytes, size_t rows);

// Whether all units are 0.
bool AllPredicted(const LatticeFit& fit);

// The head of the channels from `columns[0]` on: lattice and exceptions.
void PutLatticeHead(const LatticeFit& fit,
                    std::span<const std::vector<double>> columns,
                    std::vector<uint8_t>* out);

struct LatticeHead {
  TrackedLattice lattice;
  bool has_units = false;
  std::vector<size_t> exceptions;             // rows
  std::vector<std::vector<double>> excepted;  // their samples, by channel
};

// `channels`: that are left in the block. kDataLoss on damage.
absl::StatusOr<LatticeHead> ReadLatticeHead(ByteReader* in, size_t samples,
                                            size_t channels);

// Samples of a head and its numbers; `units` empty where it has none.
std::vector<std::vector<double>> LatticeSamples(const LatticeHead& head,
                                                const LatticeColumns& k,
                                                LatticeColumns units);

}  // namespace fovea

#endif  // FOVEA_CODEC_SERIES_LATTICE_H_
