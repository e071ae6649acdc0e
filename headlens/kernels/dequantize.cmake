# Decoding of stored numbers, in a target of its own: it needs neither oneDNN nor the other kernels.
find_package(PkgConfig REQUIRED)
if(NOT TARGET headlens_dequantize)
  pkg_check_modules(HIGHWAY REQUIRED IMPORTED_TARGET libhwy)
  set(dequantize_source ${PROJECT_SOURCE_DIR}/headlens/kernels/dequantize.cpp)
  # Fused multiply-add would round differently from the reference.
  set_source_files_properties(${dequantize_source} PROPERTIES
    COMPILE_OPTIONS "-O3;-ffp-contract=off")
  headlens_room(dequantize
    SOURCES ${dequantize_source}
    DEPENDS headlens_tensor PkgConfig::HIGHWAY)
endif()
