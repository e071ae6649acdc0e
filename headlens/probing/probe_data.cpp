#include "headlens/probing/probe_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"
#include "headlens/formats/printable.h"

namespace headlens {
namespace {

std::string column_of(const HarvestManifest& manifest, const std::string& wanted) {
  const std::vector<std::string>& columns = manifest.work.corpus.columns;
  if (columns.empty()) {
    throw UsageError(manifest.work.corpus.data.string() + " has no labels to probe for");
  }
  if (wanted.empty() && columns.size() == 1) return columns[0];
  if (std::ranges::find(columns, wanted) != columns.end()) return wanted;
  const std::string names = fmt::format("{}", fmt::join(columns, ", "));
  if (wanted.empty()) throw UsageError("which labels? The columns are " + names);
  throw UsageError(fmt::format("there is no column {}; there are {}", printable(wanted), names));
}

void check_parts(const std::vector<Harvest>& parts) {
  if (parts.empty()) throw UsageError("there is no harvest to probe");
  const HarvestWork& first = parts[0].manifest().work;
  for (const Harvest& part : parts) {
    const HarvestWork& work = part.manifest().work;
    const bool same_sites = std::ranges::equal(
        work.sites, first.sites,
        [](const auto& a, const auto& b) { return a.site == b.site && a.width == b.width; });
    if (same_sites && work.model_sha256 == first.model_sha256 && work.unit == first.unit &&
        work.pooling == first.pooling && work.special_tokens == first.special_tokens) {
      continue;
    }
    throw UsageError(
        fmt::format("the harvests of {} and {} do not fit together: they are of "
                    "another model, other sites, another unit or another pooling",
                    first.corpus.data.string(), work.corpus.data.string()));
  }
}

/// Numbers values from 0 in the order in which they first appear.
template <typename Key>
class Numbering {
 public:
  std::int32_t operator()(const Key& key) {
    return numbers_.emplace(key, static_cast<std::int32_t>(numbers_.size())).first->second;
  }

 private:
  std::map<Key, std::int32_t> numbers_;
};

}  // namespace

Harvest harvested(Session& session, LabelledCorpus& corpus, const HarvestOptions& options,
                  const std::filesystem::path& folder) {
  return read_harvest(folder, harvest(session, corpus, options, folder).work.model_sha256);
}

struct ProbeData::Collected {
  std::vector<std::string> names;  ///< of each row's class; empty for real values
  Numbering<std::pair<std::size_t, std::int64_t>> sentences;
  /// Part and sentence of what has no document, and {0, -1} with the name of what has one.
  Numbering<std::tuple<std::size_t, std::int64_t, std::string>> documents;
  Numbering<std::string> types;
};

ProbeData::ProbeData(std::vector<Harvest> parts, const ProbeDataOptions& options)
    : parts_(std::move(parts)) {
  check_parts(parts_);
  column_ = column_of(parts_[0].manifest(), options.column);
  Collected collected;
  for (std::size_t part = 0; part < parts_.size(); ++part) {
    check_cancellation();
    collect(part, options.max_rows, collected);
  }
  if (part_.empty()) throw UsageError("no row has a label in column " + printable(column_));
  if (!collected.names.empty() && !values_.empty()) {
    throw UsageError("column " + printable(column_) + " has classes and real values");
  }
  if (!collected.names.empty()) name_classes(collected, options.min_class_rows);
}

void ProbeData::collect(std::size_t part, std::int64_t max_rows, Collected& collected) {
  const HarvestManifest& manifest = parts_[part].manifest();
  const std::vector<std::string>& columns = manifest.work.corpus.columns;
  const auto column = std::ranges::find(columns, column_) - columns.begin();
  if (column == std::ssize(columns)) {
    throw UsageError(
        fmt::format("{} has no column {}", manifest.work.corpus.data.string(), printable(column_)));
  }
  const bool pairs = manifest.work.corpus.unit == LabelUnit::pair;
  const std::vector<HarvestedRow> rows = parts_[part].read_rows();
  const std::int64_t first = this->rows();
  std::int64_t last_sentence = -1;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const HarvestedRow& row = rows[i];
    const bool full = max_rows > 0 && this->rows() - first >= max_rows;
    if (full && row.sentence != last_sentence) break;
    last_sentence = row.sentence;
    const Label& label = row.labels[column];
    if (!has_label(label)) {
      ++unlabelled_rows_;
      continue;
    }
    if (const auto* name = std::get_if<std::string>(&label)) collected.names.push_back(*name);
    if (const auto* value = std::get_if<double>(&label)) values_.push_back(*value);
    part_.push_back(static_cast<std::int32_t>(part));
    harvest_row_.push_back(static_cast<std::int64_t>(i));
    sentence_.push_back(collected.sentences({part, row.sentence}));
    document_.push_back(row.document.empty() ? collected.documents({part, row.sentence, ""})
                                             : collected.documents({0, -1, row.document}));
    const std::string form = pairs ? fmt::format("pair {}.{}", part, row.sentence) : row.form;
    type_.push_back(collected.types(form));
    if (type_.back() == std::ssize(forms_)) forms_.push_back(form);
  }
}

