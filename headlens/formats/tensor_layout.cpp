#include "headlens/formats/tensor_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <tuple>

#include "headlens/base/errors.h"
#include "headlens/formats/printable.h"

namespace headlens {
namespace {

// Far above any real tensor, and low enough that sums of offsets cannot overflow.
constexpr std::int64_t kMostBytes = std::int64_t{1} << 60;

}  // namespace

std::uint64_t stored_bytes(const std::filesystem::path& path, const std::string& tensor,
                           DType dtype, const Shape& shape) {
  const DTypeInfo type = info(dtype);
  const auto fail = [&](std::string_view problem) {
    throw FormatError(path.string(), printable(tensor), problem);
  };
  const std::int64_t row = shape.empty() ? 1 : shape.back();
  if (row % type.block_elements != 0) {
    fail(fmt::format("rows of {} numbers are not whole {} blocks of {}", row, type.name,
                     type.block_elements));
  }
  const bool is_empty = std::ranges::find(shape, 0) != shape.end();
  std::int64_t bytes = type.block_bytes;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    const bool is_row = axis + 1 == shape.size();
    const std::int64_t size = is_row ? shape[axis] / type.block_elements : shape[axis];
    if (size < 0) fail("shape " + to_string(shape) + " has a negative size");
    if (!is_empty && size > kMostBytes / bytes) {
      fail("shape " + to_string(shape) + " is larger than any file");
    }
    if (!is_empty) bytes *= size;
  }
  return is_empty ? 0 : static_cast<std::uint64_t>(bytes);
}

void sort_and_refuse_overlaps(const std::filesystem::path& path,
                              std::vector<TensorExtent>& extents) {
  std::ranges::sort(extents, {}, [](const TensorExtent& e) { return std::tie(e.begin, e.end); });
  const TensorExtent* last = nullptr;
  for (const TensorExtent& extent : extents) {
    if (extent.begin == extent.end) continue;
    if (last != nullptr && extent.begin < last->end) {
      throw FormatError(path.string(), printable(extent.name),
                        "its bytes overlap those of tensor " + printable(last->name));
    }
    last = &extent;
  }
}

}  // namespace headlens
