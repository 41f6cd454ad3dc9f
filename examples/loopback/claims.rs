//! Claims, made readable for people.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Map, Value};

/// The claims that are moments (`NumericDate`, RFC 7519 §2).
const MOMENTS: [&str; 5] = ["exp", "iat", "nbf", "auth_time", "updated_at"];

/// A row of a table.
pub struct Claim {
    /// As the token calls it.
    pub name: String,
    /// For people to read.
    pub value: String,
}

/// One row for each claim, in the order of the token.
pub fn rows(claims: &Map<String, Value>) -> Vec<Claim> {
    claims.iter().map(|(name, value)| Claim { name: name.clone(), value: readable(name, value) }).collect()
}

/// What a JWT says, without asking whether it is true: for a token that was verified before, or only to be shown.
pub fn of_jwt(token: &str) -> Option<Map<String, Value>> {
    let payload = token.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

fn readable(name: &str, value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if MOMENTS.contains(&name) => {
            let moment = number.as_i64().and_then(|seconds| Timestamp::from_second(seconds).ok());
            moment.map_or_else(
                || number.to_string(),
                |moment| moment.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
            )
        }
        Value::Array(values) => {
            values.iter().map(|value| readable(name, value)).collect::<Vec<_>>().join(", ")
        }
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| format!("{name}: {}", readable(name, value)));
            members.collect::<Vec<_>>().join("\n")
        }
        other => other.to_string(),
    }
}
