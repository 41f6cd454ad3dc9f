//! Reads a description out of its table: the preset underneath, what the administrator wrote on top, everything wrong told at once.

mod refresh;
mod site;

use std::collections::BTreeMap;

use regex::{Regex, RegexBuilder};
use toml::{Table, Value};
use url::{Host, Url};

use crate::config::duration::Span;
use crate::config::environment::Surroundings;
use crate::config::reading::{self, Problem, element, key};
use crate::config::secret_source::SecretSource;
use crate::id::ConnectorId;
use crate::legacy::answer_rule::AnswerRule;
use crate::legacy::claim_source::ClaimSource;
use crate::legacy::description::{
    ClientPlace, Description, Expected, HelpUris, LegacyClient, Mapping, ProfileStep, TokenEndpoint,
};
use crate::legacy::error_rule::ErrorRule;
use crate::legacy::place::Place;
use crate::legacy::preset;
use crate::legacy::template::Template;
use crate::legacy::written::{
    Raw, RawClientPlace, RawConditions, RawExpected, RawIdentity, RawRule, RawStep, RawToken,
};

/// How long a person waits for an answer of the old system.
const TIMEOUT: Span = Span::seconds(10);
/// More than any profile needs.
const LARGEST_ANSWER: u32 = 1024 * 1024;
/// Form fields that the bridge fills in itself.
const FILLED_IN: [&str; 5] = ["grant_type", "username", "password", "client_id", "client_secret"];
/// Names that steps may not have, because they are taken.
const TAKEN: [&str; 2] = ["answer", "typed"];
/// What tokens say of themselves; no mapping may speak for them (OpenID Connect Core §2, RFC 9068 §2.2, RFC 7519 §4.1).
const RESERVED: [&str; 17] = [
    "sub",
    "iss",
    "aud",
    "exp",
    "iat",
    "nbf",
    "jti",
    "nonce",
    "acr",
    "amr",
    "azp",
    "auth_time",
    "at_hash",
    "c_hash",
    "sid",
    "client_id",
    "scope",
];

/// Reads the table that stands at the key path `at`. The description is there exactly when there is no problem.
pub fn read(table: Table, at: &str, around: &Surroundings<'_>) -> (Option<Description>, Vec<Problem>) {
    let (table, preset_problem) = over_preset(table, at);
    let (raw, mut problems) = reading::read::<Raw>(table, at);
    problems.extend(preset_problem);
    let mut reader = Reader { at, problems, plain_http: raw.allow_plain_http.unwrap_or(false) };
    let description = reader.description(raw, around);
    (description.filter(|_| reader.problems.is_empty()), reader.problems)
}

/// Puts what was written over the preset that it names.
fn over_preset(written: Table, at: &str) -> (Table, Option<Problem>) {
    let Some(name) = written.get("preset").and_then(Value::as_str) else { return (written, None) };
    let Some(text) = preset::text(name) else {
        let known = preset::NAMES.join("`, `");
        let problem = Problem::new(key(at, "preset"), format!("there is no such preset; there is `{known}`"));
        return (written, Some(problem));
    };
    let mut merged = reading::parse(text).unwrap_or_default();
    lay_over(&mut merged, written);
    (merged, None)
}

fn lay_over(below: &mut Table, above: Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            // A claim's source is one thing, not a table to be mixed with another source.
            (Some(Value::Table(inner)), Value::Table(outer)) if !is_source(inner) => lay_over(inner, outer),
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

fn is_source(table: &Table) -> bool {
    ["first", "each", "join", "template", "constant", "object"].iter().any(|key| table.contains_key(*key))
}

/// Collects problems on the way.
struct Reader<'a> {
    at: &'a str,
    problems: Vec<Problem>,
    plain_http: bool,
}

