//! Who may do what behind the gateway: the rules of a route in order, the first that speaks of a request decides, and what no rule
//! speaks of is denied. Permission is a value: nothing is forwarded without a [`Permit`], and only this file makes one.

use std::sync::Arc;
use std::time::Duration;

use crate::id::ClientId;
use crate::oauth::scope::Scope;
use crate::rules::request_path::{AmbiguousPath, RequestPath};
use crate::time::Timestamp;

/// A rule of a route.
#[derive(Clone, Debug)]
pub struct AccessRule {
    /// How logs and explanations call it.
    pub name: Arc<str>,
    /// The methods that it speaks of; all without any. GET speaks of HEAD too (RFC 9110 §9.3.2).
    pub methods: Vec<String>,
    /// The paths that it speaks of.
    pub path: Pattern,
    /// The clients that it speaks of; all without any.
    pub clients: Vec<ClientId>,
    /// The scopes that are wanted.
    pub scopes: Vec<String>,
    /// The roles that are wanted.
    pub roles: Vec<String>,
    /// How many of them.
    pub require: Require,
    /// One of these is wanted as `acr` (RFC 9470 §3).
    pub acr_values: Vec<String>,
    /// How long ago the person may have signed in (RFC 9470 §3).
    pub max_age: Option<Duration>,
}

/// How many of the scopes and roles of a rule are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Require {
    /// Every scope and every role.
    #[default]
    All,
    /// One of them, be it a scope or a role.
    Any,
}

/// A pattern of paths: `/invoices/{id}`, `/files/{*rest}`.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    case: Case,
    matcher: matchit::Router<()>,
}

/// Whether the system behind tells capital letters from small ones in a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Case {
    /// It does.
    #[default]
    Matters,
    /// It does not, so the rules must not either.
    Ignored,
}

/// Why a text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAPattern {
    /// The path in it is one that no request may have.
    #[error("no request gets through with such a path: {0}")]
    Path(#[from] AmbiguousPath),
    /// Braces are misused.
    #[error("not a pattern such as \"/invoices/{{id}}\" or \"/files/{{*rest}}\": {0}")]
    Braces(String),
}

/// What is known of a request.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The method.
    pub method: &'a str,
    /// The path, below the route's prefix.
    pub path: &'a RequestPath,
    /// The client that calls.
    pub client: &'a ClientId,
    /// What its token was granted.
    pub scope: &'a Scope,
    /// The roles of whom it calls for.
    pub roles: &'a [String],
    /// How they signed in.
    pub acr: Option<&'a str>,
    /// When they signed in.
    pub auth_time: Option<Timestamp>,
}

/// The permission to forward one request.
#[derive(Debug)]
pub struct Permit {
    rule: Option<Arc<str>>,
}

impl Permit {
    /// The rule that gave it; none when it was given in spite of the rules.
    pub fn rule(&self) -> Option<&str> {
        self.rule.as_deref()
    }

    /// Lets a request through that the rules deny, on a route that is only being tried: the denial is logged instead.
    pub fn in_shadow(_: &Denial) -> Self {
        Self { rule: None }
    }
}

/// Why a request is not permitted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// No rule speaks of it.
    #[error("no rule allows this method on this path")]
    NoRule,
    /// The token was granted too little (RFC 6750 §3.1).
    #[error("the access token was not granted what this needs: {}", .scopes.join(" "))]
    Scope {
        /// By which rule.
        rule: Arc<str>,
        /// The scopes that are wanted.
        scopes: Vec<String>,
    },
    /// The person, or the service, has not the role.
    #[error("this is for certain roles only")]
    Role {
        /// By which rule.
        rule: Arc<str>,
    },
    /// The person signed in too long ago, or in too weak a way (RFC 9470 §3).
    #[error("a fresh or stronger sign-in is needed")]
    StepUp {
        /// By which rule.
        rule: Arc<str>,
        /// What to ask for.
        acr_values: Vec<String>,
        /// What to ask for.
        max_age: Option<Duration>,
    },
}

impl Denial {
    /// The rule that spoke.
    pub fn rule(&self) -> Option<&str> {
        match self {
            Self::NoRule => None,
            Self::Scope { rule, .. } | Self::Role { rule } | Self::StepUp { rule, .. } => Some(rule),
        }
    }
}

