//! What the login's request is, by a curl command: which parts people type, which are constant, which are secret.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use url::form_urlencoded;

use super::curl::CurlRequest;
use super::leaves::{Hints, Leaf, Secrets, Unclear, Where, is_secret, of_json, passwords, plain, users};
use super::mask::is_secret_name;

/// Headers that a browser or curl adds, and that no login needs.
const NEEDLESS: [&str; 19] = [
    "accept-encoding",
    "accept-language",
    "cache-control",
    "connection",
    "content-length",
    "content-type",
    "dnt",
    "host",
    "origin",
    "pragma",
    "priority",
    "referer",
    "sec-ch-ua",
    "sec-ch-ua-mobile",
    "sec-ch-ua-platform",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "user-agent",
];

/// The login's request. Every text in it is a template.
#[derive(Default)]
pub(super) struct LoginRequest {
    pub(super) method: String,
    pub(super) base_url: String,
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) form: Option<Vec<(String, String)>>,
    pub(super) json: Option<Value>,
    pub(super) content_type: Option<String>,
    pub(super) basic: Option<(String, String)>,
    /// The client's id, and whether it has a secret.
    pub(super) client: Option<(String, bool)>,
    /// Named secrets and their variables.
    pub(super) secrets: BTreeMap<String, String>,
    pub(super) files: Vec<(&'static str, String)>,
    pub(super) questions: Vec<String>,
    pub(super) notes: Vec<String>,
    /// What must not be written anywhere.
    pub(super) hidden: Vec<String>,
}

/// What a value is.
enum Role {
    User,
    Password,
    ClientId,
    ClientSecret,
    Constant,
}

/// Reads a command.
pub(super) fn read(curl: &CurlRequest, hints: &Hints) -> Result<LoginRequest, Unclear> {
    let mut request = LoginRequest {
        method: curl.method.clone(),
        base_url: curl.url.origin().ascii_serialization(),
        path: curl.url.path().replace('{', "%7B").replace('}', "%7D"),
        files: curl.files.clone(),
        notes: curl.notes.clone(),
        ..LoginRequest::default()
    };
    let content_type = header(curl, "content-type").unwrap_or_default();
    let (form, json) = body(curl, content_type)?;
    if json.is_some() && content_type != "application/json" && !content_type.contains("urlencoded") {
        request.content_type = Some(content_type.to_owned());
    }
    let (headers, basic) = worth_sending(curl, &mut request);
    let query: Pairs =
        curl.url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    let mut leaves: Vec<Leaf> = Vec::new();
    leaves.extend(form.iter().flat_map(|form| listed(form, Where::Form)));
    leaves.extend(json.iter().flat_map(of_json));
    leaves.extend(listed(&query, Where::Query));
    leaves.extend(listed(&headers, Where::Header));
    let mut filler = Filler::new(hints);
    match (passwords(&leaves, hints), &basic) {
        (Ok(found), _) => {
            filler.users = users(&leaves, &found, hints)?;
            filler.passwords = found;
            filler.basic_client = basic.is_some();
        }
        // Without a field for it, the person's own credentials are the Basic ones.
        (Err(_), Some(_)) => {}
        (Err(unclear), None) => return Err(unclear),
    }
    let hidden =
        leaves.iter().filter(|leaf| filler.passwords.contains(&leaf.place)).map(|leaf| leaf.value.clone());
    filler.hidden = hidden
        .chain(basic.iter().map(|(_, password)| password.clone()))
        .filter(|text| !text.is_empty())
        .collect();
    let mut pairs = |pairs: Pairs, place: fn(usize) -> Where| -> Pairs {
        let filled = pairs.into_iter().enumerate().map(|(index, (name, value))| {
            let text = filler.fill(&Leaf { place: place(index), name: name.clone(), value });
            (name, text)
        });
        filled.collect()
    };
    request.form = form.map(|form| pairs(form, Where::Form));
    request.query = pairs(query, Where::Query);
    request.headers = pairs(headers, Where::Header);
    request.json = json.map(|json| filler.json(&json, "", ""));
    request.basic = basic.and_then(|pair| filler.basic(pair));
    request.client = filler.client.take();
    request.secrets = std::mem::take(&mut filler.secrets.0);
    request.questions.append(&mut filler.questions);
    request.hidden = filler.hidden;
    Ok(request)
}

fn header<'c>(curl: &'c CurlRequest, wanted: &str) -> Option<&'c str> {
    curl.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.as_str())
}

/// Names and values.
type Pairs = Vec<(String, String)>;

/// The fields of a form, when it is one.
type Fields = Option<Pairs>;

fn listed(pairs: &[(String, String)], place: fn(usize) -> Where) -> Vec<Leaf> {
    let leaf = |(index, (name, value)): (usize, &(String, String))| Leaf {
        place: place(index),
        name: name.clone(),
        value: value.clone(),
    };
    pairs.iter().enumerate().map(leaf).collect()
}

fn body(curl: &CurlRequest, content_type: &str) -> Result<(Fields, Option<Value>), Unclear> {
    let Some(body) = curl.body.as_deref().filter(|body| !body.is_empty()) else { return Ok((None, None)) };
    let json = serde_json::from_str::<Value>(body).ok().filter(|value| value.is_object() || value.is_array());
    match json {
        Some(json) => Ok((None, Some(json))),
        None if content_type.contains("urlencoded") && body.contains('=') => {
            let fields = form_urlencoded::parse(body.as_bytes());
            Ok((Some(fields.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()), None))
        }
        None => Err(Unclear::Body),
    }
}

