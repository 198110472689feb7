// SPDX-License-Identifier: GPL-2.0-or-later
//
//   MODELS/NAME/model.yaml   the card; network or program and label file are
//                            named in it
//   MODELS/NAME/digest       hexadecimal, as it was when the model was added

#include "api/model_folder.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api/model_check.h"
#include "api/nearest_name.h"
#include "api/whole_file.h"
#include "api/window_program.h"
#include "store/chunk_id.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

constexpr char kCardName[] = "model.yaml";
constexpr char kDigestName[] = "digest";
constexpr char kDigestVersion[] = "fovea model 1\n";
constexpr size_t kMaxLabelFileBytes = kMaxLabels * (kMaxLabelBytes + 2);
// Of a network, or of a command's files together.
constexpr size_t kMaxModelBytes = size_t{512} << 20;

bool IsProgram(const ModelFiles& files) {
  return IsProgram(files.card.decoder);
}

std::string TextOf(const std::vector<uint8_t>& bytes) {
  return {bytes.begin(), bytes.end()};
}

// Each part with its size, so that no two lists of parts are the same bytes.
void AppendPart(std::span<const uint8_t> part, std::vector<uint8_t>* all) {
  const std::string size = absl::StrCat(part.size(), "\n");
  all->insert(all->end(), size.begin(), size.end());
  all->insert(all->end(), part.begin(), part.end());
}

