//! One trial of a connector, as a sign-in of the bridge would go: the password is tried once, whatever comes back, and a second factor only
//! where it is asked for.

use serde_json::{Map, Value};

use crate::id::AccountId;
use crate::legacy::connector::{Connector, Second, Typed};
use crate::legacy::description::Description;
use crate::legacy::identity::Identity;
use crate::legacy::probe::Life;
use crate::legacy::refusal::Refusal;
use crate::legacy::tokens::{Arrival, LegacyTokens, Owner};
use crate::model::account::{Account, LastHeard};
use crate::model::claim_scopes::ClaimScopes;
use crate::oauth::scope::Scope;
use crate::secret::Secret;
use crate::time::Timestamp;

/// What is tried beside the sign-in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Also {
    /// A refresh, and the question whose tokens it gave.
    pub refresh: bool,
    /// A sign-out at the end.
    pub sign_out: bool,
}

/// What came of a trial.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Who was let in, or why nobody was.
    pub ending: Result<Identity, Refusal>,
    /// What came of everything else, in words that hold no secret.
    pub after: Vec<Afterwards>,
}

/// What came of something beside the sign-in.
#[derive(Clone, Debug)]
pub struct Afterwards {
    /// `refresh`, `alive` or `sign_out`.
    pub what: &'static str,
    /// Whether it went as it should.
    pub ok: bool,
    /// What happened.
    pub told: String,
}

impl Trial {
    /// How the trial ended, in a word: `signed_in`, or that of the configuration for a refusal.
    pub fn word(&self) -> &'static str {
        self.ending.as_ref().map_or_else(word, |_| "signed_in")
    }

    /// The exit code of the command: 0 when everything went as it should, 1 for a refusal, 3 when the system or the description of it does
    /// not work. 2 is for the command line and the configuration.
    pub fn exit_code(&self) -> u8 {
        match &self.ending {
            Ok(_) if self.after.iter().all(|also| also.ok) => 0,
            Ok(_) => 3,
            Err(
                Refusal::Unavailable { .. }
                | Refusal::Maintenance
                | Refusal::Misconfigured { .. }
                | Refusal::TokenRefused { .. }
                | Refusal::NoImmutableId { .. },
            ) => 3,
            Err(_) => 1,
        }
    }
}

/// A refusal in the word that an error rule has for it.
pub fn word(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::WrongCredentials => "wrong_credentials",
        Refusal::UnknownUser => "unknown_user",
        Refusal::Locked { .. } => "locked",
        Refusal::Disabled => "disabled",
        Refusal::Unconfirmed => "unconfirmed",
        Refusal::PasswordExpired { .. } => "password_expired",
        Refusal::MustChangePassword { .. } => "must_change_password",
        Refusal::SecondFactorRequired(_) => "second_factor_required",
        Refusal::SecondFactorWrong(_) => "second_factor_wrong",
        Refusal::RateLimited { .. } => "rate_limited",
        Refusal::Maintenance => "maintenance",
        Refusal::Unavailable { .. } => "unavailable",
        Refusal::Misconfigured { .. } | Refusal::TokenRefused { .. } => "misconfigured",
        Refusal::NoImmutableId { .. } => "no_immutable_id",
        Refusal::HandoverRefused { .. } => "handover_refused",
        Refusal::Unknown { .. } => "unknown",
    }
}

/// Tries it. `code` is asked for the second factor, once, when the old system wants one.
pub async fn run(
    connector: &Connector,
    user_name: &str,
    password: &Secret,
    code: impl FnOnce() -> Option<Secret>,
    (also, now): (Also, Timestamp),
) -> Trial {
    let typed = Typed { user_name, password: Some(password), second: None, address: None };
    let first = connector.let_in(typed).await;
    let arrival = match first {
        Err(Refusal::SecondFactorRequired(challenge)) => match code() {
            None => Err(Refusal::SecondFactorRequired(challenge)),
            Some(code) => {
                let second = Some(Second { code: &code, kept: &challenge.kept });
                // Only a challenge that is described so sends the password along.
                let password = Some(password).filter(|_| challenge.wants_password);
                connector.let_in(Typed { password, second, ..typed }).await
            }
        },
        arrival => arrival,
    };
    let mut after = Vec::new();
    let ending = match arrival {
        Err(refusal) => Err(refusal),
        Ok(Arrival { identity, tokens }) => {
            afterwards(connector, &identity, tokens, (also, now), &mut after).await;
            Ok(identity)
        }
    };
    Trial { ending, after }
}

