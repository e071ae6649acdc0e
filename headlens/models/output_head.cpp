#include "headlens/models/output_head.h"

#include <vector>

#include "headlens/models/block/normalize.h"

namespace headlens {

void apply_final_norm(const Model& model, float* row) {
  const ModelSpec& spec = model.spec();
  if (spec.final_norm) apply_norm(spec.block(), model.final_norm(), spec.d_model, row, row);
}

void transform_for_prediction(const Model& model, std::int64_t rows, float* x) {
  const ModelSpec& spec = model.spec();
  if (!spec.prediction_transform) return;
  const HeadWeights& head = model.head();
  std::vector<float> dense(rows * spec.d_model);
  head.prediction_dense.multiply(x, rows, dense.data(), false);
  activate(*spec.prediction_transform, dense.data(), rows * spec.d_model, x);
  for (std::int64_t row = 0; row < rows; ++row) {
    float* y = x + row * spec.d_model;
    apply_norm(spec.block(), head.prediction_norm, spec.d_model, y, y);
  }
}

void classify(const Model& model, std::int64_t rows, const float* x, float* logits) {
  const HeadWeights& head = model.head();
  const ClassifierSpec& classifier = *model.spec().classifier;
  const std::int64_t size = rows * model.spec().d_model;
  std::vector<float> features(x, x + size);
  if (classifier.has_dense) {
    head.classifier_dense.multiply(x, rows, features.data(), false);
    activate(classifier.activation, features.data(), size, features.data());
  }
  head.classifier_out.multiply(features.data(), rows, logits, false);
}

}  // namespace headlens
