//! Every function that C calls. Nothing unwinds across this boundary: a panic becomes a status.
//! Pointers must be what the header says; that is the only thing the code here takes on trust.

use std::panic::{catch_unwind, set_hook, AssertUnwindSafe};
use std::slice;
use std::sync::Once;

use crate::engine::{Encoded, Engine};
use crate::model::{Kind, Vocabulary};
use crate::outcome::{bad_format, bad_usage, Failure, Outcome};

/// Bytes that Rust owns until `headlens_tokenizers_free_bytes`.
#[repr(C)]
pub struct OwnedBytes {
    data: *mut u8,
    length: usize,
}

/// Views into an encoding that Rust owns until `headlens_tokenizers_free_encoding`.
#[repr(C)]
pub struct EncodingView {
    ids: *const i32,
    begins: *const i64,
    ends: *const i64,
    special: *const u8,
    type_ids: *const i32,
    length: usize,
    owner: *mut Encoded,
}

/// Bytes that C owns for the time of the call.
#[repr(C)]
pub struct Text {
    data: *const u8,
    length: usize,
}

/// A vocabulary that C owns for the time of the call.
#[repr(C)]
pub struct Model {
    kind: i32,
    pieces: *const Text,
    ids: *const i32,
    piece_count: usize,
    merges: *const Text,
    merge_count: usize,
    unknown: Text,
    byte_fallback: bool,
    fuse_unknown: bool,
    ignore_merges: bool,
}

impl Text {
    unsafe fn bytes<'a>(&self) -> &'a [u8] {
        view(self.data, self.length)
    }
}

impl OwnedBytes {
    fn new(bytes: Vec<u8>) -> OwnedBytes {
        let boxed = bytes.into_boxed_slice();
        let length = boxed.len();
        OwnedBytes { data: Box::into_raw(boxed).cast(), length }
    }
}

fn silence_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| set_hook(Box::new(|_| {})));
}

/// Runs `work`, stores its value or its error's text, and returns the status.
unsafe fn guarded<T>(
    out: *mut T,
    error: *mut OwnedBytes,
    work: impl FnOnce() -> Outcome<T>,
) -> i32 {
    silence_panics();
    let outcome = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|text| text.to_string()))
            .unwrap_or_default();
        Err((Failure::Internal, format!("the tokenizers crate panicked: {text}")))
    });
    match outcome {
        Ok(value) => {
            out.write(value);
            0
        }
        Err((failure, message)) => {
            error.write(OwnedBytes::new(message.replace('\n', " ").into_bytes()));
            failure as i32
        }
    }
}

unsafe fn view<'a, T>(data: *const T, length: usize) -> &'a [T] {
    if length == 0 {
        &[]
    } else {
        slice::from_raw_parts(data, length)
    }
}

#[no_mangle]
pub unsafe extern "C" fn headlens_tokenizers_from_json(
    json: Text,
    components: Text,
    out: *mut *mut Engine,
    error: *mut OwnedBytes,
) -> i32 {
    guarded(out, error, || {
        let engine = Engine::from_json(json.bytes(), components.bytes())?;
        Ok(Box::into_raw(Box::new(engine)))
    })
}

#[no_mangle]
pub unsafe extern "C" fn headlens_tokenizers_from_model(
    model: *const Model,
    components: Text,
    out: *mut *mut Engine,
    error: *mut OwnedBytes,
) -> i32 {
    guarded(out, error, || {
        let engine = Engine::from_vocabulary(vocabulary_of(&*model)?, components.bytes())?;
        Ok(Box::into_raw(Box::new(engine)))
    })
}

unsafe fn vocabulary_of(model: &Model) -> Outcome<Vocabulary<'_>> {
    let ids = view(model.ids, if model.ids.is_null() { 0 } else { model.piece_count });
    let unsigned: Result<Vec<u32>, _> = ids.iter().map(|&id| u32::try_from(id)).collect();
    let unsigned = unsigned.map_err(|_| bad_format("a token has a negative id"))?;
    let merges = view(model.merges, 2 * model.merge_count);
    Ok(Vocabulary {
        kind: if model.kind == 0 { Kind::Bpe } else { Kind::WordPiece },
        pieces: view(model.pieces, model.piece_count).iter().map(|text| text.bytes()).collect(),
        ids: if ids.is_empty() { (0..model.piece_count as u32).collect() } else { unsigned },
        merges: merges.iter().map(|text| text.bytes()).collect(),
        unknown: (model.unknown.length > 0).then(|| model.unknown.bytes()),
        byte_fallback: model.byte_fallback,
        fuse_unknown: model.fuse_unknown,
        ignore_merges: model.ignore_merges,
    })
}

