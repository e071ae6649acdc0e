#include "headlens/kernels/inner_product.h"

#include <array>
#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headlens/base/errors.h"
#include "headlens/kernels/bf16_panel_product.h"
#include "headlens/kernels/bfloat16.h"
#include "headlens/kernels/panel_product.h"
#include "headlens/tensor/aligned_buffer.h"

/// Of the OpenMP runtime that oneDNN uses, GNU's. Compilers' own headers and flags may mean
/// another.
extern "C" void omp_set_num_threads(int);

namespace headlens {
namespace {

using dnnl::memory;

/// oneDNN picks weight layouts by the row count; one reference count keeps them the same for all.
constexpr std::int64_t kReferenceRows = 256;

dnnl::engine& engine() {
  static dnnl::engine instance(dnnl::engine::kind::cpu, 0);
  return instance;
}

memory::data_type data_type(Precision precision) {
  return precision == Precision::f32 ? memory::data_type::f32 : memory::data_type::bf16;
}

memory::desc matrix(std::int64_t rows, std::int64_t columns, memory::data_type type,
                    memory::format_tag tag = memory::format_tag::ab) {
  return {memory::dims{rows, columns}, type, tag};
}

dnnl::inner_product_forward::primitive_desc describe(std::int64_t rows, std::int64_t columns,
                                                     std::int64_t depth, Precision precision,
                                                     const memory::desc& weights, bool has_bias,
                                                     bool accumulate) {
  const auto x = matrix(rows, depth, data_type(precision));
  const auto y = matrix(rows, columns, memory::data_type::f32);
  dnnl::primitive_attr attributes;
  if (accumulate) {
    dnnl::post_ops operations;
    operations.append_sum(1.0f);
    attributes.set_post_ops(operations);
  }
  const auto kind = dnnl::prop_kind::forward_inference;
  if (!has_bias) {
    return {dnnl::inner_product_forward::desc(kind, x, weights, y), attributes, engine()};
  }
  const memory::desc bias(memory::dims{columns}, memory::data_type::f32, memory::format_tag::a);
  return {dnnl::inner_product_forward::desc(kind, x, weights, bias, y), attributes, engine()};
}

/// The padded depth if the layout is panels of 64 outputs with the inputs in order (in pairs for
/// bf16) inside each panel.
std::optional<std::int64_t> panel_depth(const memory::desc& weights, Precision precision) {
  const dnnl_memory_desc_t& d = weights.data;
  if (d.format_kind != dnnl_blocked) return std::nullopt;
  const dnnl_blocking_desc_t& b = d.format_desc.blocking;
  const bool f32_blocks = precision == Precision::f32 && b.inner_nblks == 2 &&
                          b.inner_idxs[0] == 1 && b.inner_idxs[1] == 0 &&
                          b.inner_blks[1] == kPanelColumns;
  const bool bf16_blocks = precision == Precision::bf16 && b.inner_nblks == 3 &&
                           b.inner_idxs[0] == 1 && b.inner_idxs[1] == 0 && b.inner_idxs[2] == 1 &&
                           b.inner_blks[1] == kPanelColumns && b.inner_blks[2] == 2;
  if (!f32_blocks && !bf16_blocks) return std::nullopt;
  const std::int64_t padded = d.padded_dims[1];
  if (b.strides[0] != padded * kPanelColumns) return std::nullopt;
  return padded;
}

memory::desc f32_panels(std::int64_t columns, std::int64_t depth) {
  return matrix(columns, depth, memory::data_type::f32, memory::format_tag::AB16b64a);
}

/// Whether oneDNN has a kernel at full speed.
bool onednn_multiplies(std::int64_t columns, std::int64_t depth, Precision precision) {
  if (precision == Precision::bf16) return has_bf16_instructions();
  const auto made =
      describe(kReferenceRows, columns, depth, precision, f32_panels(columns, depth), false, false);
  return std::string_view(made.impl_info_str()).starts_with("brgemm");
}

/// Panels that only our own products read.
InnerProductLayout own_panels(std::int64_t out_features, std::int64_t in_features,
                              Precision precision) {
  const std::int64_t words = precision == Precision::f32 ? in_features : (in_features + 1) / 2;
  const std::int64_t padded_depth = precision == Precision::f32 ? words : 2 * words;
  const std::int64_t panel_bytes = words * kPanelColumns * 4;
  const std::int64_t panels = (out_features + kPanelColumns - 1) / kPanelColumns;
  return {out_features, in_features, panels * panel_bytes, panel_bytes, padded_depth, false};
}

/// Of float32 panels, whatever oneDNN would choose (for narrow layers it prefers thinner ones); of
/// bf16 what it chooses for tall inputs.
memory::desc preferred_weights(std::int64_t columns, std::int64_t depth, Precision precision) {
  if (precision == Precision::f32) return f32_panels(columns, depth);
  const auto any = matrix(columns, depth, data_type(precision), memory::format_tag::any);
  return describe(kReferenceRows, columns, depth, precision, any, false, false).weights_desc();
}

/// The layout of `columns` of a matrix's columns. A slice of whole panels reads like a matrix of
/// its own, whatever oneDNN would choose for so few columns.
memory::desc weights_of(const InnerProductLayout& layout, std::int64_t columns,
                        Precision precision) {
  if (layout.panel_bytes == 0) {
    return matrix(columns, layout.in_features, data_type(precision));
  }
  memory::desc weights = preferred_weights(layout.out_features, layout.in_features, precision);
  weights.data.dims[0] = columns;
  weights.data.padded_dims[0] = (columns + kPanelColumns - 1) / kPanelColumns * kPanelColumns;
  return weights;
}

struct Primitive {
  dnnl::inner_product_forward primitive;
  memory x, weights, bias, y;
};

/// What one thread keeps between calls. Each thread runs its own single-threaded primitives.
struct ThreadState {
  ThreadState() { omp_set_num_threads(1); }

