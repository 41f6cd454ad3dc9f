//! How the body of a request is written.

/// The encoding of a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BodyEncoding {
    /// `application/x-www-form-urlencoded`, as RFC 6749 §3.2 has it.
    #[default]
    Form,
    /// `application/json`, which no specification of the token endpoint knows and some old clients send.
    Json,
}
