//! `[legacy.site]`: the legacy system's own web site, as far as people sign in and out there.

use serde_json::json;
use url::Url;

use super::Reader;
use crate::config::reading::{element, key};
use crate::legacy::facts::Facts;
use crate::legacy::site::SiteDescription;
use crate::legacy::template::Template;
use crate::legacy::written::RawSite;

impl Reader<'_> {
    pub(super) fn site(&mut self, raw: RawSite, base_url: Option<&str>) -> Option<SiteDescription> {
        let base_url = base_url?;
        let urls = [
            (&raw.sign_in_url, "site.sign_in_url"),
            (&raw.sign_in_again_url, "site.sign_in_again_url"),
            (&raw.sign_out_url, "site.sign_out_url"),
        ];
        for (template, at) in urls {
            self.page_url(template.as_ref(), base_url, at);
        }
        let of_base = Url::parse(base_url).ok().map(|url| url.origin().ascii_serialization());
        let origins = raw.origins.unwrap_or_else(|| of_base.into_iter().collect());
        for (index, origin) in origins.iter().enumerate() {
            let exact = Url::parse(origin).is_ok_and(|url| url.origin().ascii_serialization() == *origin);
            if !exact {
                let at = element("site.origins", index, None);
                self.problem(&at, "not an origin, such as \"https://members.example.org\": scheme and host, and nothing behind");
            }
        }
        let sign_out_there = raw.sign_out_there.unwrap_or(false);
        if sign_out_there && raw.sign_out_url.is_none() {
            self.problem("site.sign_out_url", "missing; sign_out_there sends the browser there");
        }
        let field = raw.field.unwrap_or_else(|| "refresh_token".to_owned());
        if field.is_empty() {
            self.problem(&key("site", "field"), "the name of the field that holds the refresh token");
        }
        Some(SiteDescription {
            base_url: base_url.to_owned(),
            sign_in_url: raw.sign_in_url,
            sign_in_again_url: raw.sign_in_again_url,
            sign_out_url: raw.sign_out_url.filter(|_| sign_out_there),
            handover: raw.handover.unwrap_or_default(),
            field,
            origins,
            unsolicited: raw.unsolicited.unwrap_or_default(),
            landing: raw.landing,
            embedded_sign_out: raw.embedded_sign_out.unwrap_or(false),
        })
    }

    /// A page of the site: the browser is sent there, so it is an absolute URL whose host no value chooses.
    fn page_url(&mut self, template: Option<&Template>, base_url: &str, at: &str) {
        let Some(template) = template else { return };
        let sample = json!({ "return_url": "https://bridge.example/handover" });
        let filled =
            template.fill_url(base_url, &Facts::of(&sample)).ok().and_then(|text| Url::parse(&text).ok());
        match (filled, template.fixed_address(base_url)) {
            (Some(url), Some(_)) if matches!(url.scheme(), "http" | "https") => {}
            _ => self.problem(
                at,
                "not a URL of the site, such as \"{base_url}/sso\" or \"{base_url}/login?return={/return_url}\"; \
                 only {base_url} and {/return_url} can be filled in",
            ),
        }
    }
}
