// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/result_file.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api/result_file_format.h"
#include "api/reuse_removal.h"
#include "api/stop_flag.h"
#include "api/stored_results.h"
#include "api/stream_registry.h"
#include "store/chunk_id.h"
#include "store/original_rows.h"
#include "store/row_codec.h"

namespace fovea {
namespace {

constexpr uint64_t kBytesPerCommit = 8U << 20;
constexpr char kPassing[] = ".part";

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

absl::Status FileError(const std::string& path, const char* verb, int error) {
  return absl::ErrnoToStatus(error, absl::StrCat(path, ": cannot ", verb));
}

// --- export -------------------------------------------------------------

// Gone again unless Finish() was called.
class PassingFile {
 public:
  explicit PassingFile(const std::string& path)
      : path_(path), passing_(path + kPassing) {}
  ~PassingFile() {
    if (file_ == nullptr) return;
    file_.reset();
    std::remove(passing_.c_str());
  }

  absl::Status Open() {
    file_.reset(std::fopen(passing_.c_str(), "wbe"));
    return file_ != nullptr ? absl::OkStatus() : Error("write");
  }

  absl::Status Append(std::string_view bytes) {
    const size_t done = std::fwrite(bytes.data(), 1, bytes.size(), file_.get());
    return done == bytes.size() ? absl::OkStatus() : Error("write");
  }

  // In the place of as many bytes at the beginning.
  absl::Status Replace(std::string_view bytes) {
    if (std::fseek(file_.get(), 0, SEEK_SET) != 0) return Error("write");
    return Append(bytes);
  }

  absl::Status Finish() {
    // Else power that fails after the rename may leave an empty file.
    if (std::fflush(file_.get()) != 0 || fsync(fileno(file_.get())) != 0) {
      return Error("write");
    }
    if (std::rename(passing_.c_str(), path_.c_str()) != 0) {
      return Error("rename");
    }
    file_.reset();
    return absl::OkStatus();
  }

 private:
  absl::Status Error(const char* verb) const {
    return FileError(path_, verb, errno);
  }

  const std::string path_;
  const std::string passing_;
  File file_;
};

template <typename T>
bool IsChosen(const std::vector<T>& chosen, const T& one) {
  return chosen.empty() || std::ranges::find(chosen, one) != chosen.end();
}

class Exporter {
 public:
  Exporter(StoreReader* store, const std::string& path,
           const ResultExportOptions& options)
      : store_(store), options_(options), file_(path) {}

  absl::StatusOr<ResultExport> Run() {
    absl::Status status = NameStreams();
    if (status.ok()) status = file_.Open();
    if (status.ok()) status = WriteHead(&PassingFile::Append);
    const auto models = ModelsWithResults(store_);
    if (status.ok()) status = models.status();
    if (!status.ok()) return status;
    for (const ModelKey& model : *models) {
      if (!IsChosen(options_.models, model)) continue;
      const int64_t before = export_.results;
      if (absl::Status s = WriteModel(model); !s.ok()) return s;
      if (export_.results > before) ++export_.models;
    }
    head_.records = static_cast<uint64_t>(export_.results);
    status = WriteHead(&PassingFile::Replace);
    if (status.ok()) status = file_.Finish();
    if (!status.ok()) return status;
    return export_;
  }

 private:
  absl::Status NameStreams() {
    const auto streams = StreamRegistry(store_).List();
    if (!streams.ok()) return streams.status();
    head_.origin = options_.origin;
    for (const StreamRow& stream : *streams) {
      if (!IsChosen(options_.streams, stream.id)) continue;
      head_.names.push_back(stream.name);
      numbers_[stream.id] = head_.names.size();
    }
    return absl::OkStatus();
  }

  absl::Status WriteHead(absl::Status (PassingFile::*write)(std::string_view)) {
    const auto head = EncodeResultFileHead(head_);
    if (!head.ok()) return head.status();
    export_.bytes = std::max<uint64_t>(export_.bytes, head->size());
    return (file_.*write)(*head);
  }

  absl::Status WriteModel(const ModelKey& model) {
    absl::Status bad;
    const absl::Status scanned =
        store_->Scan(Family::kRes, ResultPrefix(model), ResultPrefixEnd(model),
                     [&](std::string_view key, std::string_view value) {
                       bad = WriteRow(key, value);
                       return bad.ok();
                     });
    return scanned.ok() ? bad : scanned;
  }

  absl::Status WriteRow(std::string_view key, std::string_view value) {
    if (Stopped(options_.stop)) return absl::CancelledError("interrupted");
    const auto parts = ParseResultKey(key);
    if (!parts.ok()) return parts.status();
    if (!IsChosen(options_.streams, parts->stream) ||
        parts->kind == kOriginalKind) {
      return absl::OkStatus();
    }
    auto row = DecodeResultRow(value);
    if (!row.ok()) return AboutResult(*parts, row.status());
    ResultRecord record = {0, *parts, *std::move(row)};
    record.row.epoch = 0;
    const auto number = numbers_.find(parts->stream);
    if (number != numbers_.end()) record.name = number->second;
    const std::string bytes = EncodeResultRecord(record);
    ++export_.results;
    export_.bytes += bytes.size();
    return file_.Append(bytes);
  }

