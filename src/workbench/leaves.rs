//! The values of a request, each with its name and place, and which of them are the user name, the password and the secrets.

use std::collections::BTreeMap;

use serde_json::Value;

use super::mask::{is_secret_name, looks_secret};

/// A value of a request.
#[derive(Clone)]
pub struct Leaf {
    /// What it stands in.
    pub place: Where,
    /// Its name; of JSON that of the nearest member that says something.
    pub name: String,
    /// The value.
    pub value: String,
}

/// What a value stands in.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Where {
    /// A parameter of the URL, by its position.
    Query(usize),
    /// A field of a form.
    Form(usize),
    /// JSON, by its pointer.
    Json(String),
    /// A header.
    Header(usize),
}

impl Leaf {
    /// How it is called where somebody is asked about it.
    pub fn label(&self) -> &str {
        match &self.place {
            Where::Json(pointer) => pointer,
            Where::Query(_) | Where::Form(_) | Where::Header(_) => &self.name,
        }
    }
}

/// What somebody says of the fields.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    /// The user name that the command signs in.
    pub user: Option<String>,
    /// The field that holds it.
    pub user_field: Option<String>,
    /// The field that holds the password.
    pub password_field: Option<String>,
    /// Whether everything is written out, although a preset fits.
    pub no_preset: bool,
}

/// What it cannot be found out without a hint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unclear {
    /// Which field the user name is in.
    #[error(
        "which field holds the user name? Say --user NAME (the name that is in the command) or --user-field FIELD; there is {0}"
    )]
    User(String),
    /// Which field the password is in.
    #[error("which field holds the password? Say --password-field FIELD; there is {0}")]
    Password(String),
    /// A body that has no fields.
    #[error(
        "the body is neither a form nor JSON: write [legacy.login] with body = \"…\" and content_type by hand, with {{/typed/user_name}} and {{/typed/password}} in it"
    )]
    Body,
}

const PASSWORDS: [&str; 9] =
    ["password", "passwd", "pwd", "pw", "pass", "passwort", "kennwort", "motdepasse", "passphrase"];
const USERS: [&str; 15] = [
    "username",
    "userlogin",
    "loginname",
    "identifier",
    "login",
    "userid",
    "useremail",
    "email",
    "emailaddress",
    "mail",
    "account",
    "user",
    "log",
    "uid",
    "name",
];
const KEYS: [&str; 6] = ["key", "apikey", "clientsecret", "appkey", "subscriptionkey", "authkey"];

/// Letters and digits in small letters: `user_name`, `userName` and `User-Name` are one.
pub fn plain(name: &str) -> String {
    name.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Where the password is.
pub(super) fn passwords(leaves: &[Leaf], hints: &Hints) -> Result<Vec<Where>, Unclear> {
    if let Some(wanted) = &hints.password_field {
        return one(leaves, wanted).map_err(Unclear::Password);
    }
    let named = |leaf: &&Leaf| {
        let name = plain(&leaf.name);
        PASSWORDS.iter().any(|word| name == *word || word.len() > 4 && name.ends_with(word))
    };
    let found: Vec<&Leaf> = leaves.iter().filter(named).collect();
    // A form may ask for it twice.
    let same = found.windows(2).all(|pair| matches!(pair, [one, other] if one.value == other.value));
    match found.is_empty() || !same {
        true => Err(Unclear::Password(labels(leaves))),
        false => Ok(found.into_iter().map(|leaf| leaf.place.clone()).collect()),
    }
}

/// Where the user name is.
pub(super) fn users(leaves: &[Leaf], passwords: &[Where], hints: &Hints) -> Result<Vec<Where>, Unclear> {
    if let Some(wanted) = &hints.user_field {
        return one(leaves, wanted).map_err(Unclear::User);
    }
    let others = || leaves.iter().filter(|leaf| !passwords.contains(&leaf.place));
    if let Some(user) = &hints.user {
        let exact: Vec<Where> =
            others().filter(|leaf| leaf.value == *user).map(|leaf| leaf.place.clone()).collect();
        let within = || {
            others()
                .filter(|leaf| leaf.value.contains(user.as_str()))
                .map(|leaf| leaf.place.clone())
                .collect()
        };
        let found: Vec<Where> = if exact.is_empty() { within() } else { exact };
        return if found.is_empty() { Err(Unclear::User(labels(leaves))) } else { Ok(found) };
    }
    let of_name =
        |word: &&str| others().find(|leaf| plain(&leaf.name) == **word).map(|leaf| vec![leaf.place.clone()]);
    USERS.iter().find_map(of_name).ok_or_else(|| Unclear::User(labels(leaves)))
}

fn one(leaves: &[Leaf], wanted: &str) -> Result<Vec<Where>, String> {
    let is = |leaf: &&Leaf| leaf.label() == wanted || plain(&leaf.name) == plain(wanted);
    let found: Vec<Where> = leaves.iter().filter(is).map(|leaf| leaf.place.clone()).collect();
    if found.is_empty() { Err(labels(leaves)) } else { Ok(found) }
}

fn labels(leaves: &[Leaf]) -> String {
    match leaves.is_empty() {
        true => "no field at all".to_owned(),
        false => leaves.iter().map(|leaf| format!("`{}`", leaf.label())).collect::<Vec<_>>().join(", "),
    }
}

/// Whether a constant of this name and value belongs into the environment.
pub(super) fn is_secret(name: &str, value: &str) -> bool {
    let secret =
        is_secret_name(name) || KEYS.iter().any(|key| plain(name).ends_with(key)) || looks_secret(value);
    secret && !value.is_empty() && !matches!(value, "true" | "false" | "json" | "session")
}

/// The leaves of JSON, texts and numbers alike.
pub(super) fn of_json(value: &Value) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    walk(value, "", "", &mut leaves);
    leaves
}

fn walk(value: &Value, pointer: &str, name: &str, leaves: &mut Vec<Leaf>) {
    match value {
        Value::Object(members) => {
            for (member, value) in members {
                let escaped = member.replace('~', "~0").replace('/', "~1");
                // `_content` and `value` say nothing; the member around them does.
                let says = !matches!(plain(member).as_str(), "content" | "value" | "text");
                walk(value, &format!("{pointer}/{escaped}"), if says { member } else { name }, leaves);
            }
        }
        Value::Array(elements) => {
            elements
                .iter()
                .enumerate()
                .for_each(|(index, element)| walk(element, &format!("{pointer}/{index}"), name, leaves));
        }
        Value::String(text) => leaves.push(leaf(pointer, name, text.clone())),
        Value::Number(number) => leaves.push(leaf(pointer, name, number.to_string())),
        Value::Null | Value::Bool(_) => {}
    }
}

fn leaf(pointer: &str, name: &str, value: String) -> Leaf {
    Leaf { place: Where::Json(pointer.to_owned()), name: name.to_owned(), value }
}

/// Names for secrets, each once, and the variables that hold them.
#[derive(Default)]
pub(super) struct Secrets(pub(super) BTreeMap<String, String>);

impl Secrets {
    /// The template that stands for the secret of this name.
    pub(super) fn template(&mut self, name: &str) -> String {
        let mut name: String = name
            .chars()
            .map(
                |character| {
                    if character.is_ascii_alphanumeric() { character.to_ascii_lowercase() } else { '_' }
                },
            )
            .collect();
        while self.0.contains_key(&name) {
            name.push_str("_2");
        }
        let variable = format!("LEGACY_{}", name.to_uppercase());
        let template = format!("{{/secret/{name}}}");
        self.0.insert(name, variable);
        template
    }
}
