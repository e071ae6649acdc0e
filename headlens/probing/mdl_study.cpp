#include "headlens/probing/mdl_study.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"
#include "headlens/learn/variational_code.h"
#include "headlens/probing/control_task.h"
#include "headlens/probing/mdl_log.h"

namespace headlens {
namespace {

/// Rows sentence by sentence, sentences in a random order, and where each sentence ends.
struct RowOrder {
  std::vector<std::int64_t> rows, sentence_ends;

  RowOrder(const std::vector<std::int32_t>& sentence, std::uint64_t seed) {
    const auto n_sentences = static_cast<std::size_t>(*std::ranges::max_element(sentence)) + 1;
    std::vector<std::vector<std::int64_t>> of_sentence(n_sentences);
    for (std::size_t row = 0; row < sentence.size(); ++row) {
      of_sentence[sentence[row]].push_back(static_cast<std::int64_t>(row));
    }
    std::erase_if(of_sentence, [](const auto& own) { return own.empty(); });
    std::mt19937_64 random(seed);
    for (std::size_t i = of_sentence.size() - 1; i > 0; --i) {
      std::swap(of_sentence[i], of_sentence[random() % (i + 1)]);
    }
    for (const auto& own : of_sentence) {
      rows.insert(rows.end(), own.begin(), own.end());
      sentence_ends.push_back(static_cast<std::int64_t>(rows.size()));
    }
  }

  std::vector<std::int32_t> arrange(const std::vector<std::int32_t>& labels) const {
    std::vector<std::int32_t> arranged;
    for (const std::int64_t row : rows) arranged.push_back(labels[row]);
    return arranged;
  }
};

MdlCode code_of(const OnlineCode& online) {
  MdlCode code;
  code.code_length_bits = online.code_length_bits;
  code.compression = online.compression;
  for (const OnlinePortion& portion : online.portions) {
    code.portions.push_back({portion.first, portion.end, portion.bits, portion.accuracy});
  }
  code.accuracy = online.portions.back().accuracy;
  code.notebook_kbits = voita_notebook_kbits(online);
  code.notebook_compression = voita_notebook_compression(online);
  code.data_bits = code.weight_bits = code.prior_deviation = NAN;
  return code;
}

MdlCode code_of(const VariationalCode& variational) {
  MdlCode code;
  code.code_length_bits = variational.code_length_bits;
  code.compression = variational.compression;
  code.data_bits = variational.data_bits;
  code.weight_bits = variational.weight_bits;
  code.prior_deviation = variational.prior_deviation;
  code.accuracy = variational.accuracy;
  code.converged = variational.converged;
  code.notebook_kbits = code.notebook_compression = NAN;
  return code;
}

/// The first seed's code with the mean of all lengths.
MdlCode summary(const std::vector<MdlCode>& codes, double uniform_bits) {
  MdlCode whole = codes.front();
  const auto n = static_cast<double>(codes.size());
  double mean = 0, variance = 0;
  for (const MdlCode& code : codes) mean += code.code_length_bits / n;
  for (const MdlCode& code : codes) {
    variance += std::pow(code.code_length_bits - mean, 2) / n;
    whole.converged = whole.converged && code.converged;
  }
  whole.code_length_bits = mean;
  whole.standard_deviation = std::sqrt(variance);
  whole.compression = uniform_bits / mean;
  return whole;
}

class Study {
 public:
  Study(const ProbeData& data, const MdlStudyOptions& options)
      : data_(data),
        options_(options),
        uniform_bits_(static_cast<double>(data.rows()) *
                      std::log2(static_cast<double>(data.classes().size()))) {
    const ProbeTask task = task_of(data, SplitGroup::sentence);
    std::vector<std::int64_t> all(data.rows());
    std::iota(all.begin(), all.end(), 0);
    for (int i = 0; i < options.seeds; ++i) {
      const std::uint64_t seed = options.seed + i;
      orders_.emplace_back(data.sentence(), seed);
      if (options.control) controls_.push_back(control_task(task, all, seed).labels);
    }
  }

  MdlLayer layer(const MdlSite& site) const {
    MdlLayer layer{.site = to_string(site.site), .hidden_state = site.hidden_state};
    const Tensor states = data_.states(site.site);
    std::vector<MdlCode> task, control;
    if (options_.code == MdlCodeKind::variational) {
      task.push_back(code_of(variational_code(states.view<2>(), data_.labels())));
    }
    for (int i = 0; i < options_.seeds; ++i) {
      check_cancellation();
      if (options_.code == MdlCodeKind::online) {
        send_online(states, i, task, control);
      } else if (options_.control) {
        control.push_back(code_of(variational_code(states.view<2>(), controls_[i])));
      }
    }
    layer.task = summary(task, uniform_bits_);
    if (options_.control) layer.control = summary(control, uniform_bits_);
    return layer;
  }

