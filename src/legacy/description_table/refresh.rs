//! `[legacy.refresh]`, `[legacy.alive]` and `[legacy.sign_out]`: what is asked of the legacy system after the sign-in.

use serde_json::Value as Json;
use url::Url;

use super::Reader;
use crate::config::reading::{element, key};
use crate::legacy::description::{ClientPlace, LegacyClient, SignOutCall, TokenEndpoint};
use crate::legacy::probe::ProbeDescription;
use crate::legacy::refresh::{ClassRule, RefreshDescription, Rotation};
use crate::legacy::template::Template;
use crate::legacy::written::{RawClass, RawClientPlace, RawConditions, RawProbe, RawRefresh, RawSignOut};

/// The worst case: a refresh token is dead once it was used, whatever became of the answer.
const ROTATION: Rotation = Rotation::SingleUse;

impl Reader<'_> {
    /// The refresh grant, as far as the bridge is a client over there: `token` is where passwords are tried.
    pub(super) fn refresh(
        &mut self,
        raw: RawRefresh,
        base_url: &str,
        credentials: Option<LegacyClient>,
        token: &TokenEndpoint,
    ) -> Option<RefreshDescription> {
        let classes = self.classes(raw.class);
        let place = raw.client.unwrap_or(RawClientPlace::Body);
        let client = match (place, credentials) {
            (RawClientPlace::None, _) => ClientPlace::None,
            (RawClientPlace::Body, Some(client)) => ClientPlace::Body(client),
            (RawClientPlace::Basic, Some(client)) if client.secret.is_some() => ClientPlace::Basic(client),
            (RawClientPlace::Basic, Some(_)) => {
                self.problem("refresh.client", "needs client_secret under [legacy]");
                return None;
            }
            // The system may know the bridge as no client: then nothing is refreshed.
            (RawClientPlace::Body | RawClientPlace::Basic, None) => return None,
        };
        let url = match &raw.url {
            Some(template) => self.fixed_url(template, base_url, "refresh.url")?,
            None => token.url.clone(),
        };
        Some(RefreshDescription {
            endpoint: TokenEndpoint {
                url,
                client,
                fields: raw.fields.unwrap_or_else(|| token.fields.clone()),
                refresh_field: raw.token_field.unwrap_or_else(|| "refresh_token".to_owned()),
                ..token.clone()
            },
            rotation: raw.rotation.unwrap_or(ROTATION),
            classes,
        })
    }

    fn classes(&mut self, raw: Vec<RawClass>) -> Vec<ClassRule> {
        let mut rules = Vec::new();
        for (index, rule) in raw.into_iter().enumerate() {
            let at = element("refresh.class", index, None);
            let what = "what such an answer means: \"fatal\", \"transient\" or \"unknown\"";
            let means = self.needed(rule.class, &key(&at, "class"), what);
            let RawClass { status, at: place, equals, matches, .. } = rule;
            let conditions = RawConditions { status, at: place, equals, matches };
            rules.extend(self.rule(conditions, means, &at));
        }
        rules
    }

    pub(super) fn probe(&mut self, raw: RawProbe, base_url: Option<&str>) -> Option<ProbeDescription> {
        let expect = raw.expect.and_then(|expect| self.expected(expect, "alive.expect"));
        let url = self.needed(raw.url, "alive.url", "such as \"{base_url}/api/me\"");
        if let Some((url, base_url)) = url.as_ref().zip(base_url) {
            self.step_address(url, base_url, "alive.url");
        }
        let at = self.needed(raw.at, "alive.at", "where the value stands that tells, such as \"/IsDisable\"");
        let equals = self.needed(
            raw.equals,
            "alive.equals",
            "what it is for a person who is still good, such as false",
        );
        if equals.as_ref().is_some_and(|equals| equals.is_array() || equals.is_object()) {
            self.problem("alive.equals", "a text, a number, true or false");
        }
        Some(ProbeDescription { url: url?, expect, at: at?, equals: equals? })
    }

    pub(super) fn sign_out_call(&mut self, raw: RawSignOut, base_url: Option<&str>) -> Option<SignOutCall> {
        let url = self.needed(raw.url, "sign_out.url", "such as \"{base_url}/api/signout\"")?;
        Some(SignOutCall { url: self.fixed_url(&url, base_url?, "sign_out.url")? })
    }

    /// A URL in which nothing but `{base_url}` is filled in, and to which tokens may go.
    pub(super) fn fixed_url(&mut self, template: &Template, base_url: &str, at: &str) -> Option<Url> {
        let filled = template.fill_url(base_url, &Json::Null).ok();
        let url = filled.and_then(|text| Url::parse(&text).ok());
        if url.is_none() {
            self.problem(at, "not a URL once {base_url} is filled in; nothing else can be");
        }
        url.inspect(|url| self.safe_way_from(base_url, url, at))
    }
}