/// Whether `asked` is permitted by `rules`.
///
/// # Errors
/// [`Denial`].
pub fn decide(rules: &[AccessRule], asked: &Asked<'_>, now: Timestamp) -> Result<Permit, Denial> {
    let rule = rules.iter().find(|rule| rule.speaks_of(asked)).ok_or(Denial::NoRule)?;
    rule.scopes_and_roles(asked)?;
    // Last: only whom everything else lets through is worth another sign-in.
    rule.sign_in(asked, now)?;
    Ok(Permit { rule: Some(rule.name.clone()) })
}

impl AccessRule {
    fn speaks_of(&self, asked: &Asked<'_>) -> bool {
        let is = |method: &String| method == asked.method || method == "GET" && asked.method == "HEAD";
        (self.methods.is_empty() || self.methods.iter().any(is))
            && (self.clients.is_empty() || self.clients.contains(asked.client))
            && self.path.holds(asked.path)
    }

    fn scopes_and_roles(&self, asked: &Asked<'_>) -> Result<(), Denial> {
        let has_scope = |scope: &String| asked.scope.contains(scope);
        let has_role = |role: &String| asked.roles.contains(role);
        let nothing_wanted = self.scopes.is_empty() && self.roles.is_empty();
        let (scopes, roles) = match self.require {
            Require::All => (self.scopes.iter().all(has_scope), self.roles.iter().all(has_role)),
            Require::Any => {
                let any =
                    nothing_wanted || self.scopes.iter().any(has_scope) || self.roles.iter().any(has_role);
                // Whoever lacks everything is told of the scopes, which they can ask for.
                (any || self.scopes.is_empty(), any)
            }
        };
        if !scopes {
            return Err(Denial::Scope { rule: self.name.clone(), scopes: self.scopes.clone() });
        }
        if roles { Ok(()) } else { Err(Denial::Role { rule: self.name.clone() }) }
    }

    fn sign_in(&self, asked: &Asked<'_>, now: Timestamp) -> Result<(), Denial> {
        let strong = self.acr_values.is_empty()
            || asked.acr.is_some_and(|acr| self.acr_values.iter().any(|wanted| wanted == acr));
        let recent = self
            .max_age
            .is_none_or(|max_age| asked.auth_time.is_some_and(|auth_time| now.since(auth_time) <= max_age));
        if strong && recent {
            return Ok(());
        }
        Err(Denial::StepUp {
            rule: self.name.clone(),
            acr_values: self.acr_values.clone(),
            max_age: self.max_age,
        })
    }
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`NotAPattern`].
    pub fn parse(text: &str, case: Case) -> Result<Self, NotAPattern> {
        // What stands in braces is a name and no path.
        let (mut plain, mut inside) = (String::new(), false);
        for character in text.chars() {
            match character {
                '{' if !inside => inside = true,
                '}' if inside => {
                    inside = false;
                    plain.push('x');
                }
                _ if inside => {}
                other => plain.push(other),
            }
        }
        let read = RequestPath::parse(&plain)?;
        let braces = || NotAPattern::Braces("a name in braces stands for a whole segment".to_owned());
        if inside {
            return Err(braces());
        }
        // The pattern is normalised segment by segment, so that it is compared with what requests become.
        let mut normal = String::new();
        for (segment, read) in text.split('/').zip(read.as_str().split('/')).skip(1) {
            normal.push('/');
            if segment.contains('{') {
                if !(segment.starts_with('{') && segment.ends_with('}')) {
                    return Err(braces());
                }
                normal.push_str(segment);
            } else {
                normal.push_str(&case.of(read));
            }
        }
        let path = if normal.len() > 1 { normal.trim_end_matches('/') } else { normal.as_str() };
        let mut matcher = matchit::Router::new();
        matcher.insert(path, ()).map_err(|error| NotAPattern::Braces(error.to_string()))?;
        Ok(Self { text: text.to_owned(), case, matcher })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether `path` is one of these.
    pub fn holds(&self, path: &RequestPath) -> bool {
        self.matcher.at(&self.case.of(path.to_match())).is_ok()
    }
}

impl Case {
    fn of(self, path: &str) -> std::borrow::Cow<'_, str> {
        match self {
            Self::Matters => path.into(),
            Self::Ignored => path.to_lowercase().into(),
        }
    }
}
