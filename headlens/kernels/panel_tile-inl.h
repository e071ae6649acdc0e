// Included inside a namespace that has been compiled for one instruction set, once for each: the
// loops that panel products share. `Vector` says what a vector is there:
//   Value, Word, Operand          a vector of float32 sums; one 32-bit word of an operand; as many
//                                 words, ready to multiply
//   lanes()                       words of a vector
//   zero()                        a vector of nothing
//   load(p), broadcast(p)         operands of the words at p, of the word at p everywhere
//   multiply_add(x, y, sum)       sum + x * y, word by word
//   load_sums(p), store_sums(sum, p), add(x, y)
//   wide_vectors, wide_rows, tall_vectors, tall_rows
//                                 shapes of a tile that fit the registers: rows * vectors sums, the
//                                 panel's vectors and one broadcast. Many rows on few vectors read
//                                 the panel once; few rows leave room for more vectors.

/// The operands of one tile; strides in words.
template <class Vector>
struct TileProduct {
  const typename Vector::Word* a;
  std::int64_t a_stride;
  const typename Vector::Word* b;
  std::int64_t b_stride;
  std::int64_t depth;
  float* c;
  std::int64_t c_stride;
  std::int64_t columns;
  bool accumulate;
  const typename Vector::Word* ahead;  ///< memory that is wanted in cache soon
  std::int64_t ahead_step;             ///< how much of it for each step of depth
};

constexpr std::int64_t kLineWords = 16;

template <class Vector, int Rows, int Vectors>
HWY_INLINE void store_tile(const TileProduct<Vector>& p,
                           const typename Vector::Value (&sum)[Rows][Vectors]) {
  const std::int64_t lanes = Vector::lanes();
  HWY_UNROLL(16)
  for (int r = 0; r < Rows; ++r) {
    HWY_UNROLL(8)
    for (int v = 0; v < Vectors; ++v) {
      float* out = p.c + r * p.c_stride + v * lanes;
      const std::int64_t left = p.columns - v * lanes;
      if (left >= lanes) {
        Vector::store_sums(
            p.accumulate ? Vector::add(Vector::load_sums(out), sum[r][v]) : sum[r][v], out);
      } else if (left > 0) {
        alignas(64) float whole[16];
        Vector::store_sums(sum[r][v], whole);
        for (std::int64_t i = 0; i < left; ++i) {
          out[i] = p.accumulate ? out[i] + whole[i] : whole[i];
        }
      }
    }
  }
}

template <class Vector, int Rows, int Vectors>
HWY_INLINE void multiply_tile(const TileProduct<Vector>& p) {
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
  store_tile<Vector, Rows, Vectors>(p, sum);
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
template <class Vector, int MaxRows, int Vectors>
HWY_INLINE void multiply_vectors(std::int64_t rows, TileProduct<Vector> p) {
  const std::int64_t tiles = (rows + MaxRows - 1) / MaxRows;
  p.ahead_step = (Vectors * Vector::lanes() + tiles - 1) / tiles;
  for (std::int64_t t = 0; t < tiles; ++t) {
    const std::int64_t n = (rows + tiles - t - 1) / (tiles - t);
    multiply_rows<Vector, MaxRows, Vectors>(n, p);
    p.a += n * p.a_stride;
    p.c += n * p.c_stride;
    p.ahead += p.ahead_step * p.depth;
    rows -= n;
  }
}

template <class Vector, int MaxRows, int MaxVectors>
HWY_INLINE void multiply_columns(std::int64_t rows, TileProduct<Vector> p) {
  const std::int64_t lanes = Vector::lanes();
  const auto advance = [&](std::int64_t vectors) {
    p.b += vectors * lanes;
    p.c += vectors * lanes;
    p.ahead += vectors * lanes * p.depth;
    p.columns -= vectors * lanes;
  };
  while (p.columns > (MaxVectors - 1) * lanes) {
    multiply_vectors<Vector, MaxRows, MaxVectors>(rows, p);
    advance(MaxVectors);
  }
  if constexpr (MaxVectors > 2) {
    if (p.columns > lanes) {
      multiply_vectors<Vector, MaxRows, 2>(rows, p);
      advance(2);
    }
  }
  if (p.columns > 0) multiply_vectors<Vector, MaxRows, 1>(rows, p);
}

template <class Vector>
HWY_INLINE void multiply_whole_panel(std::int64_t rows, TileProduct<Vector> p) {
  if (rows == 0) return;
  if (p.ahead == nullptr) p.ahead = p.b;
  if (rows <= Vector::wide_rows) {
    multiply_columns<Vector, Vector::wide_rows, Vector::wide_vectors>(rows, p);
  } else {
    multiply_columns<Vector, Vector::tall_rows, Vector::tall_vectors>(rows, p);
  }
}
