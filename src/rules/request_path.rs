//! The path of a request that will be forwarded, in the one form that is matched and sent on.
//!
//! # Why
//! A rule guards nothing when the system behind reads the same bytes in another way: `%2e%2e`, `;`, `%2f`, `//` and their like are
//! understood differently by each server, so no spelling of them is guessed at. What has one meaning only is written one way (RFC 3986
//! §6.2.2); everything else is refused.

use std::fmt;

/// A path with one meaning: absolute, without dot segments, empty segments, parameters or hidden separators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestPath(String);

/// Why a path can be read in more than one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmbiguousPath {
    /// `*`, `host:port`, or nothing.
    #[error("the path does not begin with a slash")]
    NotAbsolute,
    /// `//`.
    #[error("the path has an empty segment")]
    EmptySegment,
    /// `.`, `..`, or a segment that ends with a dot or a space, which some file systems leave away.
    #[error("the path has a dot segment, or a segment that ends with a dot or a space")]
    DotSegment,
    /// `;`, `\`, or their encodings, or those of `/` and `.`.
    #[error("the path has a separator that servers read differently")]
    HiddenSeparator,
    /// `%25`: decoded once it may be something else than decoded twice.
    #[error("the path is encoded twice")]
    DoubleEncoding,
    /// A control character, or its encoding.
    #[error("the path has a control character")]
    Control,
    /// `%zz`, or bytes that are not UTF-8, overlong forms among them.
    #[error("the path is not UTF-8 in percent-encoding")]
    Encoding,
}

/// Characters that some servers take for a slash, a backslash, a dot or a semicolon.
const LOOK_ALIKES: [char; 9] = ['／', '＼', '．', '；', '∕', '⁄', '⧵', '․', '。'];

impl RequestPath {
    /// Reads the path of a request line.
    ///
    /// # Errors
    /// [`AmbiguousPath`].
    pub fn parse(raw: &str) -> Result<Self, AmbiguousPath> {
        let rest = raw.strip_prefix('/').ok_or(AmbiguousPath::NotAbsolute)?;
        let mut normal = String::with_capacity(raw.len());
        let mut segments = rest.split('/').peekable();
        while let Some(segment) = segments.next() {
            // A slash at the end is the last segment's, and the only empty one.
            if segment.is_empty() && (segments.peek().is_some() || normal.is_empty() && !rest.is_empty()) {
                return Err(AmbiguousPath::EmptySegment);
            }
            normal.push('/');
            push_segment(segment, &mut normal)?;
        }
        Ok(Self(normal))
    }

    /// As it is sent on.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As rules see it: a slash at the end makes no difference.
    pub fn to_match(&self) -> &str {
        match self.0.strip_suffix('/') {
            None | Some("") => &self.0,
            Some(without) => without,
        }
    }
}

impl fmt::Display for RequestPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn push_segment(segment: &str, normal: &mut String) -> Result<(), AmbiguousPath> {
    let decoded = decode(segment)?;
    let text = std::str::from_utf8(&decoded).map_err(|_| AmbiguousPath::Encoding)?;
    if text.ends_with(['.', ' ']) {
        return Err(AmbiguousPath::DotSegment);
    }
    if text.chars().any(char::is_control) {
        return Err(AmbiguousPath::Control);
    }
    if text.contains(['/', '\\', ';']) || text.contains(LOOK_ALIKES) {
        return Err(AmbiguousPath::HiddenSeparator);
    }
    for &byte in &decoded {
        if is_plain(byte) {
            normal.push(char::from(byte));
        } else {
            normal.push_str(&format!("%{byte:02X}"));
        }
    }
    Ok(())
}

/// Decodes once, and refuses what an encoding can only be there to hide.
fn decode(segment: &str) -> Result<Vec<u8>, AmbiguousPath> {
    let mut bytes = segment.bytes();
    let mut decoded = Vec::with_capacity(segment.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        let (Some(high), Some(low)) = (digit(bytes.next()), digit(bytes.next())) else {
            return Err(AmbiguousPath::Encoding);
        };
        match u8::try_from(high * 16 + low).unwrap_or(0) {
            b'%' => return Err(AmbiguousPath::DoubleEncoding),
            b'/' | b'\\' | b';' | b'.' => return Err(AmbiguousPath::HiddenSeparator),
            byte => decoded.push(byte),
        }
    }
    Ok(decoded)
}

/// What may stand in a path as it is: `pchar` of RFC 3986 §3.3 without `;`.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,=:@".contains(&byte)
}
