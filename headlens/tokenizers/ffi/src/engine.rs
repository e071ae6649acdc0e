//! The tokenizer behind the handle, in safe Rust.

use tokenizers::Tokenizer;

use crate::components;
use crate::model::Vocabulary;
use crate::outcome::{bad_format, bad_usage, Outcome};
use crate::pieces::PieceDecoder;

/// One encoded text, as parallel arrays. Offsets are in Unicode code points.
pub struct Encoded {
    pub ids: Vec<i32>,
    pub begins: Vec<i64>,
    pub ends: Vec<i64>,
    pub special: Vec<u8>,
    pub type_ids: Vec<i32>,
}

pub struct Engine {
    tokenizer: Tokenizer,
    pieces: PieceDecoder,
}

impl Engine {
    pub fn from_json(json: &[u8], components: &[u8]) -> Outcome<Engine> {
        let tokenizer = Tokenizer::from_bytes(json).map_err(bad_format)?;
        Engine::new(tokenizer, components)
    }

    pub fn from_vocabulary(vocabulary: Vocabulary, components: &[u8]) -> Outcome<Engine> {
        Engine::new(Tokenizer::new(vocabulary.into_model()?), components)
    }

    /// Truncation and padding that the file asks for are dropped: every token is kept.
    fn new(mut tokenizer: Tokenizer, components: &[u8]) -> Outcome<Engine> {
        tokenizer.with_truncation(None).map_err(bad_format)?;
        tokenizer.with_padding(None);
        if !components.is_empty() {
            components::apply(&mut tokenizer, components)?;
        }
        let pieces = PieceDecoder::of(tokenizer.get_decoder());
        Ok(Engine { tokenizer, pieces })
    }

    pub fn encode(&self, text: &[u8], add_special_tokens: bool) -> Outcome<Encoded> {
        let text = std::str::from_utf8(text).map_err(|error| {
            bad_usage(format!("the text is not valid UTF-8 at byte {}", error.valid_up_to()))
        })?;
        let encoding =
            self.tokenizer.encode_char_offsets(text, add_special_tokens).map_err(bad_usage)?;
        let offsets = encoding.get_offsets();
        Ok(Encoded {
            ids: encoding.get_ids().iter().map(|&id| id as i32).collect(),
            begins: offsets.iter().map(|o| o.0 as i64).collect(),
            ends: offsets.iter().map(|o| o.1 as i64).collect(),
            special: encoding.get_special_tokens_mask().iter().map(|&m| m as u8).collect(),
            type_ids: encoding.get_type_ids().iter().map(|&t| t as i32).collect(),
        })
    }

    pub fn decode(&self, ids: &[i32], skip_special_tokens: bool) -> Outcome<String> {
        for &id in ids {
            self.piece(id)?;
        }
        let ids: Vec<u32> = ids.iter().map(|&id| id as u32).collect();
        self.tokenizer.decode(&ids, skip_special_tokens).map_err(bad_usage)
    }

    pub fn piece(&self, id: i32) -> Outcome<String> {
        let found = u32::try_from(id).ok().and_then(|id| self.tokenizer.id_to_token(id));
        found.ok_or_else(|| {
            bad_usage(format!("there is no token {id} in this vocabulary of {}", self.size()))
        })
    }

    pub fn decode_token(&self, id: i32) -> Outcome<Vec<u8>> {
        let piece = self.piece(id)?;
        match self.pieces.bytes_of(&piece) {
            Some(bytes) => Ok(bytes),
            None => self.decode(&[id], false).map(String::into_bytes),
        }
    }

    pub fn id_of(&self, piece: &[u8]) -> Option<u32> {
        self.tokenizer.token_to_id(std::str::from_utf8(piece).ok()?)
    }

    pub fn is_special(&self, id: i32) -> bool {
        let added = self.tokenizer.get_added_vocabulary().get_added_tokens_decoder();
        u32::try_from(id).ok().and_then(|id| added.get(&id)).is_some_and(|token| token.special)
    }

    pub fn size(&self) -> usize {
        self.tokenizer.get_vocab_size(true)
    }
}
