// SPDX-License-Identifier: GPL-2.0-or-later
//
// Takes results of models from one store to another, so that what one machine
// has asked a model another need not ask again. api/result_file_format.h draws
// the file. It holds what was answered and, for each result, the features of
// its input, which of a picture are a small picture: it is as private as the
// footage.

#ifndef FOVEA_API_RESULT_FILE_H_
#define FOVEA_API_RESULT_FILE_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/chunk_store.h"
#include "store/derived_rows.h"
#include "store/rows.h"
#include "store/store_reader.h"

namespace fovea {

struct ResultExportOptions {
  std::vector<ModelKey> models = {};   // none: all
  std::vector<StreamId> streams = {};  // none: all; 0: what was imported
  std::string origin = {};  // told to who imports: the store's name, say
  const std::atomic<bool>* stop = nullptr;  // kCancelled soon after it is true
};

struct ResultExport {
  int64_t results = 0;
  int64_t models = 0;
  uint64_t bytes = 0;
};

// Writes a file of all results chosen, by model and stream; what was said of
// originals (api/original_answers.h) stays with its footage. Under a passing
// name first, so that there is a whole file or none. Of a snapshot it is
// consistent. kInvalidArgument: an origin beyond the limits. kDataLoss: a row
// that cannot be read. Else as the file system says.
absl::StatusOr<ResultExport> ExportResults(StoreReader* store,
                                           const std::string& path,
                                           const ResultExportOptions& options);

struct ResultImportOptions {
  int64_t results_per_commit = 1000;        // or some 8 MiB, whichever is less
  const std::atomic<bool>* stop = nullptr;  // kCancelled soon after it is true
};

struct ResultImport {
  std::string origin;    // as the file says
  int64_t results = 0;   // read whole
  int64_t imported = 0;  // new to the store
  int64_t known = 0;     // it had these already
  int64_t damaged = 0;   // passed over; more where the file broke off
  // The first damage: kDataLoss, with file and offset. What could be read is
  // imported all the same.
  absl::Status damage;
};

// Adds results to those of stream 0. One that the store has already, its own or
// imported, is not added: same model, same input, same answer; so the same file
// may be imported again, and after a kill. Own results are never changed. One
// import at a time may run in a store. Holds 32 bytes in memory for each result
// stored of the file's models, which are read once. kDataLoss or
// kFailedPrecondition: no file of results, or of a newer release; then nothing
// is imported.
absl::StatusOr<ResultImport> ImportResults(ChunkStore* store,
                                           const std::string& path,
                                           const ResultImportOptions& options);

}  // namespace fovea

#endif  // FOVEA_API_RESULT_FILE_H_