async fn afterwards(
    connector: &Connector,
    identity: &Identity,
    tokens: Option<LegacyTokens>,
    (also, now): (Also, Timestamp),
    after: &mut Vec<Afterwards>,
) {
    let mut tell = |what, ok, told: String| after.push(Afterwards { what, ok, told });
    let Some(mut tokens) = tokens else {
        if also.refresh || also.sign_out {
            tell("refresh", false, "the system gave no token: nothing to refresh or to end".to_owned());
        }
        return;
    };
    let account = account_of(identity, now);
    if also.refresh {
        match tokens.refresh_token.clone() {
            None => tell("refresh", false, "no refresh token was given with this sign-in".to_owned()),
            Some(token) => match connector.refresh(&token, &account).await {
                Err(trouble) => tell("refresh", false, trouble.to_string()),
                Ok(refreshed) => {
                    let (ok, told) = match connector.owner(&refreshed, &account).await {
                        Owner::Same => (true, "new tokens, and they are the person's"),
                        Owner::Another => (false, "new tokens, but they are somebody else's"),
                        Owner::Out => (false, "new tokens, but the person is out"),
                        Owner::Unknown => (false, "new tokens, but whose they are cannot be found out"),
                    };
                    tell("refresh", ok, told.to_owned());
                    let kept = tokens.refresh_token.take();
                    tokens = refreshed.tokens;
                    tokens.refresh_token = tokens.refresh_token.or(kept);
                }
            },
        }
        if let Some(life) = connector.life(&tokens.access_token, &account).await {
            let (ok, told) = match life {
                Life::Alive => (true, "the person is still good".to_owned()),
                Life::Over => (false, "the person is out".to_owned()),
                Life::TokenRefused => (false, "the access token is not taken".to_owned()),
                Life::Unknown(why) | Life::NoAnswer(why) => (false, why),
            };
            tell("alive", ok, told);
        }
    }
    if also.sign_out {
        match connector.wants_sign_out() {
            false => tell("sign_out", false, "there is no [legacy.sign_out]".to_owned()),
            true => match connector.sign_out(&tokens.access_token, tokens.refresh_token.as_ref()).await {
                Ok(()) => tell("sign_out", true, "heard".to_owned()),
                Err(refusal) => tell("sign_out", false, refusal.to_string()),
            },
        }
    }
}

fn account_of(identity: &Identity, now: Timestamp) -> Account {
    Account {
        id: AccountId::from("trial".to_owned()),
        connector: identity.connector.clone(),
        legacy_id: identity.legacy_id.clone(),
        user_name: identity.user_name.clone(),
        claims: identity.claims.clone(),
        created_at: now,
        updated_at: now,
        heard: LastHeard::shown_at(now),
    }
}

/// The claims that each of these scopes tells an application.
pub fn by_scope(
    claims: &Map<String, Value>,
    scopes: &ClaimScopes,
    asked: &[String],
) -> Vec<(String, Map<String, Value>)> {
    let told = |name: &String| {
        let wanted = Scope::parse(name).ok();
        let names = wanted.iter().flat_map(|scope| scopes.claims_of(scope));
        let told = names.filter_map(|claim| Some((claim.to_owned(), claims.get(claim)?.clone())));
        (name.clone(), told.collect())
    };
    asked.iter().map(told).collect()
}

/// The claims that the description maps and this person does not have.
pub fn left_out(description: &Description, claims: &Map<String, Value>) -> Vec<String> {
    description.mapping.claims.keys().filter(|name| !claims.contains_key(*name)).cloned().collect()
}

/// The secrets that a description holds.
pub fn secrets_of(description: &Description) -> Vec<String> {
    let client = description.client.as_ref().and_then(|client| client.secret.as_ref());
    let account = description.service_account.as_ref().map(|account| &account.password);
    let transport = [description.transport.identity.as_ref(), description.transport.proxy.as_ref()];
    let named = description.secrets.values();
    let all = client.into_iter().chain(account).chain(transport.into_iter().flatten()).chain(named);
    all.map(|secret| secret.expose().to_owned()).collect()
}
