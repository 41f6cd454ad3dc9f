//! Writes the `[legacy]` section from what a curl command and a sample answer tell, with questions as comments where they do not. It never
//! writes the password, a token or a secret: those are typed, given or come from the environment.

use std::fmt::Write as _;

use serde_json::Value;

use super::answer_reading::{self, Found};
use super::curl::CurlRequest;
use super::leaves::{Hints, Unclear};
use super::request_reading::{self, LoginRequest};
use super::sample::Sample;
use crate::legacy::preset;

/// A section.
#[derive(Clone, Debug)]
pub struct Draft {
    /// TOML.
    pub text: String,
    /// What could not be inferred; each stands as a comment in the text too.
    pub questions: Vec<String>,
    /// The environment variables that it reads.
    pub variables: Vec<String>,
}

/// How systems are recognised, and the presets for them.
const RECOGNISED: [(&str, &str); 12] = [
    ("asi.scheduler", "imis"),
    ("/auth/login", "directus"),
    ("/api/auth/local", "strapi"),
    ("/jwt-auth/", "wordpress-jwt"),
    ("/integration/customer/token", "magento"),
    ("/login/token.php", "moodle"),
    ("/services/oauth2/token", "salesforce"),
    ("/_matrix/client", "matrix"),
    ("/protocol/openid-connect/token", "keycloak-password"),
    ("/o/token", "django-oauth-toolkit"),
    ("/api/token", "drf-simplejwt"),
    ("cognito-idp.", "cognito"),
];

/// Writes the section.
///
/// # Errors
/// When a hint is needed to say anything at all.
pub fn write(curl: &CurlRequest, sample: Option<&Sample>, hints: &Hints) -> Result<Draft, Unclear> {
    let mut request = request_reading::read(curl, hints)?;
    let found = sample.map(|sample| answer_reading::read(sample, hints.user.as_deref()));
    let mut page = Page { questions: std::mem::take(&mut request.questions), ..Page::default() };
    let as_grant = is_grant(&request);
    let preset = fitting_preset(curl, sample).filter(|_| !hints.no_preset);
    page.head(&request, found.as_ref(), preset);
    if preset == Some("imis") && as_grant {
        page.imis(&request);
    } else {
        page.login(&request, sample, found.as_ref(), as_grant);
        page.person(found.as_ref());
    }
    let variables = request.variables();
    Ok(Draft { text: page.finished(&request.notes), questions: page.questions, variables })
}

/// Whether it is the grant of RFC 6749 §4.3, which `[legacy.token]` speaks.
fn is_grant(request: &LoginRequest) -> bool {
    let field = |name: &str| {
        request.form.iter().flatten().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    };
    let typed = |text: &str| request.form.iter().flatten().any(|(_, value)| value == text);
    request.method == "POST"
        && field("grant_type") == Some("password")
        && typed("{/typed/user_name}")
        && typed("{/typed/password}")
        && request.query.is_empty()
        && request.headers.is_empty()
}

fn fitting_preset(curl: &CurlRequest, sample: Option<&Sample>) -> Option<&'static str> {
    let known = |name: &&str| preset::text(name).is_some();
    let url = curl.url.as_str().to_lowercase();
    let member = |name: &str| sample.is_some_and(|sample| sample.body().get(name).is_some());
    // What the framework of iMIS answers; the address alone does not tell.
    let owin = url.trim_end_matches('/').ends_with("/token") && member(".expires") && member("userName");
    let by_url = RECOGNISED.iter().find(|(part, _)| url.contains(part)).map(|(_, name)| *name);
    by_url.or_else(|| owin.then_some("imis")).filter(known)
}

/// The text in the making.
#[derive(Default)]
struct Page {
    text: String,
    questions: Vec<String>,
}

