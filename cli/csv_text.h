// SPDX-License-Identifier: GPL-2.0-or-later
//
// Samples as text that reads back to the same numbers.

#ifndef FOVEA_CLI_CSV_TEXT_H_
#define FOVEA_CLI_CSV_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "api/store.h"

namespace fovea::cli {

// `field`, in quotes where CSV needs them.
std::string CsvField(const std::string& field);

// The shortest decimal that reads back to the same double; "nan", "inf".
void AppendDouble(double value, std::string* text);

// The same, but "null" for what JSON has no word for.
void AppendJsonDouble(double value, std::string* text);

// `field` as a cell: quoted where it holds commas, quotes or line ends.
std::string CsvField(const std::string& field);

// "gyro_x [rad/s]", or the name alone where the unit is not known.
std::string ColumnTitle(const Channel& channel);

// "time_ns,gyro_x [rad/s],note\n"; names with commas or quotes are quoted.
std::string CsvHeader(const SeriesInfo& series);

// One line per sample. `batch` holds samples x `channels` values.
void AppendCsvRows(const SeriesBatch& batch, size_t channels,
                   std::string* text);

}  // namespace fovea::cli

#endif  // FOVEA_CLI_CSV_TEXT_H_
