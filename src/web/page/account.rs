//! The account page: `#account-page`. A person's sessions, the apps that see something of them, and what these see.

use std::time::Duration;

use askama::Template;
use askama_web::WebTemplate;
use serde_json::Value;

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
    /// Its name.
    pub name: String,
    /// Its value in words.
    pub value: String,
}

/// The claims that the catalogue has a name for; others are shown by their own.
const NAMED: [(&str, &str); 11] = [
    ("name", "claim.name"),
    ("given_name", "claim.given_name"),
    ("family_name", "claim.family_name"),
    ("nickname", "claim.nickname"),
    ("preferred_username", "claim.preferred_username"),
    ("email", "claim.email"),
    ("phone_number", "claim.phone_number"),
    ("address", "claim.address"),
    ("roles", "claim.roles"),
    ("organization", "claim.organization"),
    ("member_id", "claim.member_id"),
];

impl Fact {
    /// A claim in words; none when there is nothing in it.
    #[must_use]
    pub fn of(name: &str, value: &Value) -> Option<Self> {
        let value = words(value)?;
        Some(Self { name: name.to_owned(), value })
    }

    fn label(&self, frame: &Frame) -> String {
        let named = NAMED.iter().find(|(name, _)| *name == self.name);
        named.map_or_else(|| self.name.clone(), |(_, key)| frame.text(key).into_owned())
    }
}

fn words(value: &Value) -> Option<String> {
    let joined = |parts: Vec<String>| (!parts.is_empty()).then(|| parts.join(", "));
    match value {
        Value::Null => None,
        Value::String(text) if text.trim().is_empty() => None,
        Value::String(text) => Some(text.replace('\n', ", ")),
        Value::Array(list) => joined(list.iter().filter_map(words).collect()),
        Value::Object(members) => joined(members.values().filter_map(words).collect()),
        other => Some(other.to_string()),
    }
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
        let scopes = ["openid", "email", "<script>scope</script>"].map(|scope| ScopeLine::of(scope, None));
        let apps = App::samples().into_iter().map(|app| AppLine {
            id: "tickets\"<script>".to_owned(),
            app,
            since: Duration::from_hours(24 * 40),
            scopes: scopes.to_vec(),
        });
        let full = Self {
            frame: frame.clone(),
            action: "/account".to_owned(),
            sign_out_url: "/sign-out".to_owned(),
            request: "v1.sample".to_owned(),
            user_name: "<script>alice</script>".to_owned(),
            sessions: vec![session("s1", true, known), session("s2\"", false, Agent::default())],
            apps: apps.collect(),
            facts: vec![
                Fact { name: "name".to_owned(), value: "Alice <Liddell>".to_owned() },
                Fact { name: "shoe_size".to_owned(), value: "38".to_owned() },
            ],
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
