//! What an authorization request ended in when it did not end well.

use crate::support::browser::Shown;
use crate::support::house::ISSUER;

/// An error page that leads nowhere and repeats nothing.
pub fn is_refused_on_a_page(shown: &Shown, told: &str) {
    assert_eq!(shown.status, 400, "{told}: {shown:?}");
    assert!(shown.is_page("error-page"), "{told}: {shown:?}");
    assert_eq!(shown.location(), None, "{told}");
    assert!(!shown.body.contains("evil"), "{told}: what was sent stands on the page");
}

/// The error that the app at `redirect` hears.
pub fn error_of(shown: &Shown, redirect: &str) -> String {
    let sent = shown.sent_to(redirect);
    assert_eq!(sent["iss"], ISSUER, "RFC 9207: an error says who sends it too");
    assert!(!sent.contains_key("code"));
    assert!(sent["error_description"].len() > 10, "{sent:?}");
    sent["error"].clone()
}