/// The headers that say something, and `Basic` credentials however they are written.
fn worth_sending(curl: &CurlRequest, request: &mut LoginRequest) -> (Pairs, Option<(String, String)>) {
    let mut basic = curl.basic.clone();
    let mut kept = Vec::new();
    for (name, value) in &curl.headers {
        let small = name.to_lowercase();
        let decoded = value.strip_prefix("Basic ").and_then(|encoded| STANDARD.decode(encoded.trim()).ok());
        let pair = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
        let pair =
            pair.and_then(|pair| pair.split_once(':').map(|(one, other)| (one.to_owned(), other.to_owned())));
        match small.as_str() {
            "authorization" if pair.is_some() => basic = pair,
            // The bridge asks for JSON itself.
            "accept" if value.contains("json") || value == "*/*" => {}
            "cookie" => request.questions.push(
                "the command sends a cookie, which is left out: does the login work without it? One that a page sets first, such as \
                 against forgery, is fetched by a [[legacy.before]] step"
                    .to_owned(),
            ),
            small if NEEDLESS.contains(&small) => {}
            _ => kept.push((name.clone(), value.clone())),
        }
    }
    (kept, basic)
}

/// Turns values into templates.
struct Filler<'h> {
    hints: &'h Hints,
    users: Vec<Where>,
    passwords: Vec<Where>,
    /// Whether the Basic credentials are the client's.
    basic_client: bool,
    hidden: Vec<String>,
    client: Option<(String, bool)>,
    secrets: Secrets,
    questions: Vec<String>,
}

impl<'h> Filler<'h> {
    fn new(hints: &'h Hints) -> Self {
        Self {
            hints,
            users: Vec::new(),
            passwords: Vec::new(),
            basic_client: false,
            hidden: Vec::new(),
            client: None,
            secrets: Secrets::default(),
            questions: Vec::new(),
        }
    }

    fn role(&self, leaf: &Leaf) -> Role {
        match plain(&leaf.name).as_str() {
            _ if self.passwords.contains(&leaf.place) => Role::Password,
            _ if self.users.contains(&leaf.place) => Role::User,
            "clientid" => Role::ClientId,
            "clientsecret" => Role::ClientSecret,
            _ => Role::Constant,
        }
    }

    fn fill(&mut self, leaf: &Leaf) -> String {
        match self.role(leaf) {
            Role::Password => "{/typed/password}".to_owned(),
            Role::User => self.user(&leaf.value),
            Role::ClientId => {
                let secret = self.client.take().is_some_and(|(_, secret)| secret);
                self.client = Some((leaf.value.clone(), secret));
                "{/client/id}".to_owned()
            }
            Role::ClientSecret => {
                let id = self.client.take().map(|(id, _)| id).unwrap_or_default();
                self.client = Some((id, true));
                self.hidden.push(leaf.value.clone());
                "{/client/secret}".to_owned()
            }
            Role::Constant => self.constant(leaf),
        }
    }

    /// The user name as it is typed, perhaps with something around it.
    fn user(&self, value: &str) -> String {
        let typed = "{/typed/user_name}";
        match self.hints.user.as_deref().and_then(|user| value.split_once(user)) {
            Some((before, after)) => format!("{}{typed}{}", escaped(before), escaped(after)),
            None => typed.to_owned(),
        }
    }

    fn constant(&mut self, leaf: &Leaf) -> String {
        if ["csrf", "xsrf", "requestverification", "nonce"]
            .iter()
            .any(|word| plain(&leaf.name).contains(word))
        {
            self.questions.push(format!(
                "`{}` looks like a token against forgery, which is good once: fetch it by a [[legacy.before]] step and write the \
                 formula of its place here",
                leaf.label()
            ));
        }
        // The password again, or a part of it.
        if self.hidden.contains(&leaf.value) {
            return "{/typed/password}".to_owned();
        }
        if is_secret(&leaf.name, &leaf.value)
            || self.hidden.iter().any(|hidden| hidden.len() > 2 && leaf.value.contains(hidden.as_str()))
        {
            self.hidden.push(leaf.value.clone());
            return self.secrets.template(&leaf.name);
        }
        escaped(&leaf.value)
    }

    fn json(&mut self, value: &Value, pointer: &str, name: &str) -> Value {
        match value {
            Value::Object(members) => {
                let filled = members.iter().map(|(member, value)| {
                    let below = format!("{pointer}/{}", member.replace('~', "~0").replace('/', "~1"));
                    (member.clone(), self.json(value, &below, member))
                });
                Value::Object(filled.collect())
            }
            Value::Array(elements) => {
                let filled = elements.iter().enumerate();
                Value::Array(
                    filled
                        .map(|(index, element)| self.json(element, &format!("{pointer}/{index}"), name))
                        .collect(),
                )
            }
            Value::String(text) => Value::String(self.fill(&Leaf {
                place: Where::Json(pointer.to_owned()),
                name: name.to_owned(),
                value: text.clone(),
            })),
            Value::Number(number) if is_secret_name(name) => Value::String(self.fill(&Leaf {
                place: Where::Json(pointer.to_owned()),
                name: name.to_owned(),
                value: number.to_string(),
            })),
            other => other.clone(),
        }
    }

    fn basic(&mut self, (name, password): (String, String)) -> Option<(String, String)> {
        self.hidden.push(password);
        if self.basic_client {
            self.client = Some((name, true));
            return Some(("{/client/id}".to_owned(), "{/client/secret}".to_owned()));
        }
        if self.hints.user.as_ref().is_none_or(|user| !name.contains(user.as_str()))
            && name.contains(['|', '\\'])
        {
            self.questions.push(format!(
                "the user name of -u has something around it; say --user NAME, so that it is told from what is constant ({} characters)",
                name.len()
            ));
        }
        Some((self.user(&name), "{/typed/password}".to_owned()))
    }
}

/// A constant text in a template.
fn escaped(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}