  double uniform_bits() const { return uniform_bits_; }

 private:
  void send_online(const Tensor& states, int i, std::vector<MdlCode>& task,
                   std::vector<MdlCode>& control) const {
    const RowOrder& order = orders_[i];
    const Tensor arranged = gather_rows(states.view<2>(), order.rows);
    const std::vector<std::int64_t> ends = portion_ends(order.sentence_ends);
    std::vector<std::vector<std::int32_t>> labels{order.arrange(data_.labels())};
    if (options_.control) labels.push_back(order.arrange(controls_[i]));
    const std::vector<std::span<const std::int32_t>> views(labels.begin(), labels.end());
    OnlineProbe probe = options_.probe;
    if (auto* adam = std::get_if<OnlineAdam>(&probe)) adam->probe.seed = options_.seed + i;
    const std::vector<OnlineCode> codes = online_codes(arranged.view<2>(), views, ends, probe);
    task.push_back(code_of(codes[0]));
    if (options_.control) control.push_back(code_of(codes[1]));
  }

  const ProbeData& data_;
  const MdlStudyOptions& options_;
  double uniform_bits_;
  std::vector<RowOrder> orders_;                     ///< by seed
  std::vector<std::vector<std::int32_t>> controls_;  ///< the same
};

double entropy_bits(const std::vector<std::int32_t>& labels, std::size_t n_classes) {
  std::vector<double> counts(n_classes, 0.0);
  for (const std::int32_t label : labels) ++counts[label];
  const auto n = static_cast<double>(labels.size());
  double bits = 0;
  for (const double count : counts) {
    if (count > 0) bits += count * std::log2(n / count);
  }
  return bits;
}

void describe(const ProbeData& data, const MdlStudyOptions& options, MdlResult& result) {
  const HarvestWork& work = data.manifest().work;
  result.task = work.corpus.task;
  result.column = data.column();
  result.data = work.corpus.data.string();
  result.unit = to_string(work.unit);
  result.pooling = to_string(work.pooling);
  result.seeds = options.seeds;
  result.rows = data.rows();
  result.sentences = *std::ranges::max_element(data.sentence()) + 1;
  result.word_types = static_cast<std::int64_t>(data.type_forms().size());
  result.classes = data.classes();
  result.entropy_bits = entropy_bits(data.labels(), data.classes().size());
  result.code = options.code == MdlCodeKind::online ? "online" : "variational";
  if (options.code == MdlCodeKind::variational) {
    result.probe = "gaussian";
    result.standardized = true;
  } else if (const auto* logistic = std::get_if<OnlineLogistic>(&options.probe)) {
    result.probe = "logistic";
    result.c = logistic->c;
    result.standardized = logistic->standardize;
  } else {
    const AdamProbeOptions& adam = std::get<OnlineAdam>(options.probe).probe;
    result.probe = adam.hidden > 0 ? "mlp" : "linear-adam";
    result.hidden = adam.hidden;
    result.epochs = adam.epochs;
  }
}

}  // namespace

MdlResult study_mdl(const ProbeData& data, const std::vector<MdlSite>& sites,
                    const MdlStudyOptions& options) {
  if (sites.empty()) throw UsageError("no layer to probe was named");
  if (options.seeds < 1) throw UsageError("codes need a seed");
  if (data.has_real_values()) {
    throw UsageError(data.column() + " has real values; code lengths are of classes");
  }
  if (data.classes().size() < 2) {
    throw UsageError("every row has the label " + data.classes()[0] +
                     "; a code of one class has no length");
  }
  const Study study(data, options);
  MdlLog log(options.log, options.work);
  MdlResult result;
  describe(data, options, result);
  result.uniform_bits = study.uniform_bits();
  for (std::size_t i = 0; i < sites.size(); ++i) {
    if (options.progress) options.progress({"code lengths", i, sites.size(), "layers"});
    if (const MdlLayer* known = log.find(to_string(sites[i].site))) {
      result.layers.push_back(*known);
      continue;
    }
    result.layers.push_back(study.layer(sites[i]));
    log.add(result.layers.back());
  }
  return result;
}

}  // namespace headlens
