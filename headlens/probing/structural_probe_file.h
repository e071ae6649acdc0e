#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "headlens/learn/standardizer.h"
#include "headlens/learn/structural_probe.h"
#include "headlens/probing/harvest_options.h"

namespace headlens {

/// "distance-layer-07.safetensors"
std::string structural_probe_file(StructuralTarget target, int hidden_state);

/// Writes a probe for states as they are: standardisation is part of it. Tensors: "matrix", B^T
/// [n_columns, rank], and "mean" [n_columns]; squared lengths of (h - mean) B^T are depths, and of
/// differences (h_i - h_j) B^T distances.
/// @param standardizer  of the states that the probe was trained on; absent: mean is 0
/// @throws ResourceError  if the file cannot be written
void save_structural_probe(const std::filesystem::path& path, const StructuralProbe& probe,
                           const std::optional<Standardizer>& standardizer);

/// What the probes of a folder belong to, beside them as probes.json.
struct StructuralOrigin {
  static constexpr const char* kSchema = "headlens/structural_probes/1";
  static constexpr const char* kFileName = "probes.json";

  std::string model_name = {}, model_sha256 = {}, precision = {};
  Pooling pooling = Pooling::last;
  bool special_tokens = true;
};

/// @param folder  exists
void save_structural_origin(const std::filesystem::path& folder, const StructuralOrigin& origin);

/// A layer's probes; one of a target that was not trained is absent.
struct SavedStructuralProbes {
  struct Probe {
    StructuralProbe probe;
    std::vector<float> mean;  ///< [n_columns], is subtracted from states

    /// As StructuralProbe::predict(), of states as they are.
    std::vector<float> predict(TensorView<const float, 2> states) const;
  };

  StructuralOrigin origin;
  int hidden_state = 0;
  std::optional<Probe> distance = {}, depth = {};
};

/// @param path  one of the layer's files; the other target's is read too where it lies beside it
/// @throws FormatError  if the file has another name than structural_probe_file(), if a file is
///                      missing or damaged, or shapes do not fit
SavedStructuralProbes load_structural_probes(const std::filesystem::path& path);

}  // namespace headlens
