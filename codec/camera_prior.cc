// SPDX-License-Identifier: GPL-2.0-or-later
//
//   u8 version 1, model list of one, varint columns, varint rows,
//   varint frames, u64 bits of the reference, energies of the mean

#include "codec/camera_prior.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "codec/byte_stream.h"
#include "codec/internal/energies.h"
#include "codec/internal/model_list.h"
#include "codec/internal/sensitivity_check.h"
#include "codec/quality_map.h"

namespace fovea {
namespace {

constexpr uint8_t kVersion = 1;

absl::Status Damaged(const std::string& what) {
  return absl::DataLossError("prior: " + what);
}

// What is wrong with size and reference; empty when nothing is.
std::string Fault(int columns, int rows, double reference,
                  const CodecLimits& limits) {
  const int most = MacroblockCount(limits.max_side);
  if (columns < 1 || rows < 1 || columns > most || rows > most) {
    return absl::StrCat("expected sides of 1 to ", most, " macroblocks, found ",
                        columns, "x", rows);
  }
  if (!std::isfinite(reference) || reference < 0) {
    return absl::StrCat("expected a reference from 0 up, found ", reference);
  }
  return "";
}

}  // namespace

bool CameraPrior::Fits(const ModelDigest& digest, int wanted_columns,
                       int wanted_rows) const {
  return model.digest == digest && columns == wanted_columns &&
         rows == wanted_rows;
}

CameraPrior NewCameraPrior(const ModelId& model, int columns, int rows) {
  CameraPrior prior;
  prior.model = model;
  prior.columns = columns;
  prior.rows = rows;
  prior.mean.assign(static_cast<size_t>(columns) * static_cast<size_t>(rows),
                    0.0);
  return prior;
}

absl::Status AddToPrior(std::span<const double> sensitivity,
                        CameraPrior* prior) {
  if (absl::Status s =
          internal::CheckSensitivity(sensitivity, prior->columns, prior->rows);
      !s.ok()) {
    return s;
  }
  ++prior->frames;
  const double share =
      1.0 / static_cast<double>(std::min(prior->frames, kPriorMemory));
  for (size_t i = 0; i < sensitivity.size(); ++i) {
    double& mean = prior->mean[i];
    mean = mean * (1 - share) + sensitivity[i] * share;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<uint8_t>> EncodeCameraPrior(
    const CameraPrior& prior) {
  const CodecLimits limits;
  const std::string fault =
      Fault(prior.columns, prior.rows, prior.reference, limits);
  if (!fault.empty()) return absl::InvalidArgumentError("prior: " + fault);
  if (absl::Status s = internal::CheckModels({prior.model}, limits); !s.ok()) {
    return s;
  }
  if (absl::Status s =
          internal::CheckSensitivity(prior.mean, prior.columns, prior.rows);
      !s.ok()) {
    return s;
  }
  std::vector<uint8_t> out = {kVersion};
  internal::PutModels({prior.model}, &out);
  PutVarint(static_cast<uint64_t>(prior.columns), &out);
  PutVarint(static_cast<uint64_t>(prior.rows), &out);
  PutVarint(prior.frames, &out);
  PutU64(std::bit_cast<uint64_t>(prior.reference), &out);
  internal::PutEnergies(prior.mean, prior.columns, prior.rows, &out);
  return out;
}

absl::StatusOr<CameraPrior> DecodeCameraPrior(std::span<const uint8_t> bytes,
                                              const CodecLimits& limits) {
  ByteReader in(bytes);
  const uint8_t version = in.U8();
  if (in.ok() && version != kVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat("prior of version ", static_cast<int>(version),
                     "; this build reads version 1"));
  }
  std::vector<ModelId> models;
  const bool listed = internal::TakeModels(limits, &in, &models);
  const uint64_t most = static_cast<uint64_t>(limits.max_side);
  CameraPrior prior;
  prior.columns = static_cast<int>(std::min(in.Varint(), most));
  prior.rows = static_cast<int>(std::min(in.Varint(), most));
  prior.frames = in.Varint();
  prior.reference = std::bit_cast<double>(in.U64());
  if (!listed || !in.ok()) {
    return Damaged("ends early, or a model name beyond the limits");
  }
  if (models.size() != 1) {
    return Damaged(absl::StrCat("expected 1 model, found ", models.size()));
  }
  prior.model = std::move(models[0]);
  const std::string fault =
      Fault(prior.columns, prior.rows, prior.reference, limits);
  if (!fault.empty()) return Damaged(fault);
  auto mean = internal::TakeEnergies(prior.columns, prior.rows, &in);
  if (!mean.ok()) return Damaged(std::string(mean.status().message()));
  if (in.remaining() > 0) {
    return Damaged(absl::StrCat(in.remaining(), " bytes left over"));
  }
  prior.mean = *std::move(mean);
  return prior;
}

}  // namespace fovea