std::span<const uint8_t> BytesOf(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

absl::StatusOr<std::string> ResolveCard(const std::string& spec,
                                        const std::string& models) {
  const fs::path path(spec);
  std::error_code none;
  if (fs::is_regular_file(path, none)) return spec;
  if (fs::is_regular_file(path / kCardName, none)) {
    return (path / kCardName).string();
  }
  const fs::path added = fs::path(models) / spec / kCardName;
  if (fs::is_regular_file(added, none)) return added.string();
  std::string near;
  if (const auto names = ListModels(models); names.ok()) {
    near = NearestName(spec, *names);
  }
  return absl::NotFoundError(absl::StrCat(
      "model ", spec, ": is neither a model.yaml, nor a folder with one, nor ",
      "a name in ", models,
      near.empty() ? "; see 'fovea model list'"
                   : absl::StrCat("; did you mean ", near, "?")));
}

absl::Status CheckRecordedDigest(const ModelFiles& files) {
  const std::string path =
      (fs::path(files.card_path).parent_path() / kDigestName).string();
  std::error_code none;
  if (!fs::exists(path, none)) return absl::OkStatus();
  const auto recorded = ReadWholeFile(path, 1024);
  if (!recorded.ok()) return recorded.status();
  if (TextOf(*recorded) == ChunkId{files.digest}.ToHex() + "\n") {
    return absl::OkStatus();
  }
  return absl::DataLossError(absl::StrCat(
      files.card_path, ": these files are not those that were added (digest ",
      "differs); remove the model and add it again"));
}

// Whether a word of a command names a file in the card's folder.
bool IsBeside(const fs::path& folder, const std::string& word) {
  const fs::path path = fs::path(word).lexically_normal();
  std::error_code none;
  return !path.empty() && path.is_relative() && *path.begin() != ".." &&
         path != kDigestName && fs::is_regular_file(folder / path, none);
}

absl::Status CheckProgram(const fs::path& folder, const ModelFiles& files) {
  const std::string& word = files.card.command[0];
  const std::string& program = files.command[0];
  if (word == program && word.front() != '/' && word.find('/') != word.npos) {
    return absl::NotFoundError(absl::StrCat(
        files.card_path, ": program ", (folder / word).string(),
        " is not there; put it beside the card, or give its whole path"));
  }
  if (word != program && access(program.c_str(), X_OK) != 0) {
    return absl::PermissionDeniedError(
        absl::StrCat(files.card_path, ": program ", program,
                     " may not be run; chmod +x it"));
  }
  return absl::OkStatus();
}

// The network, or the files of the command: `parts` gets their bytes.
absl::Status ReadNetwork(ModelFiles* files,
                         std::vector<std::vector<uint8_t>>* parts) {
  auto network = ReadWholeFile(files->network_path, kMaxModelBytes);
  if (!network.ok()) return network.status();
  parts->push_back(*std::move(network));
  return absl::OkStatus();
}

absl::Status ReadCommand(ModelFiles* files,
                         std::vector<std::vector<uint8_t>>* parts) {
  const fs::path folder = fs::path(files->card_path).parent_path();
  size_t left = kMaxModelBytes;
  for (const std::string& word : files->card.command) {
    parts->emplace_back();
    if (!IsBeside(folder, word)) {
      files->command.push_back(word);
      continue;
    }
    const fs::path path = fs::absolute(folder / word).lexically_normal();
    auto bytes = ReadWholeFile(path.string(), left);
    if (!bytes.ok()) return bytes.status();
    left -= bytes->size();
    parts->back() = *std::move(bytes);
    files->command.push_back(path.string());
    files->command_files.push_back(word);
  }
  return CheckProgram(folder, *files);
}

absl::StatusOr<std::vector<uint8_t>> ReadLabels(ModelFiles* files) {
  if (files->label_path.empty()) return std::vector<uint8_t>();
  auto bytes = ReadWholeFile(files->label_path, kMaxLabelFileBytes);
  if (!bytes.ok()) return bytes.status();
  auto lines = ParseLabels(files->label_path, TextOf(*bytes));
  if (!lines.ok()) return lines.status();
  files->labels = *std::move(lines);
  return bytes;
}

// The card at `path`; network and labels beside it unless given.
absl::StatusOr<ModelFiles> ReadFiles(const std::string& path,
                                     const std::string& network_path,
                                     const std::string& label_path) {
  ModelFiles files;
  const auto yaml = ReadWholeFile(path, kMaxCardBytes);
  if (!yaml.ok()) return yaml.status();
  auto card = ParseModelCard(path, TextOf(*yaml));
  if (!card.ok()) return card.status();
  files.card = *std::move(card);
  files.card_path = path;
  const fs::path folder = fs::path(path).parent_path();
  files.network_path = network_path;
  if (network_path.empty() && !IsProgram(files)) {
    files.network_path = (folder / files.card.network).string();
  }
  files.label_path = label_path;
  if (label_path.empty() && !files.card.labels.empty()) {
    files.label_path = (folder / files.card.labels).string();
  }
  std::vector<std::vector<uint8_t>> parts;
  absl::Status read = IsProgram(files) ? ReadCommand(&files, &parts)
                                       : ReadNetwork(&files, &parts);
  if (!read.ok()) return read;
  const auto labels = ReadLabels(&files);
  if (!labels.ok()) return labels.status();
  std::vector<uint8_t> all;
  AppendPart(BytesOf(kDigestVersion), &all);
  AppendPart(BytesOf(files.card.Canonical()), &all);
  AppendPart(*labels, &all);
  files.bytes = labels->size();
  for (const std::vector<uint8_t>& part : parts) {
    AppendPart(part, &all);
    files.bytes += part.size();
  }
  files.digest = ChunkId::Of(all).bytes;
  return files;
}

absl::StatusOr<std::unique_ptr<Model>> OpenFiles(
    const ModelFiles& files, const NetworkOptions& options) {
  if (IsProgram(files)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "model ", files.card.name, ": a program only answers, it has no ",
        "gradients; use ",
        TakesWindows(files.card.decoder)
            ? "'fovea run STREAM --model', which stores what it tells"
            : "'fovea ingest --model', which makes maps from its boxes, or "
              "'fovea encode --boxes'"));
  }
  auto network = OpenNetwork(files.network_path, options);
  if (!network.ok()) return network.status();
  return std::make_unique<Model>(DescriptionOf(files), *std::move(network));
}

absl::Status Copy(const std::string& from, const fs::path& to) {
  std::error_code error;
  fs::create_directories(to.parent_path(), error);
  // A command may name the card or the labels, too.
  if (!error) {
    fs::copy_file(from, to, fs::copy_options::overwrite_existing, error);
  }
  if (!error) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(from, ": cannot be copied to ",
                                          to.string(), ": ", error.message()));
}

