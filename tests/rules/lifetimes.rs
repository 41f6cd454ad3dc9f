//! How long a person stays signed in: a row for each setting that can bite.

use std::time::Duration;

use passerelle::rules::lifetimes::{Dismissal, Hold, LegacySide, LegacyToken, Limit, Setting, Spans, stay};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// What is configured when nothing is.
fn spans() -> Spans {
    Spans {
        session_idle: Duration::from_secs(8 * HOUR),
        session_absolute: Duration::from_secs(7 * DAY),
        revalidate: Duration::from_secs(5 * MINUTE),
        revalidate_idle: false,
        max_stale: Duration::from_secs(DAY),
        access_token: Duration::from_secs(10 * MINUTE),
        refresh_idle: Duration::from_secs(30 * DAY),
        refresh_absolute: Duration::from_secs(365 * DAY),
    }
}

/// A legacy system that cannot be asked.
const SILENT: LegacySide =
    LegacySide { probe: false, refresh: None, refresh_lifetime: None, access_lifetime: None };

fn replaced(refresh: u64, access: Option<u64>) -> LegacySide {
    LegacySide {
        probe: true,
        refresh: Some(LegacyToken::Replaced),
        refresh_lifetime: Some(Duration::from_secs(refresh)),
        access_lifetime: access.map(Duration::from_secs),
    }
}

fn kept(refresh: u64) -> LegacySide {
    LegacySide { refresh: Some(LegacyToken::Kept), ..replaced(refresh, None) }
}

fn bites(limit: &Limit) -> (Setting, u64) {
    let bound = limit.bites().unwrap();
    (bound.setting, bound.span.as_secs())
}

