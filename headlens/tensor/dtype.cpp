#include "headlens/tensor/dtype.h"

namespace headlens {

DTypeInfo info(DType dtype) {
  switch (dtype) {
    case DType::f64:
      return {"F64", 1, 8};
    case DType::f32:
      return {"F32", 1, 4};
    case DType::f16:
      return {"F16", 1, 2};
    case DType::bf16:
      return {"BF16", 1, 2};
    case DType::i64:
      return {"I64", 1, 8};
    case DType::i32:
      return {"I32", 1, 4};
    case DType::i16:
      return {"I16", 1, 2};
    case DType::i8:
      return {"I8", 1, 1};
    case DType::u8:
      return {"U8", 1, 1};
    case DType::boolean:
      return {"BOOL", 1, 1};
    case DType::q4_0:
      return {"Q4_0", 32, 18};
    case DType::q4_1:
      return {"Q4_1", 32, 20};
    case DType::q5_0:
      return {"Q5_0", 32, 22};
    case DType::q5_1:
      return {"Q5_1", 32, 24};
    case DType::q8_0:
      return {"Q8_0", 32, 34};
    case DType::q2_k:
      return {"Q2_K", 256, 84};
    case DType::q3_k:
      return {"Q3_K", 256, 110};
    case DType::q4_k:
      return {"Q4_K", 256, 144};
    case DType::q5_k:
      return {"Q5_K", 256, 176};
    case DType::q6_k:
      return {"Q6_K", 256, 210};
  }
  return {"unknown", 1, 0};
}

}  // namespace headlens
