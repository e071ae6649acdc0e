#pragma once

#include <string>

#include "headlens/results/mdl_result.h"

namespace headlens {

/// Layers with their code lengths and compressions, the portions of the shortest one's online code,
/// and what it all says.
/// @param notebook  also as Voita and Titov's notebook prints the online code
/// @throws ShapeError  as check_mdl()
std::string mdl_table(const MdlResult& result, int width, bool notebook = false);

/// One row a layer. Columns: layer, site, code_length_bits, standard_deviation, compression,
/// data_bits, weight_bits, accuracy, and the same with control_ before them; empty where there is
/// none.
/// @throws ShapeError  as check_mdl()
std::string mdl_csv(const MdlResult& result);

/// One row a layer and portion of the online code. Columns: layer, site, first, end, bits,
/// accuracy, control_bits, control_accuracy.
/// @throws ShapeError  as check_mdl()
std::string mdl_portions_csv(const MdlResult& result);

}  // namespace headlens
