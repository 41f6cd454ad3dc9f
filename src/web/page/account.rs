//! The account page: `#account-page`. A person's sessions, the apps that see something of them, and what these see.

use std::time::Duration;

use askama::Template;
use askama_web::WebTemplate;
use serde_json::{Value, json};

use crate::web::page::agent::Agent;
use crate::web::page::consent::ScopeLine;
use crate::web::page::frame::{App, Frame};

/// Below this somebody is there now.
const NOW: Duration = Duration::from_secs(90);

/// Shows sessions, apps and profile.
#[derive(Clone, Template, WebTemplate)]
#[template(path = "page/account.html")]
pub struct AccountPage {
    /// Language and organisation.
    pub frame: Frame,
    /// Where the forms go.
    pub action: String,
    /// Where this browser signs out.
    pub sign_out_url: String,
    /// What each form carries, sealed and bound to this person and browser.
    pub request: String,
    /// What the person signs in with.
    pub user_name: String,
    /// The sessions, this browser's first.
    pub sessions: Vec<SessionLine>,
    /// The apps.
    pub apps: Vec<AppLine>,
    /// What apps may see.
    pub facts: Vec<Fact>,
}

/// A session.
#[derive(Clone, Debug)]
pub struct SessionLine {
    /// `sid`.
    pub id: String,
    /// Whether it is this browser's.
    pub is_this: bool,
    /// Which browser.
    pub agent: Agent,
    /// From where.
    pub address: Option<String>,
    /// How long ago it began.
    pub began: Duration,
    /// How long ago it was last used.
    pub used: Duration,
    /// The apps that take part in it.
    pub apps: Vec<String>,
}

/// An app.
#[derive(Clone, Debug)]
pub struct AppLine {
    /// `client_id`.
    pub id: String,
    /// The app.
    pub app: App,
    /// How long ago it was connected.
    pub since: Duration,
    /// What it may see.
    pub scopes: Vec<ScopeLine>,
}

/// A claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What the person calls it.
    pub label: String,
    /// Its value in words.
    pub value: String,
}

/// The claims that the catalogue has a name for, in the order in which people tell of themselves. Others come after them, by their own
/// names.
const NAMED: [(&str, &str); 21] = [
    ("name", "claim.name"),
    ("given_name", "claim.given_name"),
    ("middle_name", "claim.middle_name"),
    ("family_name", "claim.family_name"),
    ("nickname", "claim.nickname"),
    ("preferred_username", "claim.preferred_username"),
    ("member_id", "claim.member_id"),
    ("organization", "claim.organization"),
    ("roles", "claim.roles"),
    ("email", "claim.email"),
    ("email_verified", "claim.email_verified"),
    ("phone_number", "claim.phone_number"),
    ("phone_number_verified", "claim.phone_number_verified"),
    ("address", "claim.address"),
    ("birthdate", "claim.birthdate"),
    ("gender", "claim.gender"),
    ("picture", "claim.picture"),
    ("profile", "claim.profile"),
    ("website", "claim.website"),
    ("locale", "claim.locale"),
    ("zoneinfo", "claim.zoneinfo"),
];

/// OpenID Connect Core §5.1.1, in its order.
const ADDRESS: [&str; 5] = ["street_address", "locality", "region", "postal_code", "country"];

impl Fact {
    /// All claims in which there is something.
    #[must_use]
    pub fn all<'c>(frame: &Frame, claims: impl IntoIterator<Item = (&'c str, &'c Value)>) -> Vec<Self> {
        let mut claims: Vec<_> = claims.into_iter().map(|(name, value)| (rank(name), name, value)).collect();
        claims.sort_by_key(|(rank, _, _)| *rank);
        let fact = |(rank, name, value): (usize, &str, &Value)| {
            let value = if name == "address" { address(frame, value) } else { words(frame, value) };
            let label =
                NAMED.get(rank).map_or_else(|| name.to_owned(), |(_, key)| frame.text(key).into_owned());
            Some(Self { label, value: value? })
        };
        claims.into_iter().filter_map(fact).collect()
    }
}

fn rank(name: &str) -> usize {
    NAMED.iter().position(|(known, _)| *known == name).unwrap_or(NAMED.len())
}

fn words(frame: &Frame, value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) if text.trim().is_empty() => None,
        Value::String(text) => Some(text.replace('\n', ", ")),
        Value::Bool(yes) => Some(frame.text(if *yes { "claim.yes" } else { "claim.no" }).into_owned()),
        Value::Array(list) => listed(frame, list),
        Value::Object(members) => listed(frame, members.values()),
        Value::Number(number) => Some(number.to_string()),
    }
}