impl Page {
    fn key(&mut self, name: &str, value: impl Into<toml::Value>) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{} = {}", bare(name), value.into());
    }

    fn comment(&mut self, text: &str) {
        let _ = writeln!(self.text, "# {text}");
    }

    fn table(&mut self, name: &str) {
        let _ = writeln!(self.text, "\n[{name}]");
    }

    fn asks(&mut self, question: &str) {
        self.comment(&format!("QUESTION: {question}"));
        self.questions.push(question.to_owned());
    }

    fn head(&mut self, request: &LoginRequest, found: Option<&Found>, preset: Option<&'static str>) {
        self.text.push_str("[legacy]\n");
        for question in std::mem::take(&mut self.questions) {
            self.asks(&question);
        }
        match preset {
            Some("imis") if is_grant(request) => {
                self.comment("The answer is that of iMIS, or of another system on the same framework. If it is another: leave the preset out,");
                self.comment("and run from-curl with --no-preset.");
                self.key("preset", "imis");
            }
            Some(name) => self.comment(&format!("preset = \"{name}\" knows this kind of system; `passerelle init --preset {name}` begins with it.")),
            None => {}
        }
        self.key("base_url", request.base_url.as_str());
        if request.base_url.starts_with("http://") && !loopback(&request.base_url) {
            self.asks("http sends passwords in the clear: is there an https address? Only if the way is safe by other means: allow_plain_http = true");
        }
        if let Some((id, secret)) = &request.client {
            self.key("client_id", id.as_str());
            if *secret {
                self.key("client_secret", env("LEGACY_CLIENT_SECRET"));
            }
        }
        if let Some(cookie) = found.and_then(|found| found.cookie.as_deref()) {
            self.key("send_token", table([("cookie", cookie.into())]));
        }
        if !request.files.is_empty() {
            self.table("legacy.tls");
            for (key, file) in &request.files {
                self.key(key, file.as_str());
            }
        }
        if !request.secrets.is_empty() {
            self.table("legacy.secrets");
            for (name, variable) in &request.secrets {
                self.key(name, env(variable));
            }
        }
    }

    /// What the preset does not know.
    fn imis(&mut self, request: &LoginRequest) {
        let path = request.path.as_str();
        if path != "/token" || request.client.is_some() {
            self.table("legacy.token");
        }
        if path != "/token" {
            self.key("url", format!("{{base_url}}{path}"));
        }
        if request.client.is_some() {
            self.key("client", if request.basic.is_some() { "basic" } else { "body" });
        }
    }

    fn login(
        &mut self,
        request: &LoginRequest,
        sample: Option<&Sample>,
        found: Option<&Found>,
        as_grant: bool,
    ) {
        match as_grant {
            true => self.grant(request),
            false => self.request(request),
        }
        let (Some(sample), Some(found)) = (sample, found) else {
            self.asks("where does the token stand in the answer? Run from-curl with --answer FILE, or write its JSON Pointer");
            self.comment("access_token = \"/access_token\"");
            return;
        };
        if let Some(format) = found.format {
            self.key("format", format);
        }
        if !(200..300).contains(&sample.status) {
            self.asks("the sample answer is no success by its status: give one of a login that worked");
        } else if !matches!(sample.status, 200 | 201) {
            self.key("success_status", i64::from(sample.status));
        }
        match &found.access_token {
            Some(place) => self.key("access_token", place.as_str()),
            None => {
                self.key("gives_tokens", false);
                self.key("success_status", i64::from(sample.status));
                self.asks("no token was found in the answer. Is there none? Else write access_token = \"…\", its JSON Pointer, and leave gives_tokens out. Without a token, what but the status tells a success?");
            }
        }
        match &found.refresh_token {
            Some(place) if place != "/refresh_token" => self.key("refresh_token", place.as_str()),
            Some(_) | None => {}
        }
        match &found.expires {
            Some((place, told_as)) => {
                let usual = place == "/expires_in" && *told_as == "seconds";
                if !usual && *told_as != "jwt" {
                    self.key("expires_in", place.as_str());
                }
                if !usual {
                    self.key("expires_as", *told_as);
                }
            }
            None if found.access_token.is_some() => self.comment("Nothing tells how long the token lives."),
            None => {}
        }
        found.notes.iter().for_each(|note| self.comment(&format!("NOTE: {note}.")));
        self.refresh(request, found, as_grant);
        if let Some(place) = &found.jwt {
            self.table("legacy.jwt");
            self.comment("Its claims are believed because it comes over TLS from the system itself, in the answer to the bridge's own request;");
            self.comment("trust = \"signature\" with jwks_file verifies it as well.");
            self.key("from", place.as_str());
            self.key("trust", "transport");
        }
    }

    fn grant(&mut self, request: &LoginRequest) {
        self.table("legacy.token");
        self.key("url", format!("{{base_url}}{}", request.path));
        let fields = request.form.as_deref().unwrap_or_default();
        let mut others = toml::Table::new();
        for (name, value) in fields {
            match (name.as_str(), value.as_str()) {
                ("grant_type" | "client_id" | "client_secret", _) => {}
                ("username", "{/typed/user_name}") | ("password", "{/typed/password}") => {}
                (name, "{/typed/user_name}") => self.key("username_field", name),
                (name, "{/typed/password}") => self.key("password_field", name),
                (name, value) => {
                    others.insert(name.to_owned(), value.into());
                }
            }
        }
        if request.client.is_some() {
            self.key("client", if request.basic.is_some() { "basic" } else { "body" });
        }
        if !others.is_empty() {
            self.key("fields", others);
        }
    }

    fn request(&mut self, request: &LoginRequest) {
        self.table("legacy.login");
        let has_body = request.form.is_some() || request.json.is_some();
        if request.method != "POST" || !has_body {
            self.key("method", request.method.as_str());
        }
        self.key("url", format!("{{base_url}}{}", request.path));
        let pairs = |pairs: &[(String, String)]| -> toml::Table {
            pairs.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect()
        };
        for (name, list) in [("query", &request.query), ("headers", &request.headers)] {
            if !list.is_empty() {
                self.key(name, pairs(list));
            }
        }
        if let Some((user_name, password)) = &request.basic {
            self.key(
                "basic",
                table([("user_name", user_name.as_str().into()), ("password", password.as_str().into())]),
            );
        }
        if let Some(form) = &request.form {
            self.key("form", pairs(form));
        }
        match request.json.as_ref().map(|json| toml::Value::try_from(without_nulls(json))) {
            Some(Ok(json)) => self.key("json", json),
            Some(Err(_)) => {
                self.asks("the JSON of the command cannot be written in TOML; write it by hand under json")
            }
            None => {}
        }
        if let Some(content_type) = &request.content_type {
            self.key("content_type", content_type.as_str());
        }
    }

    fn refresh(&mut self, request: &LoginRequest, found: &Found, as_grant: bool) {
        match (&found.refresh_token, as_grant) {
            (None, _) => {}
            (Some(_), true) => {
                self.table("legacy.refresh");
                self.key(
                    "client",
                    match (&request.client, &request.basic) {
                        (None, _) => "none",
                        (Some(_), Some(_)) => "basic",
                        (Some(_), None) => "body",
                    },
                );
            }
            (Some(_), false) => {
                self.comment("LATER: there is a refresh token. How it is used stands under [legacy.refresh], with url and form or json, such as");
                self.comment("json = { refresh_token = \"{/token/refresh_token}\" }. Without it people stay signed in as long as the session lasts.");
            }
        }
    }

    fn person(&mut self, found: Option<&Found>) {
        let nothing = Found::default();
        let found = found.unwrap_or(&nothing);
        self.table("legacy.identity");
        match found.ids.split_first() {
            Some((best, others)) => {
                self.comment("The id must never change and never be given to another person.");
                if !others.is_empty() {
                    self.comment(&format!("Others that were found: {}.", others.join(", ")));
                }
                self.key("legacy_id", best.as_str());
            }
            None => {
                self.asks("the answer tells no id that never changes. Which call tells it? Write it as a [[legacy.profile]] step, such as");
                self.comment("[[legacy.profile]]");
                self.comment("name = \"me\"");
                self.comment("url = \"{base_url}/api/me\"");
                self.comment("and then: legacy_id = \"/me/id\"");
            }
        }
        self.key("user_name", found.user_name.as_deref().unwrap_or("/typed/user_name"));
        if !found.claims.is_empty() {
            self.table("legacy.claims");
            for (claim, place) in &found.claims {
                self.key(claim, place.as_str());
            }
        }
    }

    /// The text with what the command said in front.
    fn finished(&self, notes: &[String]) -> String {
        let notes: String = notes.iter().map(|note| format!("# NOTE: {note}\n")).collect();
        format!("{notes}{}", self.text)
    }
}

impl LoginRequest {
    fn variables(&self) -> Vec<String> {
        let client =
            self.client.as_ref().filter(|(_, secret)| *secret).map(|_| "LEGACY_CLIENT_SECRET".to_owned());
        client.into_iter().chain(self.secrets.values().cloned()).collect()
    }
}

fn table<const N: usize>(members: [(&str, toml::Value); N]) -> toml::Value {
    toml::Value::Table(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn env(variable: &str) -> toml::Value {
    table([("env", variable.into())])
}

/// A key as TOML has it.
fn bare(name: &str) -> String {
    let plain =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if plain { name.to_owned() } else { toml::Value::from(name).to_string() }
}

fn loopback(base_url: &str) -> bool {
    ["http://localhost", "http://127.0.0.1", "http://[::1]"].iter().any(|here| base_url.starts_with(here))
}

/// TOML has no null; a member that is null is left out.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name.clone(), without_nulls(value)))
                .collect(),
        ),
        Value::Array(elements) => Value::Array(elements.iter().map(without_nulls).collect()),
        other => other.clone(),
    }
}
