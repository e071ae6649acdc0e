// Included inside a namespace that has been compiled for one instruction set, once for each: the
// loops that panel products share. `Vector` says what a vector is there:
//   Value, Word, Operand          a vector of float32 sums; one 32-bit word of an operand; as many
//                                 words, ready to multiply
//   lanes()                       words of a vector
//   zero()                        a vector of nothing
//   load(p), broadcast(p)         operands of the words at p, of the word at p everywhere
//   multiply_add(x, y, sum)       sum + x * y, word by word
//   load_sums(p), store_sums(sum, p), add(x, y)
//   max_vectors                   of a tile, 4 or 2
//   max_rows<vectors>             rows of a tile of so many vectors. Rows * vectors sums, the
//                                 panel's vectors and one broadcast fit the registers.

/// The operands of one tile; strides in words.
template <class Vector>
struct TileProduct {
  const typename Vector::Word* a;
  std::int64_t a_stride;
  const typename Vector::Word* b;
  std::int64_t b_stride;
  std::int64_t depth;
  PanelOutput out;
  const typename Vector::Word* ahead;  ///< memory that is wanted in cache soon
  std::int64_t ahead_step;             ///< how much of it for each step of depth
};

constexpr std::int64_t kLineWords = 16;

/// c of the sums of a tile, [rows, width].
template <class Vector>
HWY_NOINLINE void write_output(const PanelOutput& out, const float* sums, std::int64_t rows,
                               std::int64_t width) {
  const std::int64_t lanes = Vector::lanes(), columns = std::min(width, out.columns);
  const std::int64_t whole = columns / lanes * lanes;
  for (std::int64_t r = 0; r < rows; ++r) {
    const float* sum = sums + r * width;
    const float* partial = out.partial == nullptr ? nullptr : out.partial + r * kPanelColumns;
    float* c = out.c + r * out.c_stride;
    for (std::int64_t j = 0; j < whole; j += lanes) {
      auto value = Vector::load_sums(sum + j);
      if (partial != nullptr) value = Vector::add(Vector::load_sums(partial + j), value);
      if (out.bias != nullptr) value = Vector::add(value, Vector::load_sums(out.bias + j));
      if (out.accumulate) value = Vector::add(value, Vector::load_sums(c + j));
      Vector::store_sums(value, c + j);
    }
    for (std::int64_t j = whole; j < columns; ++j) {
      float value = partial != nullptr ? partial[j] + sum[j] : sum[j];
      if (out.bias != nullptr) value += out.bias[j];
      c[j] = out.accumulate ? value + c[j] : value;
    }
  }
}

template <class Vector, int Rows, int Vectors>
HWY_NOINLINE void multiply_tile(const TileProduct<Vector>& p) {
  const std::int64_t lanes = Vector::lanes();
  const typename Vector::Word* a = p.a;
  const typename Vector::Word* b = p.b;
  const typename Vector::Word* ahead = p.ahead;
  const std::int64_t a_stride = p.a_stride, b_stride = p.b_stride;
  typename Vector::Value sum[Rows][Vectors];
  HWY_UNROLL(16)
  for (int r = 0; r < Rows; ++r) {
    HWY_UNROLL(8)
    for (int v = 0; v < Vectors; ++v) sum[r][v] = Vector::zero();
  }
  for (std::int64_t k = 0; k < p.depth; ++k) {
    typename Vector::Operand weight[Vectors];
    HWY_UNROLL(8)
    for (int v = 0; v < Vectors; ++v) {
      if (v * lanes % kLineWords == 0) __builtin_prefetch(ahead + v * lanes, 0, 2);
      weight[v] = Vector::load(b + v * lanes);
    }
    HWY_UNROLL(16)
    for (int r = 0; r < Rows; ++r) {
      const auto x = Vector::broadcast(a + r * a_stride + k);
      HWY_UNROLL(8)
      for (int v = 0; v < Vectors; ++v) {
        sum[r][v] = Vector::multiply_add(x, weight[v], sum[r][v]);
      }
    }
    b += b_stride;
    ahead += p.ahead_step;
  }
  const PanelOutput& out = p.out;
  if (out.columns >= Vectors * lanes && out.bias == nullptr) {
    HWY_UNROLL(16)
    for (int r = 0; r < Rows; ++r) {
      float* c = out.c + r * out.c_stride;
      const float* partial = out.partial == nullptr ? nullptr : out.partial + r * kPanelColumns;
      HWY_UNROLL(8)
      for (int v = 0; v < Vectors; ++v) {
        if (partial != nullptr) {
          sum[r][v] = Vector::add(Vector::load_sums(partial + v * lanes), sum[r][v]);
        }
        if (out.accumulate) sum[r][v] = Vector::add(sum[r][v], Vector::load_sums(c + v * lanes));
        Vector::store_sums(sum[r][v], c + v * lanes);
      }
    }
    return;
  }
  alignas(64) float sums[Rows * Vectors * 16];
  HWY_UNROLL(16)
  for (int r = 0; r < Rows; ++r) {
    HWY_UNROLL(8)
    for (int v = 0; v < Vectors; ++v) {
      Vector::store_sums(sum[r][v], sums + (r * Vectors + v) * lanes);
    }
  }
  write_output<Vector>(p.out, sums, Rows, Vectors * lanes);
}