fn listed<'v>(frame: &Frame, values: impl IntoIterator<Item = &'v Value>) -> Option<String> {
    let parts: Vec<String> = values.into_iter().filter_map(|value| words(frame, value)).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// As it is written on an envelope: whole where the legacy system says it so, or else put together.
fn address(frame: &Frame, value: &Value) -> Option<String> {
    let whole = value.get("formatted").and_then(|whole| words(frame, whole));
    let parts = || listed(frame, ADDRESS.iter().filter_map(|part| value.get(part)));
    whole.or_else(parts).or_else(|| words(frame, value))
}

impl SessionLine {
    fn title(&self, frame: &Frame) -> String {
        match (self.agent.browser, self.agent.system) {
            (Some(browser), Some(system)) => {
                frame.with("account.browser_on", &[("browser", browser), ("system", system)])
            }
            (Some(name), None) | (None, Some(name)) => name.to_owned(),
            (None, None) => frame.text("account.unknown_browser").into_owned(),
        }
    }
}

impl AccountPage {
    fn ago(&self, span: &Duration) -> String {
        if *span < NOW {
            self.frame.text("account.now").into_owned()
        } else {
            self.frame.with("account.ago", &[("wait", &self.frame.messages.wait(*span))])
        }
    }

    fn has_others(&self) -> bool {
        self.sessions.iter().any(|session| !session.is_this)
    }

    /// With everything, with nothing, and with names that would be markup.
    #[must_use]
    pub fn samples(frame: &Frame) -> Vec<Self> {
        let session = |id: &str, is_this, agent| SessionLine {
            id: id.to_owned(),
            is_this,
            agent,
            address: Some("192.0.2.7".to_owned()),
            began: Duration::from_hours(30),
            used: Duration::from_secs(20),
            apps: vec!["Tickets".to_owned(), "<script>app</script>".to_owned()],
        };
        let known = Agent { browser: Some("Firefox"), system: Some("Linux") };
        let scopes = ["openid", "email", "<script>scope</script>"]
            .map(|scope| ScopeLine::of(scope, None, frame.messages.language));
        let apps = App::samples().into_iter().map(|app| AppLine {
            id: "tickets\"<script>".to_owned(),
            app,
            since: Duration::from_hours(24 * 40),
            scopes: scopes.to_vec(),
        });
        let claims = [
            (
                "address",
                json!({ "country": "Wonderland", "street_address": "1 Rabbit Hole\nBehind the hedge" }),
            ),
            ("email_verified", json!(true)),
            ("family_name", json!("<Liddell>")),
            ("given_name", json!("Alice")),
            ("shoe_size", json!(38)),
        ];
        let full = Self {
            frame: frame.clone(),
            action: "/account".to_owned(),
            sign_out_url: "/sign-out".to_owned(),
            request: "v1.sample".to_owned(),
            user_name: "<script>alice</script>".to_owned(),
            sessions: vec![session("s1", true, known), session("s2\"", false, Agent::default())],
            apps: apps.collect(),
            facts: Fact::all(frame, claims.iter().map(|(name, value)| (*name, value))),
        };
        let bare = Self {
            sessions: vec![session("s1", true, known)],
            apps: Vec::new(),
            facts: Vec::new(),
            ..full.clone()
        };
        vec![full, bare]
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::i18n::{Language, Messages};
    use crate::web::page::branding::Branding;

    fn told(language: Language, claims: &[(&str, Value)]) -> Vec<(String, String)> {
        let branding = Arc::new(Branding::named("Heron"));
        let frame = Frame { messages: Messages { language }, branding, stylesheet: "style.css".into() };
        let facts = Fact::all(&frame, claims.iter().map(|(name, value)| (*name, value)));
        facts.into_iter().map(|fact| (fact.label, fact.value)).collect()
    }

    fn pair(label: &str, value: &str) -> (String, String) {
        (label.to_owned(), value.to_owned())
    }

    #[test]
    fn a_person_reads_of_themselves_as_people_tell_it() {
        let claims = [
            (
                "address",
                json!({ "country": "UK", "locality": "Oxford", "region": "", "street_address": "1 High St\nA" }),
            ),
            ("email_verified", json!(false)),
            ("family_name", json!("Liddell")),
            ("given_name", json!("Alice")),
            ("nickname", json!(" ")),
            ("roles", json!(["Member", null, "Staff"])),
            ("shoe_size", json!(38)),
        ];
        let english = [
            pair("First name", "Alice"),
            pair("Last name", "Liddell"),
            pair("Roles", "Member, Staff"),
            pair("E-mail address is confirmed", "no"),
            pair("Postal address", "1 High St, A, Oxford, UK"),
            pair("shoe_size", "38"),
        ];
        assert_eq!(told(Language::En, &claims), english);
        assert_eq!(told(Language::De, &claims)[3], pair("E-Mail-Adresse ist bestätigt", "nein"));
    }

    #[test]
    fn an_address_that_is_written_out_is_shown_as_it_is() {
        let whole = json!({ "formatted": "1 High St\nOxford", "locality": "Oxford" });
        assert_eq!(told(Language::En, &[("address", whole)]), [pair("Postal address", "1 High St, Oxford")]);
        let other = json!({ "town": "Oxford" });
        assert_eq!(told(Language::En, &[("address", other)]), [pair("Postal address", "Oxford")]);
        assert_eq!(told(Language::En, &[("address", json!({}))]), []);
    }
}