#[no_mangle]
pub unsafe extern "C" fn headlens_tokenizers_free(engine: *mut Engine) {
    if !engine.is_null() {
        let _ = catch_unwind(AssertUnwindSafe(|| drop(Box::from_raw(engine))));
    }
}

#[no_mangle]
pub unsafe extern "C" fn headlens_tokenizers_free_bytes(bytes: OwnedBytes) {
    if !bytes.data.is_null() {
        drop(Box::from_raw(std::ptr::slice_from_raw_parts_mut(bytes.data, bytes.length)));
    }
}

#[no_mangle]
pub unsafe extern "C" fn headlens_tokenizers_free_encoding(encoding: EncodingView) {
    if !encoding.owner.is_null() {
        drop(Box::from_raw(encoding.owner));
    }
}

#[no_mangle]
pub unsafe extern "C" fn headlens_tokenizers_encode(
    engine: *const Engine,
    text: Text,
    add_special_tokens: bool,
    out: *mut EncodingView,
    error: *mut OwnedBytes,
) -> i32 {
    guarded(out, error, || {
        let encoded = Box::new((*engine).encode(text.bytes(), add_special_tokens)?);
        Ok(EncodingView {
            ids: encoded.ids.as_ptr(),
            begins: encoded.begins.as_ptr(),
            ends: encoded.ends.as_ptr(),
            special: encoded.special.as_ptr(),
            type_ids: encoded.type_ids.as_ptr(),
            length: encoded.ids.len(),
            owner: Box::into_raw(encoded),
        })
    })
}

#[no_mangle]
pub unsafe extern "C" fn headlens_tokenizers_decode(
    engine: *const Engine,
    ids: *const i32,
    count: usize,
    skip_special_tokens: bool,
    out: *mut OwnedBytes,
    error: *mut OwnedBytes,
) -> i32 {
    guarded(out, error, || {
        let text = (*engine).decode(view(ids, count), skip_special_tokens)?;
        Ok(OwnedBytes::new(text.into_bytes()))
    })
}

#[no_mangle]
pub unsafe extern "C" fn headlens_tokenizers_decode_token(
    engine: *const Engine,
    id: i32,
    out: *mut OwnedBytes,
    error: *mut OwnedBytes,
) -> i32 {
    guarded(out, error, || (*engine).decode_token(id).map(OwnedBytes::new))
}

#[no_mangle]
pub unsafe extern "C" fn headlens_tokenizers_piece(
    engine: *const Engine,
    id: i32,
    out: *mut OwnedBytes,
    error: *mut OwnedBytes,
) -> i32 {
    guarded(out, error, || Ok(OwnedBytes::new((*engine).piece(id)?.into_bytes())))
}

/// Gives -1 for a piece that is not in the vocabulary.
#[no_mangle]
pub unsafe extern "C" fn headlens_tokenizers_id_of(
    engine: *const Engine,
    piece: Text,
    out: *mut i32,
    error: *mut OwnedBytes,
) -> i32 {
    guarded(out, error, || match (*engine).id_of(piece.bytes()) {
        None => Ok(-1),
        Some(id) => i32::try_from(id).map_err(bad_usage),
    })
}

#[no_mangle]
pub unsafe extern "C" fn headlens_tokenizers_contains(engine: *const Engine, id: i32) -> bool {
    catch_unwind(AssertUnwindSafe(|| (*engine).piece(id).is_ok())).unwrap_or(false)
}

#[no_mangle]
pub unsafe extern "C" fn headlens_tokenizers_is_special(engine: *const Engine, id: i32) -> bool {
    catch_unwind(AssertUnwindSafe(|| (*engine).is_special(id))).unwrap_or(false)
}

#[no_mangle]
pub unsafe extern "C" fn headlens_tokenizers_vocabulary_size(engine: *const Engine) -> usize {
    catch_unwind(AssertUnwindSafe(|| (*engine).size())).unwrap_or(0)
}
