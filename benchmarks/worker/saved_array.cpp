#include "benchmarks/worker/saved_array.h"

#include <array>

#include "headlens/base/atomic_file.h"
#include "headlens/formats/npy.h"
#include "headlens/formats/npy_header.h"

namespace headlens::bench {
namespace {

void write_integers(const std::filesystem::path& path, const Shape& shape,
                    std::span<const std::int32_t> values) {
  std::string header = npy_header_text(shape);
  header.replace(header.find("<f4"), 3, "<i4");
  const std::array<unsigned char, 4> prefix = {1, 0, static_cast<unsigned char>(header.size()),
                                               static_cast<unsigned char>(header.size() >> 8)};
  AtomicFile file(path);
  file.write("\x93NUMPY");
  file.write(std::as_bytes(std::span(prefix)));
  file.write(header);
  file.write(std::as_bytes(values));
  file.commit();
}

struct Writer {
  const std::filesystem::path& path;
  const Shape& shape;

  void operator()(std::span<const float> values) const { write_npy(path, shape, values); }
  void operator()(const std::vector<std::int32_t>& values) const {
    write_integers(path, shape, values);
  }
};

}  // namespace

void save_arrays(const std::filesystem::path& folder, const std::vector<SavedArray>& arrays) {
  make_writable_folder(folder);
  for (const SavedArray& array : arrays) {
    const std::filesystem::path path = folder / (array.name + ".npy");
    std::visit(Writer{path, array.shape}, array.values);
  }
}

}  // namespace headlens::bench
