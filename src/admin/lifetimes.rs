//! `passerelle explain lifetimes`: what the rule found, in sentences with the arithmetic beside them, and as data for scripts.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::admin::words;
use crate::id::ClientId;
use crate::rules::lifetimes::{Bound, Dismissal, Hold, LegacySide, Limit, Setting, Spans, Stay, stay};

/// An application as the explanation begins.
#[derive(Clone, Debug)]
pub struct ClientFacts {
    /// `client_id`.
    pub id: ClientId,
    /// Its name.
    pub name: String,
    /// What its tokens can hang on, each with the case; empty for one that signs nobody in.
    pub holds: Vec<(Hold, Case)>,
    /// What is configured for it.
    pub spans: Spans,
    /// Where a setting stands that does not stand in its section: at the client, or at an API.
    pub elsewhere: BTreeMap<Setting, String>,
}

/// When an explanation holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Case {
    /// Whatever it asks for.
    Always,
    /// When it asks for `offline_access`.
    WithOfflineAccess,
    /// When it does not.
    WithoutOfflineAccess,
}

/// Everything, for every client that was asked about.
#[derive(Clone, Debug, Serialize)]
pub struct Lifetimes {
    /// In the order of their ids.
    pub clients: Vec<ClientLifetimes>,
    /// What is not known, and what it would tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

/// One client.
#[derive(Clone, Debug, Serialize)]
pub struct ClientLifetimes {
    /// `client_id`.
    pub client_id: ClientId,
    /// Its name.
    pub name: String,
    /// Its cases; none when it signs nobody in.
    pub cases: Vec<ExplainedCase>,
}

/// One case of a client.
#[derive(Clone, Debug, Serialize)]
pub struct ExplainedCase {
    /// When this holds.
    pub when: Case,
    /// What the tokens hang on: `codes_only`, `session`, `standalone`.
    pub hold: Hold,
    /// When nobody uses it.
    pub unused: ExplainedLimit,
    /// When it is used all the time.
    pub used: ExplainedLimit,
    /// How long an access token that is out works beyond the end.
    pub access_token_seconds: u64,
    /// Within how long a dismissal is noticed; none when it is not.
    pub dismissal_seconds: Option<u64>,
    /// How long it goes on while the legacy system says nothing; none when it is never asked.
    pub outage_seconds: Option<u64>,
    /// All of it in words, each sentence with its arithmetic.
    pub sentences: Vec<Sentence>,
}

/// A limit with all that was compared.
#[derive(Clone, Debug, Serialize)]
pub struct ExplainedLimit {
    /// How long.
    pub seconds: u64,
    /// The setting that bites.
    pub bites: String,
    /// All that were compared.
    pub limits: Vec<Named>,
}

/// A setting by its key.
#[derive(Clone, Debug, Serialize)]
pub struct Named {
    /// Its key path.
    pub setting: String,
    /// Its value.
    pub seconds: u64,
}

/// A sentence, and how it was computed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sentence {
    /// What it is.
    pub text: String,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// Explains `clients` before `legacy`.
pub fn explain(clients: &[ClientFacts], legacy: &LegacySide) -> Lifetimes {
    let unknown = (legacy.refresh.is_some() && legacy.refresh_lifetime.is_none()).then(|| {
        "How long a refresh token of the legacy system lasts is not known here. Once one is refused, all that the person has ends, \
         however long the limits above are. Its administrator knows; --legacy-refresh-token tells it to this command."
            .to_owned()
    });
    Lifetimes { clients: clients.iter().map(|client| client_lifetimes(client, legacy)).collect(), unknown }
}

fn client_lifetimes(client: &ClientFacts, legacy: &LegacySide) -> ClientLifetimes {
    let case = |(hold, case): &(Hold, Case)| explained(client, *hold, *case, legacy);
    ClientLifetimes {
        client_id: client.id.clone(),
        name: client.name.clone(),
        cases: client.holds.iter().map(case).collect(),
    }
}

fn explained(client: &ClientFacts, hold: Hold, case: Case, legacy: &LegacySide) -> ExplainedCase {
    let stay = stay(hold, &client.spans, legacy);
    let dismissal = match &stay.dismissal {
        Dismissal::NotNoticed => None,
        Dismissal::Noticed(parts) | Dismissal::NoticedAtFirst(parts) => Some(sum(parts)),
    };
    ExplainedCase {
        when: case,
        hold,
        unused: client.limit(&stay.unused),
        used: client.limit(&stay.used),
        access_token_seconds: client.spans.access_token.as_secs(),
        dismissal_seconds: dismissal.map(|span| span.as_secs()),
        outage_seconds: stay.outage.map(|span| span.as_secs()),
        sentences: client.sentences(hold, &stay, legacy),
    }
}

fn sum(parts: &[Bound]) -> Duration {
    parts.iter().map(|part| part.span).sum()
}

impl ClientFacts {
    /// Where a setting stands.
    fn key(&self, setting: Setting) -> String {
        let usual = match setting {
            Setting::SessionIdle => "session.idle",
            Setting::SessionAbsolute => "session.absolute",
            Setting::Revalidate => "session.revalidate",
            Setting::MaxStale => "session.max_stale",
            Setting::AccessToken => "tokens.access_token",
            Setting::RefreshIdle => "tokens.refresh_idle",
            Setting::RefreshAbsolute => "tokens.refresh_absolute",
            Setting::LegacyAccess => "the legacy access token",
            Setting::LegacyRefresh => "the legacy refresh token",
        };
        self.elsewhere.get(&setting).map_or_else(|| usual.to_owned(), Clone::clone)
    }

