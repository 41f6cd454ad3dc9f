//! What an answer of a login tells of itself: where the tokens stand, when they expire, who the person is. By names first, by values where
//! names do not tell.

use uuid::Uuid;

use super::leaves::{Leaf, Where, of_json, plain};
use super::sample::Sample;
use crate::legacy::jwt;

/// What was found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) format: Option<&'static str>,
    /// Formulas.
    pub(super) access_token: Option<String>,
    /// A cookie that is the token.
    pub(super) cookie: Option<String>,
    pub(super) refresh_token: Option<String>,
    pub(super) expires: Option<(String, &'static str)>,
    /// Where a JWT stands whose claims tell who it is.
    pub(super) jwt: Option<String>,
    /// Ids that look as if they never change, the best first.
    pub(super) ids: Vec<String>,
    pub(super) user_name: Option<String>,
    pub(super) claims: Vec<(&'static str, String)>,
    pub(super) notes: Vec<String>,
    /// Tokens, which must not be written anywhere.
    pub(super) hidden: Vec<String>,
}

const ACCESS: [&str; 12] = [
    "accesstoken",
    "authtoken",
    "apptoken",
    "sessiontoken",
    "jwttoken",
    "token",
    "jwt",
    "apppassword",
    "idtoken",
    "sessionid",
    "sid",
    "ticket",
];
const REFRESH: [&str; 3] = ["refreshtoken", "refresh", "renewtoken"];
const EXPIRES: [&str; 12] = [
    "expiresin",
    "expiresinms",
    "expiresinseconds",
    "expires",
    "expiresat",
    "expiration",
    "expirationtime",
    "expiry",
    "expireson",
    "lifetime",
    "validuntil",
    "ttl",
];
const IDS: [&str; 12] = [
    "sub",
    "guid",
    "uuid",
    "userguid",
    "useruuid",
    "userid",
    "uid",
    "id",
    "localid",
    "accountid",
    "memberid",
    "personid",
];
const NAMES: [&str; 7] =
    ["username", "preferredusername", "login", "loginname", "usernicename", "cognitousername", "unique_name"];
const CLAIMS: [(&str, &[&str]); 7] = [
    ("email", &["email", "emailaddress", "mail", "useremail"]),
    ("given_name", &["givenname", "firstname"]),
    ("family_name", &["familyname", "lastname", "surname"]),
    ("name", &["displayname", "fullname", "userdisplayname", "name"]),
    ("phone_number", &["phonenumber", "phone", "mobile"]),
    ("locale", &["locale", "language"]),
    ("preferred_username", &["username", "preferredusername", "usernicename"]),
];

/// Reads an answer. `user` is the name that signed in, where it is known.
pub(super) fn read(sample: &Sample, user: Option<&str>) -> Found {
    let leaves = of_json(sample.body());
    let mut found = Found { format: sample.format, ..Found::default() };
    found.access_token(sample, &leaves);
    let refresh =
        leaves.iter().find(|leaf| REFRESH.contains(&plain(&leaf.name).as_str()) && leaf.value.len() > 3);
    if let Some(refresh) = refresh {
        found.refresh_token = Some(refresh.label().to_owned());
        found.hidden.push(refresh.value.clone());
    }
    found.expiry(&leaves);
    let jwts = leaves
        .iter()
        .filter(|leaf| jwt::looks_like_one(&leaf.value) && !REFRESH.contains(&plain(&leaf.name).as_str()));
    // An ID token says more of a person than an access token.
    let best = jwts.max_by_key(|leaf| plain(&leaf.name) == "idtoken");
    let claims = best.and_then(|leaf| Some((leaf, jwt::read(&leaf.value)?)));
    found
        .hidden
        .extend(leaves.iter().filter(|leaf| jwt::looks_like_one(&leaf.value)).map(|leaf| leaf.value.clone()));
    let outside: Vec<(String, Leaf)> = leaves
        .iter()
        .filter(|leaf| !found.hidden.contains(&leaf.value))
        .map(|leaf| (format!("/answer{}", leaf.label()), leaf.clone()))
        .collect();
    let inside: Vec<(String, Leaf)> = claims
        .iter()
        .flat_map(|(_, claims)| of_json(claims))
        .map(|leaf| (format!("/jwt{}", leaf.label()), leaf))
        .collect();
    found.person(&outside, &inside, user);
    let used = |at: &String| at.starts_with("/jwt");
    if found.ids.first().is_some_and(used)
        || found.user_name.as_ref().is_some_and(used)
        || found.claims.iter().any(|(_, at)| used(at))
    {
        found.jwt = claims.map(|(leaf, _)| leaf.label().to_owned());
    }
    found
}

impl Found {
    fn access_token(&mut self, sample: &Sample, leaves: &[Leaf]) {
        let named =
            |word: &&str| leaves.iter().find(|leaf| plain(&leaf.name) == **word && !leaf.value.is_empty());
        let short =
            || leaves.iter().find(|leaf| plain(&leaf.name) == "access" && jwt::looks_like_one(&leaf.value));
        // `sub` of a bare text.
        let bare =
            sample.body().as_str().filter(|text| !text.is_empty() && !text.contains(char::is_whitespace));
        let in_header = || {
            sample.members("header").find(|(name, _)| {
                matches!(
                    plain(name).as_str(),
                    "authorization" | "xauthtoken" | "xaccesstoken" | "xsubjecttoken" | "token"
                )
            })
        };
        let in_cookie = || {
            let named = |name: &str| {
                ["session", "token", "auth", "sid"].iter().any(|word| plain(name).contains(word))
            };
            sample.members("cookie").find(|(name, _)| named(name) && !plain(name).contains("csrf"))
        };
        if let Some(text) = bare {
            self.access_token = Some(String::new());
            self.hidden.push(text.to_owned());
        } else if let Some(leaf) = ACCESS.iter().find_map(named).or_else(short) {
            self.access_token = Some(leaf.label().to_owned());
            self.hidden.push(leaf.value.clone());
            if leaves.iter().any(|other| plain(&other.name) == "idtoken" && other.label() != leaf.label()) {
                self.notes.push("there is an ID token too; a few systems want that one as the bearer: then write its place as access_token".to_owned());
            }
        } else if let Some((name, value)) = in_header() {
            let bearer = value.strip_prefix("Bearer ");
            self.access_token = Some(match bearer {
                Some(_) => format!("header['{name}'] | capture('^Bearer (.+)$')"),
                None => format!("header['{name}']"),
            });
            self.hidden.push(bearer.unwrap_or(value).to_owned());
        } else if let Some((name, value)) = in_cookie() {
            self.access_token = Some(format!("cookie['{name}']"));
            self.cookie = Some(name.to_owned());
            self.hidden.push(value.to_owned());
        }
    }

    fn expiry(&mut self, leaves: &[Leaf]) {
        let found = EXPIRES.iter().find_map(|word| {
            leaves
                .iter()
                .filter(|leaf| plain(&leaf.name) == *word)
                .find_map(|leaf| Some((leaf, told_as(word, &leaf.value)?)))
        });
        self.expires = found.map(|(leaf, told_as)| (leaf.label().to_owned(), told_as));
        let access = self.hidden.first().and_then(|token| jwt::read(token));
        if self.expires.is_none() && access.is_some_and(|claims| claims.get("exp").is_some()) {
            self.expires = self.access_token.clone().map(|place| (place, "jwt"));
        }
    }

    fn person(&mut self, outside: &[(String, Leaf)], inside: &[(String, Leaf)], user: Option<&str>) {
        let all = || outside.iter().chain(inside);
        let is_user = |value: &str| user.is_some_and(|user| value.eq_ignore_ascii_case(user));
        let mut ids: Vec<(usize, String)> = all()
            .filter_map(|(at, leaf)| {
                let rank = IDS.iter().position(|word| plain(&leaf.name) == *word)?;
                let is_uuid = Uuid::parse_str(&leaf.value).is_ok();
                // A name or an address is no id, wherever it stands.
                let name_like =
                    is_user(&leaf.value) || leaf.value.contains(['@', ' ']) && !leaf.value.starts_with('@');
                // Roles, clients and sessions have ids too.
                let depth = at.matches('/').count();
                let other = ["role", "client", "group", "organi", "tenant", "session", "device"]
                    .iter()
                    .any(|word| at.to_lowercase().contains(word));
                (!name_like && !other).then(|| {
                    (
                        if is_uuid { 0 } else { 20 }
                            + if at.starts_with("/jwt") { 10 } else { 0 }
                            + rank
                            + depth * 2,
                        at.clone(),
                    )
                })
            })
            .collect();
        ids.sort();
        self.ids = ids.into_iter().map(|(_, at)| at).collect();
        let named = |words: &[&str]| {
            words
                .iter()
                .find_map(|word| all().find(|(_, leaf)| plain(&leaf.name) == *word && !leaf.value.is_empty()))
        };
        let typed = all().find(|(_, leaf)| is_user(&leaf.value));
        self.user_name = typed.or_else(|| named(&NAMES)).map(|(at, _)| at.clone());
        for (claim, words) in CLAIMS {
            self.claims.extend(named(words).map(|(at, _)| (claim, at.clone())));
        }
        let roles = all()
            .find(|(_, leaf)| matches!(plain(&leaf.name).as_str(), "roles" | "groups" | "cognitogroups"));
        if let Some((at, Leaf { place: Where::Json(_), .. })) = roles {
            // The list, not its first element.
            let list =
                at.trim_end_matches(|character: char| character.is_ascii_digit()).trim_end_matches('/');
            self.claims.push(("roles", list.to_owned()));
        }
    }
}

/// How an expiry of this name and value is told; none when the value is none.
fn told_as(word: &str, value: &str) -> Option<&'static str> {
    let number = value.trim().parse::<f64>().ok();
    Some(match (word, number) {
        (_, None) => return crate::legacy::expiry::is_date(value).then_some("date"),
        (_, Some(number)) if number > 100_000_000_000.0 => "epoch_milliseconds",
        (_, Some(number)) if number > 1_000_000_000.0 => "epoch",
        ("expiresinms", _) => "milliseconds",
        // No system names a day in seconds by a word that means a moment; milliseconds are told so.
        ("expires" | "lifetime", Some(number)) if number >= 100_000.0 => "milliseconds",
        _ => "seconds",
    })
}
