// Included inside a namespace that has been compiled for one instruction set, once for each: the
// first lanes of a vector from and to memory that ends after them. Where an instruction set has no
// masked access, Highway's own reads and writes the whole vector.

template <class Tag>
HWY_INLINE hn::Vec<Tag> load_first(Tag tag, std::int64_t n, const float* from) {
#if HWY_MEM_OPS_MIGHT_FAULT
  if (n < static_cast<std::int64_t>(hn::Lanes(tag))) {
    alignas(64) float lanes[16] = {};
    for (std::int64_t i = 0; i < n; ++i) lanes[i] = from[i];
    return hn::Load(tag, lanes);
  }
  return hn::LoadU(tag, from);
#else
  return hn::MaskedLoad(hn::FirstN(tag, static_cast<std::size_t>(n)), tag, from);
#endif
}

template <class Tag>
HWY_INLINE void store_first(Tag tag, std::int64_t n, hn::Vec<Tag> vector, float* to) {
#if HWY_MEM_OPS_MIGHT_FAULT
  if (n < static_cast<std::int64_t>(hn::Lanes(tag))) {
    alignas(64) float lanes[16];
    hn::Store(vector, tag, lanes);
    for (std::int64_t i = 0; i < n; ++i) to[i] = lanes[i];
    return;
  }
  hn::StoreU(vector, tag, to);
#else
  hn::BlendedStore(vector, hn::FirstN(tag, static_cast<std::size_t>(n)), tag, to);
#endif
}