  StoreReader* const store_;
  const ResultExportOptions& options_;
  PassingFile file_;
  ResultFileHead head_;
  std::map<StreamId, uint64_t> numbers_;
  ResultExport export_;
};

// --- import -------------------------------------------------------------

// Names an input with its answer, whichever store it is in.
ChunkId NameOf(uint8_t kind, uint32_t region, ResultRow row) {
  row.epoch = 0;
  row.uses = 0;
  row.cost_ns = 0;  // of the machine that asked
  row.carried.reset();
  RowWriter out;
  out.U8(kind);
  out.U32(region);
  out.Bytes(std::string_view(EncodeResultRow(row)));
  const std::string bytes = out.Take();
  return ChunkId::Of(
      {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
}

class Importer {
 public:
  Importer(ChunkStore* store, const ResultImportOptions& options)
      : store_(store), options_(options) {}

  absl::StatusOr<ResultImport> Run(ResultFileReader* reader) {
    import_.origin = reader->head().origin;
    while (!reader->at_end()) {
      if (Stopped(options_.stop)) return absl::CancelledError("interrupted");
      auto record = reader->Next();
      absl::Status status;
      if (record.ok()) {
        status = Take(*std::move(record));
      } else if (absl::IsDataLoss(record.status())) {
        ++import_.damaged;
        import_.damage.Update(record.status());
      } else {
        status = record.status();
      }
      if (status.ok() && IsDue()) status = Commit();
      if (!status.ok()) return status;
    }
    if (absl::Status s = Commit(); !s.ok()) return s;
    return import_;
  }

 private:
  struct OfModel {
    std::set<ChunkId> known;
    uint64_t next_number = 1;
  };

  absl::StatusOr<OfModel*> ReadModel(const ModelKey& model) {
    const auto [entry, is_new] = models_.try_emplace(model);
    OfModel* const of_model = &entry->second;
    if (!is_new) return of_model;
    absl::Status bad;
    const absl::Status scanned =
        store_->Scan(Family::kRes, ResultPrefix(model), ResultPrefixEnd(model),
                     [&](std::string_view key, std::string_view value) {
                       const auto parts = ParseResultKey(key);
                       bad = parts.status();
                       if (!bad.ok()) return false;
                       if (parts->kind == kOriginalKind) return true;
                       if (parts->stream == 0)
                         of_model->next_number = parts->index + 1;
                       auto row = DecodeResultRow(value);
                       if (!row.ok()) bad = AboutResult(*parts, row.status());
                       if (!bad.ok()) return false;
                       of_model->known.insert(
                           NameOf(parts->kind, parts->region, *std::move(row)));
                       return !Stopped(options_.stop);
                     });
    if (!scanned.ok()) return scanned;
    if (!bad.ok()) return bad;
    if (Stopped(options_.stop)) return absl::CancelledError("interrupted");
    return of_model;
  }

  absl::Status Take(ResultRecord record) {
    const auto of_model = ReadModel(record.key.model);
    if (!of_model.ok()) return of_model.status();
    ++import_.results;
    const bool is_new =
        (*of_model)
            ->known
            .insert(NameOf(record.key.kind, record.key.region, record.row))
            .second;
    if (!is_new) {
      ++import_.known;
      return absl::OkStatus();
    }
    ResultKeyParts key = record.key;
    key.stream = 0;
    key.index = (*of_model)->next_number++;
    record.row.epoch = store_->NewEpoch();
    record.row.uses = 0;
    batch_.PutRow(Family::kRes, ResultKey(key), EncodeResultRow(record.row));
    ++waiting_;
    return absl::OkStatus();
  }

  bool IsDue() const {
    return waiting_ >= options_.results_per_commit ||
           batch_.payload_bytes() >= kBytesPerCommit;
  }

  absl::Status Commit() {
    if (waiting_ == 0) return absl::OkStatus();
    const absl::Status status =
        store_->Commit(std::exchange(batch_, {})).status();
    if (!status.ok()) return status;
    import_.imported += std::exchange(waiting_, 0);
    return absl::OkStatus();
  }

  ChunkStore* const store_;
  const ResultImportOptions& options_;
  std::map<ModelKey, OfModel> models_;
  CommitBatch batch_;
  int64_t waiting_ = 0;  // in it
  ResultImport import_;
};

}  // namespace

absl::StatusOr<ResultExport> ExportResults(StoreReader* store,
                                           const std::string& path,
                                           const ResultExportOptions& options) {
  return Exporter(store, path, options).Run();
}

absl::StatusOr<ResultImport> ImportResults(ChunkStore* store,
                                           const std::string& path,
                                           const ResultImportOptions& options) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return absl::InvalidArgumentError(path + ": is a folder, not a file");
  }
  const File file(std::fopen(path.c_str(), "rbe"));
  if (file == nullptr) return FileError(path, "open", errno);
  auto reader = ResultFileReader::Open(
      path, [&](std::span<uint8_t> to) -> absl::StatusOr<size_t> {
        const size_t got = std::fread(to.data(), 1, to.size(), file.get());
        if (std::ferror(file.get()) != 0) return FileError(path, "read", errno);
        return got;
      });
  if (!reader.ok()) return reader.status();
  return Importer(store, options).Run(&*reader);
}

}  // namespace fovea
