//! How long a person really stays signed in at an application. Several settings limit it, of the bridge and of the legacy system; the
//! shortest is the one that bites. Spans in, limits out: the sentences are made elsewhere.

use std::time::Duration;

use serde::Serialize;

/// A setting that limits something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Setting {
    /// `session.idle`.
    SessionIdle,
    /// `session.absolute`.
    SessionAbsolute,
    /// `session.revalidate`.
    Revalidate,
    /// `session.max_stale`.
    MaxStale,
    /// The lifetime of access tokens.
    AccessToken,
    /// `refresh_idle`.
    RefreshIdle,
    /// `refresh_absolute`.
    RefreshAbsolute,
    /// How long the legacy system's own access token lasts.
    LegacyAccess,
    /// How long the legacy system's own refresh token lasts.
    LegacyRefresh,
}

/// A setting with its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// Which.
    pub setting: Setting,
    /// How long.
    pub span: Duration,
}

/// What the tokens of an application hang on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// It has no refresh tokens: the session answers when it asks again.
    CodesOnly,
    /// Its refresh tokens end with the session.
    Session,
    /// Its refresh tokens live on without one.
    Standalone,
}

/// What becomes of a legacy refresh token that is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegacyToken {
    /// It stays, and its time with it.
    Kept,
    /// A new one, whose time begins anew, takes its place.
    Replaced,
}

/// How the legacy system can be asked about a person, and how long its tokens last, where somebody said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LegacySide {
    /// Whether there is a liveness probe.
    pub probe: bool,
    /// How its refresh tokens behave; none where the bridge cannot refresh there.
    pub refresh: Option<LegacyToken>,
    /// How long a refresh token lasts.
    pub refresh_lifetime: Option<Duration>,
    /// How long an access token lasts.
    pub access_lifetime: Option<Duration>,
}

/// What is configured for one application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spans {
    /// `session.idle`.
    pub session_idle: Duration,
    /// `session.absolute`.
    pub session_absolute: Duration,
    /// `session.revalidate`.
    pub revalidate: Duration,
    /// `session.revalidate_idle`.
    pub revalidate_idle: bool,
    /// `session.max_stale`.
    pub max_stale: Duration,
    /// The longest access token that it can have.
    pub access_token: Duration,
    /// `refresh_idle`.
    pub refresh_idle: Duration,
    /// `refresh_absolute`.
    pub refresh_absolute: Duration,
}

/// A limit: of several settings the shortest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit(Vec<Bound>);

impl Limit {
    /// The setting that bites; of equal ones the first.
    pub fn bites(&self) -> Option<Bound> {
        self.0.iter().copied().min_by_key(|bound| bound.span)
    }

    /// All that were compared.
    pub fn bounds(&self) -> &[Bound] {
        &self.0
    }
}

/// What becomes of a person who is dismissed at the legacy system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dismissal {
    /// Nobody asks, so nothing changes.
    NotNoticed,
    /// It is noticed when the application asks for something new, after all of these together at the latest.
    Noticed(Vec<Bound>),
    /// The same, but only while the legacy access token of the sign-in lasts: without a refresh token there is nothing to ask with after it.
    NoticedAtFirst(Vec<Bound>),
}

/// How long a person stays signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stay {
    /// When nobody uses the application.
    pub unused: Limit,
    /// When it is used all the time.
    pub used: Limit,
    /// What a dismissal at the legacy system does.
    pub dismissal: Dismissal,
    /// Whether nobody is asked any more once the person's last session has ended, although the tokens live on.
    pub outlives_questions: bool,
    /// How long it goes on while the legacy system says nothing; none where it is never asked.
    pub outage: Option<Duration>,
}

/// How long a person stays signed in at an application whose tokens hang on `hold`.
pub fn stay(hold: Hold, spans: &Spans, legacy: &LegacySide) -> Stay {
    let asked = legacy.probe || legacy.refresh.is_some();
    Stay {
        unused: Limit(unused(hold, spans, legacy)),
        used: Limit(used(hold, spans, legacy)),
        dismissal: dismissal(spans, legacy),
        // The vault is emptied with the last session, and without a token there is nothing to ask with.
        outlives_questions: asked && hold == Hold::Standalone,
        outage: asked.then_some(spans.max_stale),
    }
}