// Bytes may change under the copy: what counts is what lies there after it.
absl::Status CopyInto(const ModelFiles& files, const fs::path& folder) {
  absl::Status s = Copy(files.card_path, folder / kCardName);
  if (!IsProgram(files)) {
    s.Update(Copy(files.network_path, folder / files.card.network));
  }
  const fs::path from = fs::path(files.card_path).parent_path();
  for (const std::string& file : files.command_files) {
    s.Update(Copy((from / file).string(), folder / file));
  }
  if (!files.label_path.empty()) {
    s.Update(Copy(files.label_path, folder / files.card.labels));
  }
  if (!s.ok()) return s;
  const auto copied = ReadFiles((folder / kCardName).string(), "", "");
  if (!copied.ok()) return copied.status();
  if (copied->digest != files.digest) {
    return absl::DataLossError(files.card_path +
                               ": what it names changed while it was read; "
                               "add it again");
  }
  return WriteWholeFile((folder / kDigestName).string(),
                        ChunkId{files.digest}.ToHex() + "\n");
}

// Starts a program and asks it about noise.
absl::Status AskOnce(const ModelFiles& files) {
  if (TakesWindows(files.card.decoder)) {
    auto model =
        WindowProgram::Start(DescriptionOf(files), ProgramOptionsOf(files));
    if (!model.ok()) return model.status();
    return CheckWindowProgram(model->get()).status();
  }
  auto model = OpenExternalModel(files);
  if (!model.ok()) return model.status();
  return CheckExternalModel(model->get()).status();
}

// Of a program: what it needs and no word names is not in the copy.
absl::Status CheckCopy(const fs::path& folder) {
  const auto files = ReadFiles((folder / kCardName).string(), "", "");
  if (!files.ok()) return files.status();
  const absl::Status asked = AskOnce(*files);
  if (asked.ok()) return absl::OkStatus();
  return absl::Status(
      asked.code(),
      absl::StrCat(std::string(asked.message()),
                   "; it runs in a copy: every file it needs must be a word ",
                   "of 'command' or stand elsewhere"));
}

// A card without a place for what was given beside it.
absl::Status CheckPlaces(const NewModel& added, const ModelFiles& files) {
  if (!added.labels.empty() && files.card.labels.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(files.card_path, ": names no label file; give it the key ",
                     "'labels'"));
  }
  if (!added.network.empty() && IsProgram(files)) {
    return absl::InvalidArgumentError(absl::StrCat(
        files.card_path, ": names a program; leave the network file out"));
  }
  return absl::OkStatus();
}

// Of a network, before it is copied.
absl::Status CheckNetwork(const ModelFiles& files) {
  const auto model = OpenFiles(files, NetworkOptions());
  if (!model.ok()) return model.status();
  return CheckModel(model->get()).status();
}

}  // namespace

std::string DefaultModelFolder() {
  if (const char* models = std::getenv("FOVEA_MODELS")) return models;
  if (const char* data = std::getenv("XDG_DATA_HOME")) {
    return absl::StrCat(data, "/fovea/models");
  }
  const char* home = std::getenv("HOME");
  return absl::StrCat(home == nullptr ? "." : home,
                      "/.local/share/fovea/models");
}

absl::StatusOr<ModelFiles> ReadModel(const std::string& spec,
                                     const std::string& models) {
  const auto path = ResolveCard(spec, models);
  if (!path.ok()) return path.status();
  auto files = ReadFiles(*path, "", "");
  if (!files.ok()) return files.status();
  if (absl::Status s = CheckRecordedDigest(*files); !s.ok()) return s;
  return files;
}

ModelDescription DescriptionOf(const ModelFiles& files) {
  return {{files.card.name, files.digest}, files.card, files.labels};
}

absl::StatusOr<std::unique_ptr<Model>> OpenModel(
    const std::string& spec, const std::string& models,
    const NetworkOptions& options) {
  const auto files = ReadModel(spec, models);
  if (!files.ok()) return files.status();
  return OpenFiles(*files, options);
}