    fn named(&self, bound: &Bound) -> String {
        match (bound.setting, bound.span) {
            (Setting::LegacyAccess, Duration::ZERO) => {
                "the lifetime of the legacy access token (not known here)".to_owned()
            }
            (setting, span) => format!("{} {}", self.key(setting), words::span(span)),
        }
    }

    fn limit(&self, limit: &Limit) -> ExplainedLimit {
        let bites = limit.bites();
        ExplainedLimit {
            seconds: bites.map_or(0, |bound| bound.span.as_secs()),
            bites: bites.map_or_else(String::new, |bound| self.key(bound.setting)),
            limits: limit
                .bounds()
                .iter()
                .map(|bound| Named { setting: self.key(bound.setting), seconds: bound.span.as_secs() })
                .collect(),
        }
    }

    fn sentences(&self, hold: Hold, stay: &Stay, legacy: &LegacySide) -> Vec<Sentence> {
        let unused = self.of_limit("Left alone, the person is signed out", &stay.unused);
        let used = self.of_limit("Used all the time, the person is signed out", &stay.used);
        let mut sentences: Vec<Sentence> = [unused, used].into_iter().flatten().collect();
        sentences.push(self.tail(hold));
        sentences.push(self.of_dismissal(&stay.dismissal, legacy));
        if stay.outlives_questions {
            sentences.push(Sentence {
                text: "Once the person's last session at the bridge has ended, nobody is asked about them any more, and these tokens \
                       live on: whoever is dismissed then keeps them until the limits above. `passerelle sessions end --user NAME \
                       --everything` ends them."
                    .to_owned(),
                because: Some(format!(
                    "a session ends after {}; the legacy tokens are forgotten with it",
                    self.named(&Bound { setting: Setting::SessionIdle, span: self.spans.session_idle })
                )),
            });
        }
        if let Some(outage) = stay.outage.filter(|_| legacy.refresh.is_some()) {
            sentences.push(Sentence {
                text: format!(
                    "A sign-in that brings no refresh token of the legacy system is asked about only while the access token it brought \
                     lasts. Where a refresh token is lost on the way, the person counts as good for {} after the last answer, and signs \
                     in again then.",
                    words::span(outage)
                ),
                because: None,
            });
        }
        if let Some(outage) = stay.outage {
            sentences.push(Sentence {
                text: format!(
                    "While the legacy system does not answer, nobody is thrown out; new tokens are given for {} after it was last heard.",
                    words::span(outage)
                ),
                because: Some(self.named(&Bound { setting: Setting::MaxStale, span: outage })),
            });
        }
        sentences
    }

