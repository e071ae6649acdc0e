//! The exact bytes that one vocabulary entry stands for in running text.

use serde_json::Value;
use tokenizers::DecoderWrapper;

/// How entries spell bytes, read off the tokenizer's decoder.
pub enum PieceDecoder {
    /// GPT-2's alphabet: one printable character a byte.
    ByteLevel,
    /// SentencePiece: U+2581 is a space and `<0xHH>` a byte.
    ByteFallback,
    /// Anything else: only the tokenizer's own decoder knows.
    Whole,
}

impl PieceDecoder {
    pub fn of(decoder: Option<&DecoderWrapper>) -> PieceDecoder {
        let description = decoder.map(serde_json::to_value);
        match description {
            Some(Ok(value)) if names_step(&value, "ByteLevel") => PieceDecoder::ByteLevel,
            Some(Ok(value)) if names_step(&value, "ByteFallback") => PieceDecoder::ByteFallback,
            _ => PieceDecoder::Whole,
        }
    }

    pub fn bytes_of(&self, piece: &str) -> Option<Vec<u8>> {
        match self {
            PieceDecoder::ByteLevel => {
                let bytes: Option<Vec<u8>> = piece.chars().map(byte_of_character).collect();
                Some(bytes.unwrap_or_else(|| piece.as_bytes().to_vec()))
            }
            PieceDecoder::ByteFallback => Some(match fallback_byte(piece) {
                Some(byte) => vec![byte],
                None => piece.replace('\u{2581}', " ").into_bytes(),
            }),
            PieceDecoder::Whole => None,
        }
    }
}

fn names_step(decoder: &Value, name: &str) -> bool {
    let steps = decoder.get("decoders").and_then(Value::as_array);
    decoder.get("type").and_then(Value::as_str) == Some(name)
        || steps.is_some_and(|steps| steps.iter().any(|step| names_step(step, name)))
}

/// Inverse of GPT-2's bytes_to_unicode.
fn byte_of_character(character: char) -> Option<u8> {
    match character as u32 {
        code @ (0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF) => Some(code as u8),
        code @ 0x100..=0x120 => Some((code - 0x100) as u8),
        code @ 0x121..=0x142 => Some((code - 0x121 + 0x7F) as u8),
        0x143 => Some(0xAD),
        _ => None,
    }
}

fn fallback_byte(piece: &str) -> Option<u8> {
    let digits = piece.strip_prefix("<0x")?.strip_suffix('>')?;
    (digits.len() == 2).then(|| u8::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_alphabet_is_a_bijection() {
        let mut seen = [0; 256];
        for code in 0..0x200 {
            if let Some(byte) = char::from_u32(code).and_then(byte_of_character) {
                seen[byte as usize] += 1;
            }
        }
        assert!(seen.iter().all(|&count| count == 1));
        assert_eq!(byte_of_character('\u{120}'), Some(b' '));
        assert_eq!(byte_of_character('\u{10A}'), Some(b'\n'));
    }

    #[test]
    fn fallback_bytes_are_two_hexadecimal_digits() {
        assert_eq!(fallback_byte("<0xE2>"), Some(0xE2));
        assert_eq!(fallback_byte("<0xE>"), None);
        assert_eq!(fallback_byte("<s>"), None);
    }
}
