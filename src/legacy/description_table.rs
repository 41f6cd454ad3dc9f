//! Reads a description out of its table: the preset underneath, what the administrator wrote on top, everything wrong told at once.

mod login;
mod names;
mod presets;
mod refresh;
mod requests;
mod rules;
mod site;
mod steps;
mod transport;

use std::collections::BTreeMap;
use std::time::Duration;

use http::HeaderName;
use serde_json::{Map, Value as Json};
use toml::Table;
use url::{Host, Url};

use crate::config::duration::Span;
use crate::config::environment::Surroundings;
use crate::config::reading::{self, Problem, key};
use crate::config::secret_source::SecretSource;
use crate::id::ConnectorId;
use crate::legacy::description::{Description, HelpUris, LegacyClient};
use crate::legacy::formula::Formula;
use crate::legacy::origins::Origins;
use crate::legacy::request::SendToken;
use crate::legacy::written::{Raw, RawHelp};
use crate::legacy::written_words::Plain;
use crate::secret::Secret;

use self::names::Names;

/// How long a person waits for an answer of the old system.
const TIMEOUT: Span = Span::seconds(10);
/// More than any profile needs.
const LARGEST_ANSWER: u32 = 1024 * 1024;

/// Reads the table that stands at the key path `at`. The description is there exactly when there is no problem.
pub fn read(table: Table, at: &str, around: &Surroundings<'_>) -> (Option<Description>, Vec<Problem>) {
    let (table, preset_problem) = presets::over_preset(table, at);
    let (raw, mut problems) = reading::read::<Raw>(table, at);
    problems.extend(preset_problem);
    let mut reader = Reader {
        at,
        around,
        problems,
        warnings: Vec::new(),
        plain_http: raw.allow_plain_http.unwrap_or(false),
        addresses: Vec::new(),
        names_origins: raw.origins.is_some(),
        names: Names::of(&raw),
        send_token: raw.send_token.as_ref().map_or_else(SendToken::bearer, |word| word.0.clone()),
    };
    let description = reader.description(raw);
    (description.filter(|_| reader.problems.is_empty()), reader.problems)
}

/// Collects problems on the way.
struct Reader<'a> {
    at: &'a str,
    around: &'a Surroundings<'a>,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
    plain_http: bool,
    /// Where requests go, as far as it is fixed.
    addresses: Vec<Url>,
    /// Whether `origins` says where else they may go.
    names_origins: bool,
    /// What formulas may name.
    names: Names,
    /// How tokens are sent where a request does not say.
    send_token: SendToken,
}

