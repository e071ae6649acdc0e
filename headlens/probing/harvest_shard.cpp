#include "headlens/probing/harvest_shard.h"

#include <fmt/format.h>

#include <algorithm>

#include "headlens/base/atomic_file.h"
#include "headlens/base/errors.h"
#include "headlens/formats/safetensors.h"
#include "headlens/kernels/bfloat16.h"
#include "headlens/kernels/float16.h"
#include "headlens/probing/word_spans.h"

namespace headlens {
namespace {

using Json = nlohmann::ordered_json;
using Halves = std::vector<std::uint16_t>;

Halves to_halves(std::span<const float> values, Site site) {
  constexpr float16 kInfinity = 0x7c00, kSign = 0x8000;
  Halves halves(values.size());
  std::ranges::transform(values, halves.begin(), to_float16);
  const auto infinite =
      std::ranges::find_if(halves, [](float16 half) { return (half & ~kSign) == kInfinity; });
  if (infinite != halves.end()) {
    throw UsageError(
        fmt::format("a state at {} is {:.6g}, more than f16 can hold; harvest bf16 or "
                    "f32",
                    to_string(site), values[infinite - halves.begin()]));
  }
  return halves;
}

/// The states in the harvest's type; empty for f32, which they are already.
std::vector<Halves> encode(const std::vector<Tensor>& states, const HarvestWork& work) {
  std::vector<Halves> encoded(states.size());
  if (work.dtype == DType::f32) return encoded;
  for (std::size_t s = 0; s < states.size(); ++s) {
    if (work.dtype == DType::f16) {
      encoded[s] = to_halves(states[s].values(), work.sites[s].site);
    } else {
      encoded[s].resize(states[s].values().size());
      round_to_bfloat16(states[s].values(), encoded[s].data());
    }
  }
  return encoded;
}

HarvestFile file_of(const std::filesystem::path& path, Sha256& hash) {
  return {.name = path.filename().string(),
          .bytes = static_cast<std::int64_t>(std::filesystem::file_size(path)),
          .sha256 = hash.hex_digest()};
}

HarvestFile write_states(const std::filesystem::path& path, const HarvestWork& work,
                         const std::vector<Tensor>& states) {
  const std::vector<Halves> encoded = encode(states, work);
  std::vector<StoredTensor> tensors;
  for (std::size_t s = 0; s < states.size(); ++s) {
    const auto bytes = work.dtype == DType::f32 ? std::as_bytes(states[s].values())
                                                : std::as_bytes(std::span(encoded[s]));
    tensors.push_back({to_string(work.sites[s].site), work.dtype, states[s].shape(), bytes});
  }
  Sha256 hash;
  write_stored_tensors(path, tensors, {}, &hash);
  return file_of(path, hash);
}

Json row_json(const HarvestRow& row, const HarvestSentence& sentence) {
  Json labels = Json::array();
  for (const Label& label : row.labels) labels.push_back(to_json(label));
  if (!row.span) {
    return {{"form", nullptr}, {"span", nullptr}, {"tokens", nullptr}, {"labels", labels}};
  }
  return {{"form", slice(sentence.source.text, *row.span)},
          {"span", {row.span->begin, row.span->end}},
          {"tokens", {row.tokens.begin, row.tokens.end}},
          {"labels", labels}};
}

std::string sentence_line(const HarvestSentence& sentence) {
  const LabelledSentence& source = sentence.source;
  Json rows = Json::array();
  for (const HarvestRow& row : sentence.rows) rows.push_back(row_json(row, sentence));
  Json json = {
      {"sentence", sentence.index},  {"line", source.line}, {"id", source.id},
      {"document", source.document}, {"text", source.text}, {"token_ids", sentence.parts[0].ids}};
  if (sentence.parts.size() > 1) {
    json["second_text"] = source.second_text;
    json["second_token_ids"] = sentence.parts[1].ids;
  }
  json["rows"] = std::move(rows);
  return json.dump() + "\n";
}

HarvestFile write_rows(const std::filesystem::path& path, const HarvestWindow& window) {
  Sha256 hash;
  AtomicFile file(path, &hash);
  for (const HarvestSentence& sentence : window.sentences) file.write(sentence_line(sentence));
  file.commit();
  return file_of(path, hash);
}

}  // namespace

std::string shard_name(std::size_t number) { return fmt::format("shard-{:05}", number); }

HarvestShard write_shard(const std::filesystem::path& folder, std::size_t number,
                         const HarvestWindow& window, const HarvestWork& work,
                         const std::vector<Tensor>& states) {
  const std::string name = shard_name(number);
  return {.counts = window.counts(),
          .states = write_states(folder / (name + ".safetensors"), work, states),
          .rows = write_rows(folder / (name + ".jsonl"), window)};
}

}  // namespace headlens
