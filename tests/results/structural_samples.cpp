#include "tests/results/structural_samples.h"

#include <cmath>

namespace headlens {
namespace {

StructuralFinding finding(double tree, double p_holm) {
  StructuralFinding made;
  made.tree = {tree, tree - 0.1, tree + 0.1};
  made.spearman = {0.5, NAN, NAN};
  made.test_loss = 1.25;
  made.p_best = made.p_best_holm = p_holm;
  made.training_losses = {3, 2};
  made.validation_losses = {3, 2.5};
  made.best_epoch = 2;
  return made;
}

ParsedSentence parse() {
  ParsedSentence made;
  made.line = 3;
  made.words = {"a", "b", "c", "."};
  made.heads = {2, 0, 1, 2};
  made.kept = {1, 1, 1, 0};
  made.edges = {{0, 1}, {0, 2}};
  made.predicted_edges = {{0, 1}, {1, 2}};
  made.depths = {1, 0, 2, 1};
  made.predicted_depths = {0.5, 0.25, 2, 1};
  made.distance_layer = made.depth_layer = 4;
  return made;
}

MdlCode code(double bits) {
  MdlCode made;
  made.code_length_bits = bits;
  made.compression = 400 / bits;
  made.portions = {{0, 10, 20, 0.25}, {10, 200, bits - 20, 0.75}};
  made.notebook_kbits = 0.125;
  made.notebook_compression = 3;
  made.data_bits = made.weight_bits = made.prior_deviation = NAN;
  made.accuracy = 0.75;
  return made;
}

}  // namespace

StructuralResult structural_sample() {
  StructuralResult result;
  result.provenance.precision = "f32";
  result.data = {"train.conllu", "dev.conllu"};
  result.pooling = "last";
  result.test_sentences = 7;
  result.epochs = result.batch_sentences = 1;
  result.layers = {{0, finding(0.4, 0.01), finding(0.3, 0.2)},
                   {4, finding(0.6, 1), finding(0.5, 1)}};
  StructuralBaseline& chain = result.baselines.emplace_back();
  chain.name = "linear chain";
  chain.about = "each word hangs on the one before it";
  chain.uuas = StructuralScore{0.45, 0.4, 0.5};
  chain.distance_spearman = StructuralScore{0.4, 0.3, 0.5};
  chain.root_accuracy = StructuralScore{0.6, 0.5, 0.7};
  chain.depth_spearman = StructuralScore{0.2, 0.1, 0.3};
  result.parse = parse();
  return result;
}

MdlResult mdl_sample() {
  MdlResult result;
  result.provenance.precision = "f32";
  result.column = "upos";
  result.unit = "word";
  result.code = "online";
  result.probe = "logistic";
  result.rows = 200;
  result.classes = {"A", "B", "C", "D"};
  result.uniform_bits = 400;
  result.entropy_bits = 300;
  result.layers = {{"blocks.0.hook_resid_pre", 0, code(250), code(290)},
                   {"blocks.3.hook_mlp_out", {}, code(200), code(300)}};
  return result;
}

}  // namespace headlens
