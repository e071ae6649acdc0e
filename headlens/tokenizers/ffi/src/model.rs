//! Models from vocabularies in memory, without a detour through JSON.

use ahash::AHashMap;
use tokenizers::models::bpe::BPE;
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::ModelWrapper;

use crate::outcome::{bad_format, Outcome};

pub enum Kind {
    Bpe,
    WordPiece,
}

pub struct Vocabulary<'a> {
    pub kind: Kind,
    pub pieces: Vec<&'a [u8]>,
    pub ids: Vec<u32>,
    /// Left and right parts in turn, best merge first.
    pub merges: Vec<&'a [u8]>,
    pub unknown: Option<&'a [u8]>,
    pub byte_fallback: bool,
    pub fuse_unknown: bool,
    pub ignore_merges: bool,
}

impl Vocabulary<'_> {
    pub fn into_model(self) -> Outcome<ModelWrapper> {
        let mut vocabulary = AHashMap::with_capacity(self.pieces.len());
        for (piece, &id) in self.pieces.iter().zip(&self.ids) {
            vocabulary.insert(text(piece)?, id);
        }
        let unknown = self.unknown.map(text).transpose()?;
        match self.kind {
            Kind::Bpe => {
                let pairs = self.merges.chunks_exact(2);
                let merges: Outcome<Vec<(String, String)>> =
                    pairs.map(|pair| Ok((text(pair[0])?, text(pair[1])?))).collect();
                let mut builder = BPE::builder()
                    .vocab_and_merges(vocabulary, merges?)
                    .byte_fallback(self.byte_fallback)
                    .fuse_unk(self.fuse_unknown)
                    .ignore_merges(self.ignore_merges);
                if let Some(unknown) = unknown {
                    builder = builder.unk_token(unknown);
                }
                builder.build().map(Into::into).map_err(bad_format)
            }
            Kind::WordPiece => {
                let mut builder = WordPiece::builder().vocab(vocabulary);
                if let Some(unknown) = unknown {
                    builder = builder.unk_token(unknown);
                }
                builder.build().map(Into::into).map_err(bad_format)
            }
        }
    }
}

fn text(bytes: &[u8]) -> Outcome<String> {
    let text = std::str::from_utf8(bytes).map_err(|_| {
        bad_format(format!("a piece is not UTF-8: {}", String::from_utf8_lossy(bytes)))
    })?;
    Ok(text.to_owned())
}
