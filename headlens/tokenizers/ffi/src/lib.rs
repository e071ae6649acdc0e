//! C ABI of the Hugging Face `tokenizers` crate. The C declarations are in
//! `headlens_tokenizers_ffi.h`; `boundary` holds every line of unsafe code.

mod boundary;
mod components;
mod engine;
mod model;
mod outcome;
mod pieces;