void ProbeData::name_classes(Collected& collected, std::int64_t min_class_rows) {
  std::map<std::string, std::int64_t> counts;
  for (const std::string& name : collected.names) ++counts[name];
  for (const auto& [name, count] : counts) {
    if (count >= min_class_rows) {
      classes_.push_back(name);
    } else {
      dropped_classes_.push_back(name);
      dropped_rows_ += count;
    }
  }
  if (classes_.empty()) {
    throw UsageError(fmt::format("no class of {} has {} rows", printable(column_), min_class_rows));
  }
  if (classes_.size() == 1) {
    throw UsageError(fmt::format(
        "{}: column {} has one class only, {}{}; a probe needs two",
        manifest().work.corpus.data.string(), printable(column_), printable(classes_[0]),
        dropped_classes_.empty() ? "" : fmt::format(" of {} rows or more", min_class_rows)));
  }
  std::vector<char> wanted;
  for (const std::string& name : collected.names) {
    const auto place = std::ranges::lower_bound(classes_, name);
    const bool known = place != classes_.end() && *place == name;
    wanted.push_back(known ? 1 : 0);
    labels_.push_back(known ? static_cast<std::int32_t>(place - classes_.begin()) : -1);
  }
  if (dropped_rows_ > 0) keep(wanted);
}

void ProbeData::keep(const std::vector<char>& wanted) {
  const auto filter = [&wanted](auto& values) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (wanted[i] != 0) values[kept++] = values[i];
    }
    values.resize(kept);
  };
  for (auto* values : {&labels_, &part_, &sentence_, &document_, &type_}) filter(*values);
  filter(harvest_row_);
}

Tensor ProbeData::states(Site site) const {
  Tensor states;
  std::size_t next = 0;
  float* out = nullptr;
  for (std::size_t part = 0; part < parts_.size(); ++part) {
    std::int64_t before = 0;
    const auto& shards = parts_[part].manifest().shards;
    for (std::size_t s = 0; s < shards.size(); ++s) {
      const std::int64_t end = before + shards[s].counts.rows;
      const auto in_shard = [&](std::size_t i) {
        return i < part_.size() && part_[i] == static_cast<std::int32_t>(part) &&
               harvest_row_[i] < end;
      };
      if (in_shard(next)) {
        check_cancellation();
        const Tensor shard = parts_[part].read_states(site, s);
        const std::int64_t width = shard.size(1);
        if (states.empty()) {
          states = Tensor({rows(), width});
          out = states.data();
        }
        for (; in_shard(next); ++next, out += width) {
          std::copy_n(shard.data() + (harvest_row_[next] - before) * width, width, out);
        }
      }
      before = end;
    }
  }
  return states;
}

Tensor ProbeData::states(int layer) const {
  for (const HarvestSite& entry : manifest().work.sites) {
    if (entry.hidden_state == layer) return states(entry.site);
  }
  throw UsageError(fmt::format("hidden state {} was not harvested", layer));
}

Tensor gather_rows(TensorView<const float, 2> states, std::span<const std::int64_t> rows) {
  Tensor gathered({static_cast<std::int64_t>(rows.size()), states.size(1)});
  float* out = gathered.data();
  for (const std::int64_t row : rows) {
    std::copy_n(states.data() + row * states.stride(0), states.size(1), out);
    out += states.size(1);
  }
  return gathered;
}

}  // namespace headlens