/// What is configured, and what bites then: left alone, and used all the time.
type Row = (&'static str, Hold, fn(&mut Spans), (Setting, u64), (Setting, u64));

#[track_caller]
fn holds(rows: &[Row]) {
    for (name, hold, change, unused, used) in rows {
        let mut spans = spans();
        change(&mut spans);
        let stay = stay(*hold, &spans, &SILENT);
        assert_eq!((bites(&stay.unused), bites(&stay.used)), (*unused, *used), "{name}");
    }
}

#[test]
fn the_shortest_setting_bites() {
    use Setting::*;
    holds(&[
        ("codes only", Hold::CodesOnly, |_| {}, (SessionIdle, 8 * HOUR), (SessionAbsolute, 7 * DAY)),
        ("session", Hold::Session, |_| {}, (SessionIdle, 8 * HOUR), (SessionAbsolute, 7 * DAY)),
        ("standalone", Hold::Standalone, |_| {}, (RefreshIdle, 30 * DAY), (RefreshAbsolute, 365 * DAY)),
        (
            "short refresh tokens in a session",
            Hold::Session,
            |spans| {
                spans.refresh_idle = Duration::from_secs(HOUR);
                spans.refresh_absolute = Duration::from_secs(DAY);
            },
            (RefreshIdle, HOUR),
            (RefreshAbsolute, DAY),
        ),
        (
            "a standalone token does not mind the session",
            Hold::Standalone,
            |spans| {
                spans.session_idle = Duration::from_secs(MINUTE);
                spans.session_absolute = Duration::from_secs(HOUR);
            },
            (RefreshIdle, 30 * DAY),
            (RefreshAbsolute, 365 * DAY),
        ),
    ]);
}

#[test]
fn work_between_two_long_access_tokens_looks_like_idleness() {
    use Setting::*;
    holds(&[
        (
            "an access token that outlives the idle session: work looks like idleness",
            Hold::Session,
            |spans| spans.access_token = Duration::from_secs(9 * HOUR),
            (SessionIdle, 8 * HOUR),
            (SessionIdle, 8 * HOUR),
        ),
        (
            "the same in the last second",
            Hold::Session,
            |spans| spans.access_token = spans.session_idle,
            (SessionIdle, 8 * HOUR),
            (SessionIdle, 8 * HOUR),
        ),
        (
            "the same for a standalone token",
            Hold::Standalone,
            |spans| {
                spans.refresh_idle = Duration::from_secs(HOUR);
                spans.access_token = Duration::from_secs(2 * HOUR);
            },
            (RefreshIdle, HOUR),
            (RefreshIdle, HOUR),
        ),
        (
            "codes are asked for by the app, whose access token says nothing of the session",
            Hold::CodesOnly,
            |spans| spans.access_token = Duration::from_secs(9 * HOUR),
            (SessionIdle, 8 * HOUR),
            (SessionAbsolute, 7 * DAY),
        ),
    ]);
}

#[test]
fn a_legacy_refresh_token_bites_when_it_dies_between_two_uses() {
    use Setting::*;
    let idle = (SessionIdle, 8 * HOUR);
    let absolute = (SessionAbsolute, 7 * DAY);
    let rows = [
        ("longer than all", replaced(30 * DAY, None), idle, absolute),
        ("dies while the person is away", replaced(HOUR, None), (LegacyRefresh, HOUR), absolute),
        // Nobody shows it before the legacy access token is over, and by then it is dead, however busy the person is.
        (
            "dies before its access token",
            replaced(5 * MINUTE, Some(20 * MINUTE)),
            (LegacyRefresh, 20 * MINUTE),
            (LegacyRefresh, 20 * MINUTE),
        ),
        // 20 + 5 minutes lie between two refreshes at the most.
        (
            "dies between two questions",
            replaced(25 * MINUTE, Some(20 * MINUTE)),
            (LegacyRefresh, 25 * MINUTE),
            (LegacyRefresh, 25 * MINUTE),
        ),
        (
            "just long enough for whoever is busy",
            replaced(25 * MINUTE + 1, Some(20 * MINUTE)),
            (LegacyRefresh, 25 * MINUTE + 1),
            absolute,
        ),
        ("is not replaced: use does not help it", kept(DAY), idle, (LegacyRefresh, DAY)),
        ("is not replaced, and outlives the session", kept(8 * DAY), idle, absolute),
    ];
    for (name, legacy, unused, used) in rows {
        let stay = stay(Hold::Session, &spans(), &legacy);
        assert_eq!((bites(&stay.unused), bites(&stay.used)), (unused, used), "{name}");
    }
}

#[test]
fn a_legacy_refresh_token_that_outlives_the_session_does_not_touch_tokens_that_live_without_one() {
    use Setting::*;
    let rows = [
        (replaced(HOUR, None), (LegacyRefresh, HOUR), (RefreshAbsolute, 365 * DAY)),
        (replaced(8 * HOUR, None), (RefreshIdle, 30 * DAY), (RefreshAbsolute, 365 * DAY)),
        (kept(DAY), (RefreshIdle, 30 * DAY), (LegacyRefresh, DAY)),
        (kept(7 * DAY), (RefreshIdle, 30 * DAY), (RefreshAbsolute, 365 * DAY)),
    ];
    for (legacy, unused, used) in rows {
        let stay = stay(Hold::Standalone, &spans(), &legacy);
        assert_eq!((bites(&stay.unused), bites(&stay.used)), (unused, used), "{legacy:?}");
    }
}

#[test]
fn whoever_is_asked_about_while_away_keeps_the_legacy_token_alive() {
    let asks = Spans { revalidate_idle: true, ..spans() };
    let stay = stay(Hold::Session, &asks, &replaced(HOUR, Some(20 * MINUTE)));
    assert_eq!(bites(&stay.unused), (Setting::SessionIdle, 8 * HOUR));
}

#[test]
fn a_dismissal_is_noticed_as_far_as_somebody_can_be_asked() {
    use Setting::*;
    let settings = |dismissal: &Dismissal| -> Option<Vec<Setting>> {
        match dismissal {
            Dismissal::NotNoticed => None,
            Dismissal::Noticed(parts) | Dismissal::NoticedAtFirst(parts) => {
                Some(parts.iter().map(|part| part.setting).collect())
            }
        }
    };
    let without_probe = LegacySide { probe: false, ..replaced(DAY, Some(20 * MINUTE)) };
    let probe_alone = LegacySide { probe: true, ..SILENT };
    let rows = [
        ("nobody to ask", SILENT, None),
        ("a probe and a refresh", replaced(DAY, None), Some(vec![Revalidate, AccessToken])),
        ("a refresh alone", without_probe, Some(vec![LegacyAccess, Revalidate, AccessToken])),
        ("a probe alone", probe_alone, Some(vec![Revalidate, AccessToken])),
    ];
    for (name, legacy, parts) in rows {
        let stay = stay(Hold::Session, &spans(), &legacy);
        assert_eq!(settings(&stay.dismissal), parts, "{name}");
        assert_eq!(stay.outage, parts.map(|_| spans().max_stale), "{name}");
    }
    assert!(matches!(stay(Hold::Session, &spans(), &probe_alone).dismissal, Dismissal::NoticedAtFirst(_)));
}

#[test]
fn only_tokens_without_a_session_outlive_the_questions() {
    let rows = [
        (Hold::CodesOnly, replaced(DAY, None), false),
        (Hold::Session, replaced(DAY, None), false),
        (Hold::Standalone, replaced(DAY, None), true),
        (Hold::Standalone, SILENT, false),
    ];
    for (hold, legacy, outlives) in rows {
        assert_eq!(stay(hold, &spans(), &legacy).outlives_questions, outlives, "{hold:?}");
    }
}
