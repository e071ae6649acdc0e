#pragma once

#include <memory>

#include "headlens/probing/labelled_corpus.h"

namespace headlens {

/// Task "lab-pos": the eight sentences of five words, and their parts of speech, that the lab of
/// "Attention Visualization and Probing Classifiers" probes; column "upos". The labels are the
/// lab's own, mistakes included ("home" is a NOUN, "many" a DET).
std::unique_ptr<LabelledCorpus> lab_corpus();

}  // namespace headlens