fn unused(hold: Hold, spans: &Spans, legacy: &LegacySide) -> Vec<Bound> {
    let session = Bound { setting: Setting::SessionIdle, span: spans.session_idle };
    let refresh = Bound { setting: Setting::RefreshIdle, span: spans.refresh_idle };
    let mut bounds = match hold {
        Hold::CodesOnly => vec![session],
        Hold::Session => vec![session, refresh],
        Hold::Standalone => vec![refresh],
    };
    // Where the bridge asks by itself about people who do nothing, it keeps the legacy token in use; otherwise that token ages with them.
    if !spans.revalidate_idle {
        let legacy = legacy_refresh(legacy, LegacyToken::Replaced);
        bounds.extend(legacy.filter(|bound| can_be_asked_at(bound.span, hold, spans.session_idle)));
    }
    bounds
}

fn used(hold: Hold, spans: &Spans, legacy: &LegacySide) -> Vec<Bound> {
    let mut bounds = Vec::new();
    if hold != Hold::Standalone {
        bounds.push(Bound { setting: Setting::SessionAbsolute, span: spans.session_absolute });
    }
    if hold != Hold::CodesOnly {
        bounds.push(Bound { setting: Setting::RefreshAbsolute, span: spans.refresh_absolute });
    }
    // An application that works refreshes when its access token has run out. When that takes longer than the idle time, what is used
    // looks unused.
    let idle = match hold {
        Hold::CodesOnly => None,
        Hold::Session => Some(Bound { setting: Setting::SessionIdle, span: spans.session_idle }),
        Hold::Standalone => Some(Bound { setting: Setting::RefreshIdle, span: spans.refresh_idle }),
    };
    bounds.extend(idle.filter(|idle| idle.span <= spans.access_token));
    let kept = legacy_refresh(legacy, LegacyToken::Kept);
    bounds.extend(kept.filter(|bound| can_be_asked_at(bound.span, hold, spans.session_absolute)));
    // A token that is replaced lives on as long as it is used in time: once its access token is over and somebody asks.
    let between = legacy.access_lifetime.unwrap_or_default() + spans.revalidate;
    bounds.extend(legacy_refresh(legacy, LegacyToken::Replaced).filter(|bound| bound.span <= between));
    bounds
}

/// Tokens that live on without a session do not mind a legacy token that dies after it: that was forgotten with the session.
fn can_be_asked_at(after: Duration, hold: Hold, session: Duration) -> bool {
    hold != Hold::Standalone || after < session
}

/// The legacy refresh token as a limit, if it is of this kind: refused, it ends all that the person has. It is not shown before the
/// legacy access token is over.
fn legacy_refresh(legacy: &LegacySide, kind: LegacyToken) -> Option<Bound> {
    legacy.refresh.filter(|refresh| *refresh == kind)?;
    let span = legacy.refresh_lifetime?.max(legacy.access_lifetime.unwrap_or_default());
    Some(Bound { setting: Setting::LegacyRefresh, span })
}

fn dismissal(spans: &Spans, legacy: &LegacySide) -> Dismissal {
    let revalidate = Bound { setting: Setting::Revalidate, span: spans.revalidate };
    let access_token = Bound { setting: Setting::AccessToken, span: spans.access_token };
    match (legacy.probe, legacy.refresh) {
        (false, None) => Dismissal::NotNoticed,
        (true, None) => Dismissal::NoticedAtFirst(vec![revalidate, access_token]),
        (true, Some(_)) => Dismissal::Noticed(vec![revalidate, access_token]),
        // Without a probe only a refresh can fail, and there is none while the legacy access token lasts.
        (false, Some(_)) => {
            let legacy_access =
                Bound { setting: Setting::LegacyAccess, span: legacy.access_lifetime.unwrap_or_default() };
            Dismissal::Noticed(vec![legacy_access, revalidate, access_token])
        }
    }
}
