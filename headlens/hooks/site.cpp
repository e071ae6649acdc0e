#include "headlens/hooks/site.h"

#include <array>
#include <charconv>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

struct SiteName {
  SiteKind kind;
  bool per_layer;
  std::string_view name;  ///< after "blocks.L." where per_layer
};

constexpr std::array kNames{
    SiteName{SiteKind::embed, false, "hook_embed"},
    SiteName{SiteKind::pos_embed, false, "hook_pos_embed"},
    SiteName{SiteKind::token_type_embed, false, "hook_token_type_embed"},
    SiteName{SiteKind::resid_pre, true, "hook_resid_pre"},
    SiteName{SiteKind::ln1_scale, true, "ln1.hook_scale"},
    SiteName{SiteKind::ln1_normalized, true, "ln1.hook_normalized"},
    SiteName{SiteKind::q, true, "attn.hook_q"},
    SiteName{SiteKind::k, true, "attn.hook_k"},
    SiteName{SiteKind::v, true, "attn.hook_v"},
    SiteName{SiteKind::rot_q, true, "attn.hook_rot_q"},
    SiteName{SiteKind::rot_k, true, "attn.hook_rot_k"},
    SiteName{SiteKind::attn_scores, true, "attn.hook_attn_scores"},
    SiteName{SiteKind::pattern, true, "attn.hook_pattern"},
    SiteName{SiteKind::z, true, "attn.hook_z"},
    SiteName{SiteKind::result, true, "attn.hook_result"},
    SiteName{SiteKind::attn_out, true, "hook_attn_out"},
    SiteName{SiteKind::resid_mid, true, "hook_resid_mid"},
    SiteName{SiteKind::ln2_scale, true, "ln2.hook_scale"},
    SiteName{SiteKind::ln2_normalized, true, "ln2.hook_normalized"},
    SiteName{SiteKind::mlp_pre, true, "mlp.hook_pre"},
    SiteName{SiteKind::mlp_pre_linear, true, "mlp.hook_pre_linear"},
    SiteName{SiteKind::mlp_post, true, "mlp.hook_post"},
    SiteName{SiteKind::mlp_out, true, "hook_mlp_out"},
    SiteName{SiteKind::resid_post, true, "hook_resid_post"},
    SiteName{SiteKind::normalized_resid_post, true, "hook_normalized_resid_post"},
    SiteName{SiteKind::ln_final_scale, false, "ln_final.hook_scale"},
    SiteName{SiteKind::ln_final_normalized, false, "ln_final.hook_normalized"},
};

constexpr std::string_view kBlocks = "blocks.";

const SiteName& entry(SiteKind kind) { return kNames[static_cast<std::size_t>(kind)]; }

std::string all_names() {
  std::string text;
  for (const SiteName& name : kNames) {
    if (!text.empty()) text += ", ";
    if (name.per_layer) text += "blocks.L.";
    text += name.name;
  }
  return text;
}

/// Splits "blocks.7.attn.hook_q" into "7" and "attn.hook_q"; no layer if it is not of that form.
std::pair<std::string_view, std::string_view> split_layer(std::string_view name) {
  if (!name.starts_with(kBlocks)) return {{}, name};
  const std::string_view rest = name.substr(kBlocks.size());
  const std::size_t dot = rest.find('.');
  if (dot == std::string_view::npos) return {{}, name};
  return {rest.substr(0, dot), rest.substr(dot + 1)};
}

std::optional<int> parse_layer(std::string_view text) {
  int layer = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), layer);
  if (error != std::errc() || end != text.data() + text.size() || layer < 0) return std::nullopt;
  return layer;
}

bool names_hook(std::string_view pattern, std::string_view name) {
  return pattern == name || (name.size() > pattern.size() && name.ends_with(pattern) &&
                             name[name.size() - pattern.size() - 1] == '.');
}

}  // namespace

bool is_per_layer(SiteKind kind) { return entry(kind).per_layer; }

std::string to_string(Site site) {
  const SiteName& name = entry(site.kind);
  if (!name.per_layer) return std::string(name.name);
  return std::string(kBlocks) + std::to_string(site.layer) + "." + std::string(name.name);
}

std::optional<Site> parse_site(std::string_view text) {
  const auto [layer_text, hook] = split_layer(text);
  for (const SiteName& name : kNames) {
    if (name.name != hook || name.per_layer == layer_text.empty()) continue;
    if (!name.per_layer) return Site{name.kind, -1};
    if (const auto layer = parse_layer(layer_text)) return Site{name.kind, *layer};
  }
  return std::nullopt;
}

std::vector<Site> all_sites(int n_layers) {
  std::vector<Site> sites;
  const auto add = [&](bool after_blocks) {
    for (const SiteName& name : kNames) {
      const bool is_final = name.kind >= SiteKind::ln_final_scale;
      if (!name.per_layer && is_final == after_blocks) sites.push_back({name.kind, -1});
    }
  };
  add(false);
  for (int layer = 0; layer < n_layers; ++layer) {
    for (const SiteName& name : kNames) {
      if (name.per_layer) sites.push_back({name.kind, layer});
    }
  }
  add(true);
  return sites;
}

std::vector<Site> match_sites(std::string_view pattern, int n_layers) {
  if (const auto site = parse_site(pattern)) {
    if (site->layer >= n_layers) {
      throw UsageError("site " + std::string(pattern) + ": layers are 0 to " +
                       std::to_string(n_layers - 1));
    }
    return {*site};
  }
  const auto [layer_text, hook] = split_layer(pattern);
  std::vector<Site> sites;
  for (const SiteName& name : kNames) {
    if (!layer_text.empty() && layer_text != "*") continue;
    const bool matches =
        layer_text.empty() ? names_hook(hook, name.name) : name.per_layer && hook == name.name;
    if (!matches) continue;
    if (!name.per_layer) sites.push_back({name.kind, -1});
    for (int layer = 0; name.per_layer && layer < n_layers; ++layer) {
      sites.push_back({name.kind, layer});
    }
  }
  if (sites.empty()) {
    throw UsageError("no site is called " + std::string(pattern) + "; sites are " + all_names());
  }
  return sites;
}

}  // namespace headlens
