//! `application/x-www-form-urlencoded`, read strictly. Not the `url` crate's reader, which turns broken UTF-8 into
//! replacement characters: two different texts would become the same one.

use url::form_urlencoded;

/// A text that is no form encoding of Unicode text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedForm {
    /// The decoded bytes are no UTF-8 (RFC 6749 Appendix B).
    #[error("a parameter is not UTF-8")]
    NotUtf8,
    /// A NUL, which databases and C libraries read as the end of a text.
    #[error("a parameter holds a NUL character")]
    Nul,
}

/// Decodes one name or value: `+` is a space, `%XX` a byte; a `%` that begins no such pair stands for itself.
///
/// # Errors
/// When the result is not UTF-8 or holds a NUL.
pub fn decode(encoded: &[u8]) -> Result<String, MalformedForm> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let Some((&first, after)) = rest.split_first() {
        let (byte, after) = match (first, after) {
            (b'+', _) => (b' ', after),
            (b'%', [high, low, beyond @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, beyond),
                _ => (first, after),
            },
            _ => (first, after),
        };
        bytes.push(byte);
        rest = after;
    }
    let text = String::from_utf8(bytes).map_err(|_| MalformedForm::NotUtf8)?;
    if text.contains('\0') { Err(MalformedForm::Nul) } else { Ok(text) }
}

/// Decodes a whole form into its pairs, in order. A piece without `=` is a name with an empty value.
///
/// # Errors
/// When a name or value is not UTF-8 or holds a NUL.
pub fn decode_pairs(encoded: &[u8]) -> Result<Vec<(String, String)>, MalformedForm> {
    encoded
        .split(|byte| *byte == b'&')
        .filter(|piece| !piece.is_empty())
        .map(|piece| {
            let mut halves = piece.splitn(2, |byte| *byte == b'=');
            let name = decode(halves.next().unwrap_or_default())?;
            Ok((name, decode(halves.next().unwrap_or_default())?))
        })
        .collect()
}

/// Encodes one name or value.
pub fn encode(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
