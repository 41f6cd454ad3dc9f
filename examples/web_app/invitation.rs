//! A sign-in that somebody else begins: the provider, or a portal, sends the browser here with a wish (OpenID Connect Core §4). Pure: it
//! only says what of the wish is granted.

use openidconnect::LoginHint;
use serde::Deserialize;
use url::Url;

use super::trouble::Trouble;

/// What the browser brings. Anybody can write such a link, so none of it is more than a wish.
#[derive(Deserialize)]
pub(super) struct Invitation {
    iss: Option<String>,
    login_hint: Option<String>,
    target_link_uri: Option<String>,
}

/// How a sign-in is to begin, and where in the app it ends. By default it is one that a person began on the front page.
#[derive(Default)]
pub(super) struct Wish {
    pub login_hint: Option<LoginHint>,
    /// A page of this app.
    pub target: Option<Url>,
}

impl Invitation {
    /// `own` is the app's own URL. A link may name this app's provider and no other: which one is asked is not for strangers to say.
    pub(super) fn granted(self, issuer: &str, own: &str) -> Result<Wish, Trouble> {
        let asked = self.iss.unwrap_or_default();
        if asked != issuer {
            return Err(Trouble::OtherIssuer(asked));
        }
        let target = self.target_link_uri.and_then(|target| page_of(&target, own));
        Ok(Wish { login_hint: self.login_hint.map(LoginHint::new), target })
    }
}

/// §4: the target must be checked, or the app becomes a redirector to anywhere. Only path and query are taken, and put behind the app's
/// own origin: a path may begin with two slashes, which alone would be another host.
fn page_of(target: &str, own: &str) -> Option<Url> {
    let (target, own) = (Url::parse(target).ok()?, Url::parse(own).ok()?);
    if target.origin() != own.origin() {
        return None;
    }
    let mut page = own;
    page.set_path(target.path());
    page.set_query(target.query());
    Some(page)
}