  dnnl::stream stream{engine()};
  std::map<std::array<std::int64_t, 6>, Primitive> primitives;
  AlignedBuffer<bfloat16> rounded;
};

ThreadState& thread_state() {
  thread_local ThreadState state;
  return state;
}

Primitive& primitive_for(const InnerProductLayout& layout, Precision precision,
                         const InnerProductInput& input, bool has_bias, bool accumulate) {
  ThreadState& state = thread_state();
  const std::array<std::int64_t, 6> key{input.rows,
                                        input.in_features,
                                        input.out_features,
                                        layout.out_features,
                                        precision == Precision::bf16,
                                        (has_bias ? 2 : 0) + (accumulate ? 1 : 0)};
  if (auto found = state.primitives.find(key); found != state.primitives.end()) {
    return found->second;
  }
  const memory::desc weights = weights_of(layout, input.out_features, precision);
  const auto description = describe(input.rows, input.out_features, input.in_features, precision,
                                    weights, has_bias, accumulate);
  Primitive made{dnnl::inner_product_forward(description),
                 memory(description.src_desc(), engine(), nullptr),
                 memory(description.weights_desc(), engine(), nullptr),
                 has_bias ? memory(description.bias_desc(), engine(), nullptr) : memory(),
                 memory(description.dst_desc(), engine(), nullptr)};
  return state.primitives.emplace(key, std::move(made)).first->second;
}

}  // namespace

InnerProductLayout inner_product_layout(std::int64_t out_features, std::int64_t in_features,
                                        Precision precision) {
  try {
    const std::int64_t element_bytes = precision == Precision::f32 ? 4 : 2;
    if (!onednn_multiplies(out_features, in_features, precision)) {
      return own_panels(out_features, in_features, precision);
    }
    const memory::desc weights = preferred_weights(out_features, in_features, precision);
    if (const auto depth = panel_depth(weights, precision)) {
      return {out_features, in_features, static_cast<std::int64_t>(weights.get_size()),
              *depth * kPanelColumns * element_bytes, *depth};
    }
    return {out_features, in_features, out_features * in_features * element_bytes, 0, in_features};
  } catch (const dnnl::error& error) {
    throw UnsupportedError(std::string("oneDNN cannot run ") + std::string(to_string(precision)) +
                           " products on this processor: " + error.what());
  }
}

void run_inner_product(const InnerProductLayout& layout, Precision precision,
                       const InnerProductInput& input, const std::byte* weights, const float* bias,
                       float* y, bool accumulate) {
  if (input.rows == 0) return;
  ThreadState& state = thread_state();
  Primitive& p = primitive_for(layout, precision, input, bias != nullptr, accumulate);
  const void* x = input.x;
  if (precision == Precision::bf16) {
    const std::int64_t size = input.rows * input.in_features;
    state.rounded.reserve(size);
    round_to_bfloat16({input.x, static_cast<std::size_t>(size)}, state.rounded.data());
    x = state.rounded.data();
  }
  p.x.set_data_handle(const_cast<void*>(x));
  p.weights.set_data_handle(const_cast<std::byte*>(weights));
  p.y.set_data_handle(y);
  std::unordered_map<int, memory> arguments{
      {DNNL_ARG_SRC, p.x}, {DNNL_ARG_WEIGHTS, p.weights}, {DNNL_ARG_DST, p.y}};
  if (bias != nullptr) {
    p.bias.set_data_handle(const_cast<float*>(bias));
    arguments.emplace(DNNL_ARG_BIAS, p.bias);
  }
  p.primitive.execute(state.stream, arguments);
  state.stream.wait();
}

}  // namespace headlens
