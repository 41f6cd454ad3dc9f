//! Names of headers and parameters in a `[[gateway.route]]`.

use crate::config::findings::Findings;

/// Tells of a name that a parameter or a cookie cannot have.
pub(super) fn named(name: &str, at: &str, findings: &mut Findings) {
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
        findings.problem(at, "not a name: letters, digits, `-`, `_` and `.`");
    }
}

/// A header that nothing else depends on. Names with underscores never reach the API.
pub(super) fn is_own_header(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let taken =
        ["host", "connection", "content-length", "transfer-encoding", "authorization", "cookie", "upgrade"];
    !name.is_empty() && name.bytes().all(plain) && !taken.contains(&name.to_ascii_lowercase().as_str())
}
