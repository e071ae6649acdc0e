#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace headlens {

/// Where headlens keeps its own files: $HEADLENS_CACHE, else $XDG_CACHE_HOME/headlens, else
/// ~/.cache/headlens. Nothing is created.
std::filesystem::path headlens_cache_folder();

/// <cache>/models/<name>: where `./run` puts a model that came from a Python package.
std::filesystem::path packaged_model_folder(const std::string& name);

/// The Hugging Face hub's cache, found as huggingface_hub finds it: $HF_HUB_CACHE, else
/// $HUGGINGFACE_HUB_CACHE, else hub/ in $HF_HOME, $XDG_CACHE_HOME/huggingface or
/// ~/.cache/huggingface.
std::filesystem::path hub_cache_folder();

/// The hub's address without a final slash: $HF_ENDPOINT, else https://huggingface.co.
std::string hub_endpoint();

/// The user's access token: $HF_TOKEN, else the file $HF_TOKEN_PATH or $HF_HOME/token.
std::optional<std::string> hub_token();

/// True if $HF_HUB_OFFLINE (or $TRANSFORMERS_OFFLINE) says that no network may be used.
bool hub_offline();

}  // namespace headlens
