// SPDX-License-Identifier: GPL-2.0-or-later
//
//   MODELS/NAME/model.yaml   the card; network and label file are named in it
//   MODELS/NAME/digest       hexadecimal, as it was when the model was added

#include "api/model_folder.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <span>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api/nearest_name.h"
#include "api/whole_file.h"
#include "store/chunk_id.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

constexpr char kCardName[] = "model.yaml";
constexpr char kDigestName[] = "digest";
constexpr char kDigestVersion[] = "fovea model 1\n";
constexpr size_t kMaxLabelFileBytes = kMaxLabels * (kMaxLabelBytes + 2);
constexpr size_t kMaxNetworkBytes = size_t{512} << 20;

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
  files.network_path = network_path.empty()
                           ? (folder / files.card.network).string()
                           : network_path;
  files.label_path = label_path;
  if (label_path.empty() && !files.card.labels.empty()) {
    files.label_path = (folder / files.card.labels).string();
  }
  const auto network = ReadWholeFile(files.network_path, kMaxNetworkBytes);
  if (!network.ok()) return network.status();
  std::vector<uint8_t> labels;
  if (!files.label_path.empty()) {
    auto bytes = ReadWholeFile(files.label_path, kMaxLabelFileBytes);
    if (!bytes.ok()) return bytes.status();
    labels = *std::move(bytes);
    auto lines = ParseLabels(files.label_path, TextOf(labels));
    if (!lines.ok()) return lines.status();
    files.labels = *std::move(lines);
  }
  files.bytes = network->size() + labels.size();
  std::vector<uint8_t> all;
  AppendPart(BytesOf(kDigestVersion), &all);
  AppendPart(BytesOf(files.card.Canonical()), &all);
  AppendPart(labels, &all);
  AppendPart(*network, &all);
  files.digest = ChunkId::Of(all).bytes;
  return files;
}

absl::StatusOr<std::unique_ptr<Model>> OpenFiles(
    ModelFiles files, const NetworkOptions& options) {
  auto network = OpenNetwork(files.network_path, options);
  if (!network.ok()) return network.status();
  ModelId id{files.card.name, files.digest};
  return std::make_unique<Model>(std::move(files.card), std::move(files.labels),
                                 std::move(id), *std::move(network));
}

Tensor NoiseFor(const ModelCard& card) {
  Tensor tensor;
  const int64_t channels = card.window > 0
                               ? static_cast<int64_t>(card.channels.size())
                               : (card.grey ? 1 : 3);
  if (card.window > 0) {
    tensor.shape = {1, channels, card.window};
    if (card.channels_last) std::swap(tensor.shape[1], tensor.shape[2]);
  } else {
    tensor.shape =
        card.channels_last
            ? std::vector<int64_t>{1, card.height, card.width, channels}
            : std::vector<int64_t>{1, channels, card.height, card.width};
  }
  size_t count = 1;
  for (const int64_t side : tensor.shape) count *= static_cast<size_t>(side);
  std::mt19937 random(1);
  for (size_t i = 0; i < count; ++i) {
    const double level = static_cast<double>(random() % 256);
    tensor.values.push_back(
        static_cast<float>((level - card.mean[0]) / card.deviation[0]));
  }
  return tensor;
}

absl::Status Copy(const std::string& from, const fs::path& to) {
  std::error_code error;
  fs::create_directories(to.parent_path(), error);
  if (!error) fs::copy_file(from, to, error);
  if (!error) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(from, ": cannot be copied to ",
                                          to.string(), ": ", error.message()));
}

// Bytes may change under the copy: what counts is what lies there after it.
absl::Status CopyInto(const ModelFiles& files, const fs::path& folder) {
  absl::Status s = Copy(files.card_path, folder / kCardName);
  s.Update(Copy(files.network_path, folder / files.card.network));
  if (!files.label_path.empty()) {
    s.Update(Copy(files.label_path, folder / files.card.labels));
  }
  if (!s.ok()) return s;
  const auto copied = ReadFiles((folder / kCardName).string(), "", "");
  if (!copied.ok()) return copied.status();
  if (copied->digest != files.digest) {
    return absl::DataLossError(files.network_path +
                               ": changed while it was read; add it again");
  }
  return WriteWholeFile((folder / kDigestName).string(),
                        ChunkId{files.digest}.ToHex() + "\n");
}

// A card without a place for what was given beside it.
absl::Status CheckPlaces(const NewModel& added, const ModelFiles& files) {
  if (!added.labels.empty() && files.card.labels.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(files.card_path, ": names no label file; give it the key ",
                     "'labels'"));
  }
  return absl::OkStatus();
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

absl::StatusOr<std::unique_ptr<Model>> OpenModel(
    const std::string& spec, const std::string& models,
    const NetworkOptions& options) {
  auto files = ReadModel(spec, models);
  if (!files.ok()) return files.status();
  return OpenFiles(*std::move(files), options);
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

absl::StatusOr<ModelCheck> CheckModel(Model* model) {
  ModelCheck check;
  check.network = model->network()->info();
  const auto outputs = model->network()->Forward(NoiseFor(model->card()));
  if (!outputs.ok()) return outputs.status();
  for (const Tensor& output : *outputs) {
    check.output_shapes.push_back(output.shape);
  }
  const Decoder& decoder = model->decoder();
  if (absl::Status s = decoder.Check(*outputs); !s.ok()) return s;
  const auto scalar =
      decoder.Differentiate(*outputs, *outputs, Probe::kRandom, 1);
  if (!scalar.ok()) return scalar.status();
  const auto gradient = model->network()->InputGradient(scalar->by_output);
  if (!gradient.ok()) return gradient.status();
  check.scalar = scalar->value;
  for (const float value : gradient->values) {
    check.gradient_energy +=
        static_cast<double>(value) * static_cast<double>(value);
  }
  check.gradient_energy /= static_cast<double>(gradient->values.size());
  check.differentiable =
      std::isfinite(check.gradient_energy) && check.gradient_energy > 0;
  return check;
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
  const auto model = OpenFiles(*files, NetworkOptions());
  if (!model.ok()) return model.status();
  const auto check = CheckModel(model->get());
  if (!check.ok()) return check.status();
  const fs::path partial = folder.string() + ".partial";
  fs::remove_all(partial, error);
  absl::Status copied = CopyInto(*files, partial);
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