impl Reader<'_> {
    fn problem(&mut self, key_path: &str, message: impl Into<String>) {
        self.problems.push(Problem::new(key(self.at, key_path), message));
    }

    /// The value, or a problem that says what is missing.
    fn needed<T>(&mut self, value: Option<T>, key_path: &str, what: &str) -> Option<T> {
        // A value that could not be read has told its problem already.
        let told = key(self.at, key_path);
        if value.is_none() && !self.problems.iter().any(|problem| problem.path == told) {
            self.problem(key_path, format!("missing; {what}"));
        }
        value
    }

    fn description(&mut self, raw: Raw, around: &Surroundings<'_>) -> Option<Description> {
        let base_url = self.base_url(raw.base_url);
        let timeout = raw.timeout.unwrap_or(TIMEOUT);
        if timeout.is_zero() {
            self.problem("timeout", format!("no time at all; the default is \"{TIMEOUT}\""));
        }
        let credentials = self.credentials(raw.client_id, raw.client_secret, around);
        let errors = self.rules(raw.error);
        let largest_answer =
            usize::try_from(raw.largest_answer.unwrap_or(LARGEST_ANSWER)).unwrap_or(usize::MAX);
        let rest = TokenRest { errors, largest_answer };
        let token = self.token(raw.token, base_url.as_deref(), credentials.clone(), rest);
        let refresh = match (&token, &base_url) {
            (Some(token), Some(base_url)) => self.refresh(raw.refresh, base_url, credentials, token),
            _ => None,
        };
        let alive = raw.alive.and_then(|probe| self.probe(probe, base_url.as_deref()));
        let site = raw.site.and_then(|site| self.site(site, base_url.as_deref()));
        let sign_out = raw.sign_out.and_then(|call| self.sign_out_call(call, base_url.as_deref()));
        let profile = self.steps(raw.profile, base_url.as_deref());
        let mapping = self.mapping(raw.identity, raw.claims);
        let help = HelpUris {
            password: self.web_uri(raw.help.password_uri, "help.password_uri"),
            account: self.web_uri(raw.help.account_uri, "help.account_uri"),
        };
        let id = raw.name.unwrap_or_else(|| "legacy".to_owned());
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
            self.problem("name", "letters, digits, `-` and `_`; accounts hang on it, so it never changes");
        }
        Some(Description {
            id: ConnectorId::from(id),
            base_url: base_url?,
            timeout: timeout.duration(),
            token: token?,
            refresh,
            alive,
            site,
            sign_out,
            profile,
            mapping: mapping?,
            help,
        })
    }

    fn base_url(&mut self, written: Option<String>) -> Option<String> {
        let text = self.needed(
            written,
            "base_url",
            "the address of the old system, such as \"https://members.example.org\"",
        )?;
        let url = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let Some(url) = url else {
            self.problem("base_url", "not an absolute https URL, such as \"https://members.example.org\"");
            return None;
        };
        if url.query().is_some() || url.fragment().is_some() {
            self.problem("base_url", "leave out the query and the fragment");
        }
        self.safe_way(&url, "base_url");
        Some(text.trim_end_matches('/').to_owned())
    }

    /// Passwords and tokens go to `url`.
    fn safe_way(&mut self, url: &Url, key_path: &str) {
        if !url.username().is_empty() || url.password().is_some() {
            self.problem(key_path, "leave out the credentials");
        }
        if !matches!(url.scheme(), "http" | "https") {
            self.problem(key_path, "not an https URL");
        } else if url.scheme() == "http" && !is_loopback(url) && !self.plain_http {
            self.problem(
                key_path,
                "http would send passwords in the clear; write https://…, or set allow_plain_http = true if the way is safe by other means",
            );
        }
    }

    /// The same for an address that may lie elsewhere than `base_url`, whose own problems are told already.
    fn safe_way_from(&mut self, base_url: &str, url: &Url, key_path: &str) {
        let way = |url: &Url| (url.origin(), url.username().to_owned(), url.password().map(str::to_owned));
        if Url::parse(base_url).is_ok_and(|base| way(&base) != way(url)) {
            self.safe_way(url, key_path);
        }
    }

    fn credentials(
        &mut self,
        id: Option<String>,
        secret: Option<SecretSource>,
        around: &Surroundings<'_>,
    ) -> Option<LegacyClient> {
        let secret = secret.and_then(|source| {
            let resolved = source.resolve(&key(self.at, "client_secret"), around);
            resolved.map_err(|problem| self.problems.push(problem)).ok()
        });
        Some(LegacyClient { id: id?, secret })
    }

    fn token(
        &mut self,
        raw: RawToken,
        base_url: Option<&str>,
        credentials: Option<LegacyClient>,
        rest: TokenRest,
    ) -> Option<TokenEndpoint> {
        let template =
            self.needed(raw.url, "token.url", "such as \"{base_url}/token\"; or set preset = \"imis\"");
        let url = template
            .zip(base_url)
            .and_then(|(template, base_url)| self.fixed_url(&template, base_url, "token.url"));
        for name in raw.fields.keys() {
            if FILLED_IN.contains(&name.as_str()) {
                self.problem(
                    &key("token.fields", name),
                    "the bridge fills this field in; a client stands as client_id and client_secret under [legacy], with token.client",
                );
            }
        }
        let client = match (raw.client.unwrap_or(RawClientPlace::None), credentials) {
            (RawClientPlace::None, _) => ClientPlace::None,
            (RawClientPlace::Body, Some(client)) => ClientPlace::Body(client),
            (RawClientPlace::Basic, Some(client)) if client.secret.is_some() => ClientPlace::Basic(client),
            (RawClientPlace::Body, None) => {
                self.problem(
                    "token.client",
                    "needs client_id under [legacy], and client_secret if there is one",
                );
                ClientPlace::None
            }
            (RawClientPlace::Basic, _) => {
                self.problem("token.client", "needs client_id and client_secret under [legacy]");
                ClientPlace::None
            }
        };
        let access_token = self.needed(
            raw.access_token,
            "token.access_token",
            "where the token stands in the answer, such as \"/access_token\"",
        );
        Some(TokenEndpoint {
            url: url?,
            username_field: raw.username_field.unwrap_or_else(|| "username".to_owned()),
            password_field: raw.password_field.unwrap_or_else(|| "password".to_owned()),
            fields: raw.fields,
            client,
            access_token: access_token?,
            refresh_token: raw.refresh_token.or_else(|| Place::parse("/refresh_token")).unwrap_or_default(),
            expires_in: raw.expires_in.or_else(|| Place::parse("/expires_in")).unwrap_or_default(),
            refresh_field: "refresh_token".to_owned(),
            errors: rest.errors,
            largest_answer: rest.largest_answer,
        })
    }

    fn rules(&mut self, raw: Vec<RawRule>) -> Vec<ErrorRule> {
        let mut rules = Vec::new();
        for (index, rule) in raw.into_iter().enumerate() {
            let at = element("error", index, None);
            let what = "what the rule means, such as \"locked\"";
            let means = self.needed(rule.outcome, &key(&at, "outcome"), what);
            let RawRule { status, at: place, equals, matches, .. } = rule;
            let conditions = RawConditions { status, at: place, equals, matches };
            rules.extend(self.rule(conditions, means, &at));
        }
        rules
    }

    /// A rule whose conditions make sense; none without a meaning, whose problem is told already.
    fn rule<T>(&mut self, raw: RawConditions, means: Option<T>, at: &str) -> Option<AnswerRule<T>> {
        let RawConditions { status, at: place, equals, matches } = raw;
        let matches = self.pattern(matches, &key(at, "matches"));
        if status.is_none() && equals.is_none() && matches.is_none() {
            self.problem(at, "a rule needs a condition: status, or at with equals or matches");
        }
        if place.is_none() && (equals.is_some() || matches.is_some()) {
            let missing = "missing; where the text stands that is compared, such as \"/error\"";
            self.problem(&key(at, "at"), missing);
        }
        Some(AnswerRule { status, at: place, equals, matches, means: means? })
    }

    fn pattern(&mut self, written: Option<String>, at: &str) -> Option<Regex> {
        let compiled = RegexBuilder::new(&written?).case_insensitive(true).size_limit(1 << 20).build();
        compiled
            .map_err(|_| self.problem(at, "not a regular expression that can be used; see docs.rs/regex"))
            .ok()
    }

    fn steps(&mut self, raw: Vec<RawStep>, base_url: Option<&str>) -> Vec<ProfileStep> {
        let mut steps: Vec<ProfileStep> = Vec::new();
        for (index, step) in raw.into_iter().enumerate() {
            let at = element("profile", index, step.name.as_deref());
            let name = self
                .needed(step.name, &key(&at, "name"), "under which later keys find the answer")
                .unwrap_or_default();
            if name.contains(['/', '~'])
                || TAKEN.contains(&name.as_str())
                || steps.iter().any(|known| known.name == name)
            {
                self.problem(
                    &key(&at, "name"),
                    "taken, or not plain: `answer` and `typed` exist already, and each step has its own name",
                );
            }
            let url = self.needed(step.url, &key(&at, "url"), "such as \"{base_url}/api/me\"");
            let expect = step.expect.and_then(|expect| self.expected(expect, &key(&at, "expect")));
            if let Some((url, base_url)) = url.as_ref().zip(base_url) {
                self.step_address(url, base_url, &key(&at, "url"));
            }
            if let Some(url) = url {
                steps.push(ProfileStep { name, url, expect });
            }
        }
        steps
    }

    fn step_address(&mut self, url: &Template, base_url: &str, at: &str) {
        match url.fixed_address(base_url) {
            Some(address) => self.safe_way_from(base_url, &address, at),
            None => self.problem(
                at,
                "not a URL whose host stands before the first value, as in \"{base_url}/api/party/{/user/PartyId}\"",
            ),
        }
    }

    fn expected(&mut self, raw: RawExpected, at: &str) -> Option<Expected> {
        let rows = self.needed(raw.rows, &key(at, "rows"), "where the list stands in the answer");
        let name = self.needed(raw.at, &key(at, "at"), "where a row has its user name");
        let same_as =
            self.needed(raw.same_as, &key(at, "same_as"), "the wanted name, such as \"/answer/userName\"");
        Some(Expected { rows: rows?, at: name?, same_as: same_as? })
    }

    fn mapping(&mut self, raw: RawIdentity, claims: BTreeMap<String, ClaimSource>) -> Option<Mapping> {
        for reserved in RESERVED.iter().filter(|name| claims.contains_key(**name)) {
            self.problem(
                &key("claims", reserved),
                "the bridge speaks for this claim itself; choose another name",
            );
        }
        let legacy_id = self.needed(
            raw.legacy_id,
            "identity.legacy_id",
            "where the id stands that the old system never changes and never gives to another, such as \"/user/UserId\"",
        );
        let user_name = self.needed(raw.user_name, "identity.user_name", "such as \"/answer/userName\"");
        Some(Mapping { legacy_id: legacy_id?, user_name: user_name?, claims })
    }

    fn web_uri(&mut self, written: Option<String>, at: &str) -> Option<String> {
        let text = written?;
        let fits =
            Url::parse(&text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if !fits {
            self.problem(at, "not an absolute http or https URL");
        }
        Some(text).filter(|_| fits)
    }
}

/// What a token endpoint has from outside its own table.
struct TokenRest {
    errors: Vec<ErrorRule>,
    largest_answer: usize,
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