    fn of_limit(&self, begins: &str, limit: &Limit) -> Option<Sentence> {
        let bites = limit.bites()?;
        let key = self.key(bites.setting);
        let compared: Vec<String> = limit.bounds().iter().map(|bound| self.named(bound)).collect();
        let because = match compared.as_slice() {
            [alone] => alone.clone(),
            several => format!("the shortest of {}", several.join(", ")),
        };
        Some(Sentence {
            text: format!("{begins} after {}: {key} is what bites.", words::span(bites.span)),
            because: Some(because),
        })
    }

    fn tail(&self, hold: Hold) -> Sentence {
        let access = Bound { setting: Setting::AccessToken, span: self.spans.access_token };
        let span = words::span(access.span);
        let text = match hold {
            Hold::CodesOnly => format!(
                "It has no refresh tokens: every {span} it needs a new access token, which it gets in silence while the session lasts. \
                 How long its own pages stay open is its own affair."
            ),
            Hold::Session | Hold::Standalone => {
                format!("An access token that is out already can be used for up to {span} beyond that.")
            }
        };
        Sentence { text, because: Some(self.named(&access)) }
    }

    fn of_dismissal(&self, dismissal: &Dismissal, legacy: &LegacySide) -> Sentence {
        let added = |parts: &[Bound]| {
            let parts: Vec<String> = parts.iter().map(|part| self.named(part)).collect();
            parts.join(" + ")
        };
        match dismissal {
            Dismissal::NotNoticed => Sentence {
                text: "Whoever is dismissed at the legacy system stays signed in here until one of the limits above: nobody asks."
                    .to_owned(),
                because: Some("there is no liveness probe, and the bridge cannot refresh over there".to_owned()),
            },
            Dismissal::Noticed(parts) => {
                let open_end = !legacy.probe && legacy.access_lifetime.is_none();
                let more = if open_end { ", and what the legacy access token lasts" } else { "" };
                let weak = if legacy.probe {
                    ""
                } else {
                    " Without a liveness probe a refresh that works counts as good, and some systems let locked people refresh."
                };
                Sentence {
                    text: format!(
                        "Whoever is dismissed at the legacy system can use nothing here after at most {}{more}, as long as that system \
                         answers.{weak}",
                        words::span(sum(parts))
                    ),
                    because: Some(added(parts)),
                }
            }
            Dismissal::NoticedAtFirst(parts) => Sentence {
                text: format!(
                    "Whoever is dismissed at the legacy system can use nothing here after at most {}, but only while the legacy access \
                     token of the sign-in lasts; after that nobody can be asked, and the limits above are all there is.",
                    words::span(sum(parts))
                ),
                because: Some(format!("{}; the bridge cannot refresh over there", added(parts))),
            },
        }
    }
}

impl Case {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Always => "Whatever it asks for",
            Self::WithOfflineAccess => "When it asks for offline_access",
            Self::WithoutOfflineAccess => "When it does not ask for offline_access",
        }
    }
}

impl fmt::Display for Lifetimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, client) in self.clients.iter().enumerate() {
            let gap = if index == 0 { "" } else { "\n" };
            writeln!(f, "{gap}{} ({})", client.client_id, client.name)?;
            if client.cases.is_empty() {
                writeln!(f, "  It speaks for itself and signs nobody in.")?;
            }
            client.cases.iter().try_for_each(|case| case.fmt(f))?;
        }
        match &self.unknown {
            Some(unknown) => write!(f, "\n{unknown}\n"),
            None => Ok(()),
        }
    }
}

impl ExplainedCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hold = match self.hold {
            Hold::CodesOnly => "it has codes, and no refresh tokens",
            Hold::Session => "its refresh tokens end with the session",
            Hold::Standalone => "its refresh tokens live on without a session",
        };
        writeln!(f, "  {}: {hold}.", self.when.words())?;
        for sentence in &self.sentences {
            writeln!(f, "    {}", sentence.text)?;
            if let Some(because) = &sentence.because {
                writeln!(f, "      = {because}")?;
            }
        }
        Ok(())
    }
}