template <class Vector, int Rows, int Vectors>
HWY_INLINE void multiply_rows(std::int64_t rows, const TileProduct<Vector>& p) {
  if constexpr (Rows > 1) {
    if (rows < Rows) return multiply_rows<Vector, Rows - 1, Vectors>(rows, p);
  }
  multiply_tile<Vector, Rows, Vectors>(p);
}

/// All rows on the same few vectors of the panel, in tiles of even height: 20 rows go as 10 + 10.
/// As much memory as is read of b is fetched from `ahead`, a share of it by each tile: all at once
/// would wait for it.
template <class Vector, int Vectors>
HWY_INLINE void multiply_vectors(std::int64_t rows, TileProduct<Vector> p) {
  constexpr int kMaxRows = Vector::template max_rows<Vectors>;
  const std::int64_t tiles = (rows + kMaxRows - 1) / kMaxRows;
  p.ahead_step = (Vectors * Vector::lanes() + tiles - 1) / tiles;
  for (std::int64_t t = 0; t < tiles; ++t) {
    const std::int64_t n = (rows + tiles - t - 1) / (tiles - t);
    multiply_rows<Vector, kMaxRows, Vectors>(n, p);
    p.a += n * p.a_stride;
    p.out.c += n * p.out.c_stride;
    if (p.out.partial != nullptr) p.out.partial += n * kPanelColumns;
    p.ahead += p.ahead_step * p.depth;
    rows -= n;
  }
}

template <class Vector, int Vectors>
HWY_INLINE void advance(TileProduct<Vector>& p) {
  const std::int64_t columns = Vectors * Vector::lanes();
  p.b += columns;
  p.out.c += columns;
  if (p.out.partial != nullptr) p.out.partial += columns;
  if (p.out.bias != nullptr) p.out.bias += columns;
  p.ahead += columns * p.depth;
  p.out.columns -= columns;
}

template <class Vector>
HWY_INLINE void multiply_whole_panel(std::int64_t rows, TileProduct<Vector> p) {
  constexpr int kMost = Vector::max_vectors;
  const std::int64_t lanes = Vector::lanes();
  if (rows == 0) return;
  if (p.ahead == nullptr) p.ahead = p.b;
  while (p.out.columns > (kMost - 1) * lanes) {
    multiply_vectors<Vector, kMost>(rows, p);
    advance<Vector, kMost>(p);
  }
  if constexpr (kMost > 2) {
    if (p.out.columns > lanes) {
      multiply_vectors<Vector, 2>(rows, p);
      advance<Vector, 2>(p);
    }
  }
  if (p.out.columns > 0) multiply_vectors<Vector, 1>(rows, p);
}