absl::StatusOr<Models> OpenModels(const std::vector<std::string>& specs,
                                  const std::string& models,
                                  const NetworkOptions& options) {
  Models opened;
  for (const std::string& spec : specs) {
    auto model = OpenModel(spec, models, options);
    if (!model.ok()) return model.status();
    opened.push_back(*std::move(model));
  }
  return opened;
}

absl::StatusOr<LookingModels> OpenLookingModels(
    const std::vector<std::string>& specs, const std::string& models,
    const NetworkOptions& options) {
  LookingModels opened;
  for (const std::string& spec : specs) {
    const auto files = ReadModel(spec, models);
    if (!files.ok()) return files.status();
    if (IsProgram(*files)) {
      auto program = OpenExternalModel(*files);
      if (!program.ok()) return program.status();
      const auto checked = CheckExternalModel(program->get());
      if (!checked.ok()) return checked.status();
      opened.programs.push_back(*std::move(program));
    } else {
      auto network = OpenFiles(*files, options);
      if (!network.ok()) return network.status();
      opened.networks.push_back(*std::move(network));
    }
  }
  return opened;
}

absl::StatusOr<std::unique_ptr<ExternalModel>> OpenExternalModel(
    const ModelFiles& files) {
  if (!IsProgram(files)) {
    return absl::FailedPreconditionError(
        absl::StrCat("model ", files.card.name, ": is a network"));
  }
  if (TakesWindows(files.card.decoder)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "model ", files.card.name, ": is asked about windows of a series; use ",
        "'fovea run STREAM --model' of an imu or series stream"));
  }
  return ExternalModel::Start(DescriptionOf(files), ProgramOptionsOf(files));
}

ExternalModelOptions ProgramOptionsOf(const ModelFiles& files) {
  ExternalModelOptions options;
  options.command = files.command;
  options.timeout_ns = std::llround(files.card.timeout_s * 1e9);
  return options;
}

absl::StatusOr<ModelFiles> AddModel(const NewModel& added,
                                    const std::string& models) {
  const auto path = ResolveCard(added.card, models);
  if (!path.ok()) return path.status();
  auto files = ReadFiles(*path, added.network, added.labels);
  if (!files.ok()) return files.status();
  if (absl::Status s = CheckPlaces(added, *files); !s.ok()) return s;
  const std::string name = added.name.empty() ? files->card.name : added.name;
  const fs::path folder = fs::path(models) / name;
  std::error_code error;
  if (fs::exists(folder, error)) {
    return absl::AlreadyExistsError(
        absl::StrCat("model ", name, ": is in ", models,
                     " already; 'fovea model rm' it first or give --name"));
  }
  const bool program = IsProgram(*files);
  if (absl::Status s = program ? absl::OkStatus() : CheckNetwork(*files);
      !s.ok()) {
    return s;
  }
  const fs::path partial = folder.string() + ".partial";
  fs::remove_all(partial, error);
  absl::Status copied = CopyInto(*files, partial);
  if (copied.ok() && program) copied = CheckCopy(partial);
  if (copied.ok()) {
    fs::rename(partial, folder, error);
    if (!error) return ReadModel(folder.string(), models);
    copied = absl::InternalError(
        absl::StrCat(folder.string(), ": ", error.message()));
  }
  fs::remove_all(partial, error);
  return copied;
}

absl::StatusOr<std::vector<std::string>> ListModels(const std::string& models) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(models, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code none;
    if (fs::is_regular_file(entry->path() / kCardName, none) &&
        entry->path().extension() != ".partial") {
      names.push_back(entry->path().filename().string());
    }
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    return absl::PermissionDeniedError(
        absl::StrCat(models, ": ", error.message()));
  }
  std::sort(names.begin(), names.end());
  return names;
}

absl::Status RemoveModel(const std::string& name, const std::string& models) {
  const auto names = ListModels(models);
  if (!names.ok()) return names.status();
  if (std::find(names->begin(), names->end(), name) == names->end()) {
    return absl::NotFoundError(
        absl::StrCat("model ", name, ": none is called ", "so in ", models));
  }
  std::error_code error;
  fs::remove_all(fs::path(models) / name, error);
  return error ? absl::InternalError(absl::StrCat(name, ": ", error.message()))
               : absl::OkStatus();
}

}  // namespace fovea
