//! What a person is shown on the way to an answer: the sign-in page and the consent page. Whether one of them comes next is decided in
//! [`super::authorize`]; the way to the legacy site's own page is in [`super::legacy_visit`].

use crate::i18n::Sentence;
use crate::legacy::connector::Connector;
use crate::model::client::Client;
use crate::provider::admission::Admitted;
use crate::provider::authorize::{Authorize, Person, SignInMethod};
use crate::provider::authorize_error::AuthorizeError;
use crate::provider::legacy_visit::asks_anew;
use crate::provider::pending::Pending;
use crate::provider::step::{ConsentPrompt, Realm, SignInPrompt, Step};
use crate::provider::visitor::Visitor;
use crate::rules::interaction::SignInReason;

impl Authorize {
    pub(super) fn sign_in_page(
        &self,
        pending: &Pending,
        admitted: Option<&Admitted>,
        reason: SignInReason,
        person: Option<Person<'_>>,
        visitor: &Visitor,
    ) -> Result<Step, AuthorizeError> {
        let checked = admitted.map(|admitted| &admitted.checked);
        // Whoever is signed in over there would come back at once, without a word to the person.
        let anew = reason != SignInReason::NobodySignedIn || checked.is_some_and(asks_anew);
        let at_site = self.site_is_open_to(admitted.map(|admitted| &*admitted.client));
        if self.settings.method == SignInMethod::LegacySite
            && at_site
            && let Ok(step) = self.legacy_visit(pending.clone(), anew, visitor)
        {
            return step;
        }
        // Who only has to show once more that it is them need not type their name again.
        let again = matches!(reason, SignInReason::Asked | SignInReason::TooLongAgo);
        let known = person.filter(|_| again).map(|person| person.account.user_name.clone());
        let request = self.seal(pending, visitor)?;
        let may_choose = self.settings.method == SignInMethod::Both && at_site;
        let legacy_site = may_choose && self.can_go_there(anew, &request);
        Ok(Step::SignIn(Box::new(SignInPrompt {
            request,
            client: admitted.map(|admitted| admitted.client.clone()),
            redirect_uri: self.redirect_of(pending),
            realms: self.realms(admitted.map(|admitted| &*admitted.client)),
            legacy_site,
            user_name: checked.and_then(|checked| checked.login_hint.clone()).or(known).unwrap_or_default(),
            reason,
            refusal: None,
            ui_locales: checked.map(|checked| checked.ui_locales.clone()).unwrap_or_default(),
        })))
    }

    /// The old systems that people of the app may choose from; none where there is no choice.
    fn realms(&self, client: Option<&Client>) -> Vec<Realm> {
        let open = self.open_to(client);
        let realm = |(index, connector): (usize, &&Connector)| Realm {
            id: connector.id().clone(),
            title: connector.title().unwrap_or(connector.id().as_str()).to_owned(),
            chosen: index == 0,
        };
        if open.len() > 1 { open.iter().enumerate().map(realm).collect() } else { Vec::new() }
    }

    /// The old systems whose people may use the app.
    pub(super) fn open_to(&self, client: Option<&Client>) -> Vec<&Connector> {
        let names = client.map(|client| client.realms.as_slice()).unwrap_or_default();
        self.liveness.vault.connectors.among(names)
    }

    pub(super) fn consent_page(
        &self,
        pending: &Pending,
        admitted: &Admitted,
        person: Person<'_>,
        visitor: &Visitor,
    ) -> Result<Step, AuthorizeError> {
        let checked = &admitted.checked;
        let asks = pending.asked_of(&person.account.id);
        Ok(Step::Consent(Box::new(ConsentPrompt {
            request: self.seal(&asks, visitor)?,
            client: admitted.client.clone(),
            redirect_uri: admitted.redirect.as_str().to_owned(),
            account_name: person.account.user_name.clone(),
            scopes: self.told(admitted),
            ui_locales: checked.ui_locales.clone(),
        })))
    }

    /// What the person is told that the app will have: its scopes, and those that stand for the claims it asks for by name.
    fn told(&self, admitted: &Admitted) -> Vec<(String, Option<Sentence>)> {
        let Admitted { client, checked, .. } = admitted;
        let mut told: Vec<&str> = checked.scope.iter().collect();
        for claim in checked.claims.names() {
            let mut standing =
                self.claim_scopes.standing_for(&claim).filter(|scope| client.scope.contains(scope));
            if let Some(scope) = standing.next().filter(|scope| !told.contains(scope)) {
                told.push(scope);
            }
        }
        told.into_iter().map(|token| (token.to_owned(), self.words(token))).collect()
    }

    /// What the configuration says that the scope `token` means.
    pub(super) fn words(&self, token: &str) -> Option<Sentence> {
        let of_apis = || {
            let scopes = self.registry.apis().iter().flat_map(|api| &api.scopes);
            scopes.filter(|scope| scope.token == token).find_map(|scope| scope.description.clone())
        };
        self.claim_scopes.description(token).cloned().or_else(of_apis)
    }
}