impl Reader<'_> {
    fn problem(&mut self, key_path: &str, message: impl Into<String>) {
        self.problems.push(Problem::new(key(self.at, key_path), message));
    }

    fn warning(&mut self, key_path: &str, message: impl Into<String>) {
        self.warnings.push(Problem::new(key(self.at, key_path), message));
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

    fn description(&mut self, mut raw: Raw) -> Option<Description> {
        let base_url = self.base_url(raw.base_url.take());
        let base = base_url.as_deref();
        let timeout = self.timeout(raw.timeout);
        let transport = self.transport(raw.tls, raw.proxy, raw.concurrency);
        let client = self.credentials(raw.client_id, raw.client_secret);
        let secrets = self.secrets(raw.secrets);
        let tables = tables(raw.tables);
        self.user_name(raw.user_name.as_ref());
        let forward_address = raw.forward_address.and_then(|name| self.header_name(&name, "forward_address"));
        let (errors, step_errors) = self.rules(raw.error);
        let before = self.before(raw.before, base);
        let login = self.login(raw.token, raw.login, base, client.as_ref());
        let challenge = raw.challenge.and_then(|challenge| self.challenge(challenge, base, login.as_ref()));
        let jwt = raw.jwt.and_then(|jwt| self.jwt(jwt));
        let service_account = raw.service_account.and_then(|account| self.service_account(account));
        let refresh = match (&login, base) {
            (Some(login), Some(base)) => self.refresh(raw.refresh, base, client.as_ref(), login),
            _ => None,
        };
        let alive = raw.alive.and_then(|probe| self.probe(probe, base));
        let site = raw.site.and_then(|site| self.site(site, base));
        let sign_out = raw.sign_out.and_then(|call| self.sign_out_call(call, base));
        let change_password = raw.change_password.and_then(|call| self.change_password(call, base));
        let profile = self.profile(raw.profile, base, service_account.is_some());
        let mapping = self.mapping(raw.identity, raw.claims);
        let help = self.help(raw.help);
        let id = self.name(raw.name);
        let suffixes = self.suffixes(raw.suffixes.unwrap_or_default());
        let origins = self.origins(raw.origins.unwrap_or_default(), base);
        Some(Description {
            id,
            title: raw.title,
            suffixes,
            base_url: base_url?,
            transport,
            timeout,
            largest_answer: bytes(raw.largest_answer.unwrap_or(LARGEST_ANSWER)),
            origins,
            user_name: raw.user_name,
            secrets,
            tables,
            client,
            forward_address,
            before,
            login: login?,
            errors,
            step_errors,
            challenge,
            jwt,
            service_account,
            refresh,
            alive,
            site,
            sign_out,
            change_password,
            profile,
            mapping: mapping?,
            help,
            warnings: std::mem::take(&mut self.warnings),
        })
    }

    fn timeout(&mut self, written: Option<Span>) -> Duration {
        let timeout = written.unwrap_or(TIMEOUT);
        if timeout.is_zero() {
            self.problem("timeout", format!("no time at all; the default is \"{TIMEOUT}\""));
        }
        timeout.duration()
    }

    fn user_name(&mut self, written: Option<&Formula>) {
        if let Some(formula) = written {
            self.formula_of(formula, "user_name", &["typed"]);
        }
    }

    fn help(&mut self, written: RawHelp) -> HelpUris {
        HelpUris {
            password: self.web_uri(written.password_uri, "help.password_uri"),
            account: self.web_uri(written.account_uri, "help.account_uri"),
        }
    }

    fn name(&mut self, written: Option<String>) -> ConnectorId {
        let id = written.unwrap_or_else(|| "legacy".to_owned());
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
            self.problem("name", "letters, digits, `-` and `_`; accounts hang on it, so it never changes");
        }
        ConnectorId::from(id)
    }

    fn suffixes(&mut self, written: Vec<String>) -> Vec<String> {
        for (index, suffix) in written.iter().enumerate() {
            if suffix.trim().is_empty() {
                self.problem(&format!("suffixes[{index}]"), "empty: every user name ends like this");
            }
        }
        written.into_iter().map(|suffix| suffix.trim().to_lowercase()).collect()
    }

    /// Where requests may go: as the configuration names it, never as an answer does.
    fn origins(&mut self, patterns: Vec<String>, base_url: Option<&str>) -> Origins {
        let base = base_url.and_then(|base_url| Url::parse(base_url).ok());
        let addresses = std::mem::take(&mut self.addresses);
        match Origins::new(base.iter().chain(&addresses), &patterns) {
            Ok(origins) => origins,
            Err(wrong) => {
                for index in wrong {
                    self.problem(
                        &format!("origins[{index}]"),
                        "not an https origin, such as \"https://login.example.org\" or \"https://*.my.example.org\"",
                    );
                }
                Origins::default()
            }
        }
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
        self.addresses.push(url.clone());
    }

    fn credentials(&mut self, id: Option<String>, secret: Option<SecretSource>) -> Option<LegacyClient> {
        let secret = secret.and_then(|source| self.secret(&source, "client_secret"));
        Some(LegacyClient { id: id?, secret })
    }

    fn secret(&mut self, source: &SecretSource, key_path: &str) -> Option<Secret> {
        let resolved = source.resolve(&key(self.at, key_path), self.around);
        resolved.map_err(|problem| self.problems.push(problem)).ok()
    }

    fn secrets(&mut self, written: BTreeMap<String, SecretSource>) -> BTreeMap<String, Secret> {
        let resolve = |(name, source): (String, SecretSource)| {
            let secret = self.secret(&source, &key("secrets", &name))?;
            Some((name, secret))
        };
        written.into_iter().filter_map(resolve).collect()
    }

    fn header_name(&mut self, written: &str, key_path: &str) -> Option<HeaderName> {
        let name = HeaderName::from_bytes(written.as_bytes()).ok();
        self.needed(name, key_path, "the name of a header, such as \"X-Forwarded-For\"")
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

fn tables(written: BTreeMap<String, BTreeMap<String, Plain>>) -> Json {
    let rows = |rows: BTreeMap<String, Plain>| {
        rows.into_iter().map(|(name, value)| (name, value.0)).collect::<Map<_, _>>()
    };
    Json::Object(written.into_iter().map(|(name, table)| (name, Json::Object(rows(table)))).collect())
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn bytes(written: u32) -> usize {
    usize::try_from(written).unwrap_or(usize::MAX)
}
