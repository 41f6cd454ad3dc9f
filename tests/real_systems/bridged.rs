//! What an administrator writes to bridge each of these systems, and what stories ask of a connector that is made of it.

use std::time::Duration;

use passerelle::id::AccountId;
use passerelle::legacy::connector::Connector;
use passerelle::legacy::probe::Life;
use passerelle::legacy::refresh::{Class, RefreshTrouble};
use passerelle::legacy::refusal::Refusal;
use passerelle::legacy::tokens::{Arrival, LegacyTokens, Owner};
use passerelle::model::account::{Account, LastHeard};
use passerelle::secret::Secret;

use crate::support::cognito::Cognito;
use crate::support::custody;
use crate::support::django_site::{APPLICATION, DjangoSite};
use crate::support::parts::BEGINNING;

/// `[legacy]` for django-oauth-toolkit.
pub(super) fn toolkit(site: &DjangoSite) -> String {
    let (base_url, (id, secret)) = (site.base_url(), APPLICATION);
    format!(
        "preset = 'django-oauth-toolkit'
         base_url = '{base_url}'
         client_id = '{id}'
         client_secret = '{secret}'
         profile = [{{ name = 'me', url = '{{base_url}}/api/oauth/me' }}]
         alive = {{ url = '{{base_url}}/api/oauth/me' }}\n"
    )
}

/// `[legacy]` for djangorestframework-simplejwt.
pub(super) fn simplejwt(site: &DjangoSite) -> String {
    format!(
        "preset = 'drf-simplejwt'
         base_url = '{}'
         profile = [{{ name = 'me', url = '{{base_url}}/api/jwt/me' }}]
         alive = {{ url = '{{base_url}}/api/jwt/me' }}\n",
        site.base_url()
    )
}

/// `[legacy]` for Cognito.
pub(super) fn cognito(pool: &Cognito) -> String {
    format!("preset = 'cognito'\nbase_url = '{}'\nclient_id = '{}'\n", pool.base_url, pool.client_id)
}

/// A connector, and what its people do.
pub(super) struct Bridged(pub(super) Connector);

impl Bridged {
    pub(super) fn by(legacy: &str) -> Self {
        Self(custody::connector(legacy))
    }

    pub(super) async fn lets_in(&self, user_name: &str, password: &str) -> Arrival {
        let arrival = self.0.sign_in(user_name, &Secret::from(password)).await;
        arrival.unwrap_or_else(|refusal| panic!("{user_name}: {refusal}"))
    }

    pub(super) async fn refuses(&self, user_name: &str, password: &str) -> Refusal {
        let arrival = self.0.sign_in(user_name, &Secret::from(password)).await;
        arrival.map(|arrival| arrival.identity).expect_err(user_name)
    }

    /// The legacy tokens that take the place of these, which are the same person's.
    pub(super) async fn refreshes(
        &self,
        arrival: &Arrival,
        token: &Secret,
    ) -> Result<LegacyTokens, RefreshTrouble> {
        let account = account_of(arrival);
        let refreshed = self.0.refresh(token, &account).await?;
        assert_eq!(self.0.owner(&refreshed, &account).await, Owner::Same);
        Ok(refreshed.tokens)
    }

    /// The refresh with `token` says that the person is out.
    pub(super) async fn has_done_with(&self, arrival: &Arrival, token: &Secret) {
        let trouble = self.0.refresh(token, &account_of(arrival)).await.map(|_| ()).unwrap_err();
        assert_eq!(trouble.class, Class::Fatal, "{trouble}");
    }

    /// What the liveness probe says with `token`.
    pub(super) async fn life(&self, arrival: &Arrival, token: &Secret) -> Life {
        self.0.life(token, &account_of(arrival)).await.expect("there is a probe")
    }
}

/// The account that the bridge keeps of somebody.
pub(super) fn account_of(arrival: &Arrival) -> Account {
    let identity = arrival.identity.clone();
    Account {
        id: AccountId::from("account"),
        connector: identity.connector,
        legacy_id: identity.legacy_id,
        user_name: identity.user_name,
        claims: identity.claims,
        created_at: BEGINNING,
        updated_at: BEGINNING,
        heard: LastHeard::default(),
    }
}

/// Whom the connector says it is: the immutable id, the user name of today and the claims.
pub(super) fn told(arrival: &Arrival) -> (&str, &str, serde_json::Value) {
    let identity = &arrival.identity;
    let claims = serde_json::Value::Object(identity.claims.clone());
    (identity.legacy_id.as_str(), &identity.user_name, claims)
}

/// The tokens that came along.
pub(super) fn tokens(arrival: &Arrival) -> &LegacyTokens {
    arrival.tokens.as_ref().expect("this system gives tokens")
}

/// The refresh token among them.
pub(super) fn refresh_token(tokens: &LegacyTokens) -> &Secret {
    tokens.refresh_token.as_ref().expect("this system gives refresh tokens")
}

/// Whether the access token is good for about so long: moments pass between its making and its reading.
pub(super) fn is_good_for(tokens: &LegacyTokens, seconds: u64) -> bool {
    let whole = Duration::from_secs(seconds);
    tokens.lifetime.is_some_and(|left| left <= whole && left + Duration::from_secs(60) > whole)
}
