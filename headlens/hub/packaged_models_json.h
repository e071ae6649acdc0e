#pragma once

#include <string_view>

namespace headlens {

/// The text of packaged_models.json as it was when the library was built.
std::string_view packaged_models_json();

}  // namespace headlens
