#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "headlens/results/amnesic_result.h"
#include "headlens/results/attention_result.h"
#include "headlens/results/attribution_result.h"
#include "headlens/results/circuit_result.h"
#include "headlens/results/head_gap_result.h"
#include "headlens/results/lens_result.h"
#include "headlens/results/mdl_result.h"
#include "headlens/results/probe_labels.h"
#include "headlens/results/probe_result.h"
#include "headlens/results/provenance.h"
#include "headlens/results/pruning_result.h"
#include "headlens/results/run_result.h"
#include "headlens/results/steer_result.h"
#include "headlens/results/structural_parse.h"
#include "headlens/results/structural_result.h"
#include "headlens/results/study_result.h"
#include "headlens/results/sweep_result.h"

namespace headlens {

/// JSON whose keys keep the order they were written in. Every form below is described by a schema
/// in docs/schema/ and names it under "schema". Text that is not valid UTF-8 (a token may be part
/// of a character) is written with U+FFFD and its exact bytes beside it as hex under "bytes";
/// numbers that are not finite become null.
using Json = nlohmann::ordered_json;

Json to_json(const Provenance& provenance);
Json to_json(const PromptTokens& prompt);
Json to_json(const Prediction& prediction);

/// "headlens/run/1": token_ids, top [{id, token, probability, logit}].
Json to_json(const RunResult& result);

/// "headlens/attention/1": shape [layers, heads, query, key], tokens and the names of the files
/// that hold the numbers, which are not repeated here.
/// @param files  names relative to the JSON file, e.g. {"attention.npy", "attention.safetensors"}
/// @throws ShapeError  if the pattern is not of rank 4 or disagrees with the layers or tokens
Json to_json(const AttentionResult& result, const std::vector<std::string>& files);

/// "headlens/lens/1": layers [{layer, top [...]}] of the last listed position; with several
/// positions, also positions [{position, layers}].
/// @throws ShapeError  if the cells disagree with the listed layers and positions
Json to_json(const LensResult& result);

/// "headlens/ablation/1": base, axes and values nested as the axes say, e.g. [layer][head]; where
/// places were ablated together, one value.
/// @throws ShapeError  if the values disagree with the axes
Json to_json(const AblationResult& result);

/// "headlens/patch/1": the clean prompt as `prompt`, the other as `corrupt_prompt`; clean, corrupt,
/// values and normalized (null where clean and corrupt do not differ).
/// @throws ShapeError  if the values disagree with the axes
Json to_json(const PatchResult& result);

/// "headlens/patches/1": the same patches at several sites, each as headlens/patch/1 in `patches`.
/// @throws ShapeError  as above
Json to_json(const std::vector<PatchResult>& results);

/// "headlens/study/1": mean, low, high, cohen_d, p, p_holm and p_bh nested as the axes say.
/// @throws ShapeError  if the places disagree with the axes
Json to_json(const StudyResult& result);

/// "headlens/path_patch/1": edges [{sender, receiver, value, change}].
Json to_json(const PathResult& result);

/// "headlens/attribution/1": estimates nested as the axes say, and verified places.
/// @throws ShapeError  if the estimates disagree with the axes
Json to_json(const AttributionResult& result);

/// "headlens/edge_attribution/1": the edges of largest estimate; value and change null where an
/// edge was not patched.
Json to_json(const EdgeAttributionResult& result);

/// "headlens/circuit/1": the curve of growing circuits and its areas (null where the circuit was
/// given), the circuit with its parts, and what its checks say.
Json to_json(const CircuitResult& result);

/// "headlens/steer/1": what the model predicts and writes as it is and with a vector added.
Json to_json(const SteerResult& result);

/// "headlens/pruning/1": texts, importance [layer][head], counts, and for each order of removal the
/// heads and the losses.
/// @throws ShapeError  as check_pruning()
Json to_json(const PruningResult& result);

/// "headlens/amnesic/1": the unedited model's measures, and for each layer those with the concept
/// erased, as many random directions erased, and the labels given back.
Json to_json(const AmnesicResult& result);

/// "headlens/head_gap/1": a head on the last layer beside a probe on an earlier one, and the
/// examples that only the probe finds.
Json to_json(const HeadGapResult& result);

/// "headlens/probe/1": for each layer its score (under "accuracy" or "r2"), control and
/// selectivity; baselines, the best layer's classes and confusion, and what it all says.
/// @throws ShapeError  as check_probe()
Json to_json(const ProbeResult& result);

/// "headlens/probe_labels/1": what a saved probe says of each word of a text.
Json to_json(const ProbeLabels& result);

/// "headlens/structural_parse/1": of each text its words with their predicted depths, and the edges
/// of the minimum spanning tree of the predicted distances; null where a probe is missing.
Json to_json(const StructuralParse& result);

/// "headlens/structural_probe/1": for each layer UUAS, root accuracy and correlations; baselines,
/// the parse of one sentence, and what it all says.
/// @throws ShapeError  as check_structural()
Json to_json(const StructuralResult& result);

/// "headlens/mdl_probe/1": for each layer the code length of the task and of its control.
/// @throws ShapeError  as check_mdl()
Json to_json(const MdlResult& result);

/// "headlens/report/1": the three parts of one report; a part that was not made is null.
/// @param files  every other file of the report, relative to the JSON file
Json report_json(const RunResult* run, const AttentionResult* attention,
                 const std::vector<std::string>& attention_files, const LensResult* lens,
                 const std::vector<std::string>& files);

/// Two-space indentation and a final newline.
std::string to_text(const Json& json);

}  // namespace headlens
