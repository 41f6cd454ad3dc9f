//! Which requests are taken: client and redirect first, which may only fail on a page; then the rest, which travels back by redirect.

use std::sync::Arc;

use tracing::info;

use crate::id::ClientId;
use crate::keys::keyring::Keyring;
use crate::model::account::Account;
use crate::model::client::Client;
use crate::model::registry::Registry;
use crate::oauth::authorization_request::AuthorizationRequest;
use crate::oauth::error::ErrorCode;
use crate::oauth::params::{DuplicateParameter, MalformedParams};
use crate::oauth::response::Outcome;
use crate::provider::authorize_error::AuthorizeError;
use crate::provider::step::{Answer, Step};
use crate::rules::authorization::{CheckedRequest, check, refusal_mode};
use crate::rules::authorization_refusal::AuthorizationRefusal;
use crate::rules::interaction::Whom;
use crate::rules::redirect_uri::{TrustedRedirect, trust};
use crate::tokens::hint::hint;
use crate::tokens::subject::subject;

/// Looks at requests.
#[derive(Clone, Copy)]
pub(super) struct Admission<'a> {
    /// Who may ask.
    pub(super) registry: &'a Registry,
    /// The `acr` values that a sign-in here reaches.
    pub(super) acr: &'a [String],
    /// `iss` of a refusal (RFC 9207).
    pub(super) issuer: &'a str,
}

/// A request whose client, redirect and parameters hold.
pub(super) struct Admitted {
    pub(super) client: Arc<Client>,
    pub(super) redirect: TrustedRedirect,
    pub(super) checked: CheckedRequest,
}

/// An `id_token_hint` that is no ID token for this client.
pub(super) struct UselessHint;

impl Admission<'_> {
    /// Client, redirect, then the rest. The first two may only fail on a page; the rest travels back by redirect.
    pub(super) fn admit(
        self,
        request: &AuthorizationRequest,
    ) -> Result<Result<Admitted, Step>, AuthorizeError> {
        let (client, redirect) = self.redirect(request)?;
        match check(request, &client, self.registry.apis(), self.acr) {
            Ok(checked) => Ok(Ok(Admitted { client, redirect, checked })),
            Err(refusal) => Ok(Err(self.refuse(&redirect, request, &refusal))),
        }
    }

    /// RFC 6749 §3.1: a repeated parameter is an error, told by redirect when client and redirect are beyond doubt. A redirect URI that
    /// is not among the single parameters may be one that stands twice, so it does not count as left out here.
    pub(super) fn refuse_duplicate(self, duplicate: DuplicateParameter) -> Result<Step, AuthorizeError> {
        let request = AuthorizationRequest::from_params(&duplicate.single);
        match self.redirect(&request) {
            Ok((_, redirect)) if request.redirect_uri.is_some() => {
                Ok(self.refuse(&redirect, &request, &duplicate.into()))
            }
            Ok(_) | Err(_) => Err(MalformedParams::from(duplicate).into()),
        }
    }

    fn redirect(
        self,
        request: &AuthorizationRequest,
    ) -> Result<(Arc<Client>, TrustedRedirect), AuthorizeError> {
        let id = request.client_id.as_ref().ok_or(AuthorizeError::ClientMissing)?;
        let client = self.registry.client(id);
        let client = client.ok_or_else(|| AuthorizeError::UnknownClient { sent: id.to_string() })?;
        match trust(&client, request.redirect_uri.as_deref(), request.scope.as_deref()) {
            Ok(redirect) => Ok((client, redirect)),
            Err(refusal) => {
                Err(AuthorizeError::Redirect { client, refusal, sent: request.redirect_uri.clone() })
            }
        }
    }

    fn refuse(
        self,
        redirect: &TrustedRedirect,
        request: &AuthorizationRequest,
        refusal: &AuthorizationRefusal,
    ) -> Step {
        let description = refusal.description();
        info!(
            client.id = %request.client_id.as_ref().map_or("", ClientId::as_str),
            error = %refusal.code(), "refused an authorization request: {refusal}"
        );
        let outcome = Outcome::Error(refusal.code(), &description);
        let response =
            redirect.answer(refusal_mode(request), &outcome, request.state.as_deref(), self.issuer);
        let ui_locales = request.ui_locales.as_deref().unwrap_or_default();
        let ui_locales = ui_locales.split(' ').map(str::to_owned).collect();
        Step::Answer(Box::new(Answer { response, ui_locales, session: None }))
    }
}

impl Admitted {
    /// The `sub` of `id_token_hint`.
    ///
    /// OpenID Connect Core §3.1.2.1 says what to do when the hint names somebody else, and nothing about one that says nothing at all:
    /// that is a parameter that cannot be used, which the app hears, rather than a wish that is silently dropped.
    pub(super) fn hinted(&self, keyring: &Keyring, issuer: &str) -> Result<Option<String>, UselessHint> {
        let Some(text) = &self.checked.id_token_hint else { return Ok(None) };
        let hint = hint(keyring, issuer, text).filter(|hint| hint.audiences.contains(&self.client.id));
        hint.map(|hint| Some(hint.subject)).ok_or(UselessHint)
    }

    /// Whether the client means `account`, by the name that it knows people by: the one that was `hinted`, and one that it takes.
    pub(super) fn whom(&self, account: &Account, hinted: Option<&str>) -> Whom {
        let subject = subject(&self.client, account);
        let meant =
            hinted.is_none_or(|hinted| hinted == subject) && self.checked.claims.takes_subject(&subject);
        if meant { Whom::Meant } else { Whom::Another }
    }

    /// The answer that carries `outcome` to the app.
    pub(super) fn answer(&self, outcome: &Outcome<'_>, issuer: &str) -> Answer {
        let Self { redirect, checked, .. } = self;
        let response = redirect.answer(checked.response_mode, outcome, checked.state.as_deref(), issuer);
        Answer { response, ui_locales: checked.ui_locales.clone(), session: None }
    }

    /// An error for the app.
    pub(super) fn refuse(&self, code: ErrorCode, description: &str, issuer: &str) -> Step {
        info!(client.id = %self.client.id, error = %code, "refused an authorization request: {description}");
        Step::Answer(Box::new(self.answer(&Outcome::Error(code, description), issuer)))
    }
}
