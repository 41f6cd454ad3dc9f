//! Systems that we did not write: what they really answer, by plain HTTP, and what the bridge makes of it by configuration alone. When a new
//! version of one answers otherwise, the first kind of story tells what, and the second kind whether it matters.

mod bridged;
mod bridged_cognito;
mod bridged_django;
mod bridged_sign_on;
mod bridged_simplejwt;
mod bridged_toolkit;
mod cognito;
mod django;
mod django_oauth_toolkit;
mod simplejwt;

use std::sync::LazyLock;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;

/// alice, as the Django site's API shows her.
static ALICE: LazyLock<Value> = LazyLock::new(|| {
    serde_json::json!({
        "id": 1,
        "username": "alice",
        "email": "alice@example.org",
        "first_name": "Alice",
        "last_name": "Liddell",
        "is_active": true,
        "groups": ["editors", "members"],
    })
});

/// Its every character means something else in some encoding.
const PASSWORD_OF_BOB: &str = r#"täglich + 5%41 & "mehr"; <b>\"#;

/// What a JWT says, read and not verified.
fn claims_of(token: &str) -> Value {
    let claims = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}
