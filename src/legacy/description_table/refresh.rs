//! `[legacy.refresh]`, `[legacy.sign_out]` and `[legacy.change_password]`: what is asked of the legacy system after the sign-in.

use super::Reader;
use super::names::Whence;
use super::requests::{Purpose, without_token};
use crate::config::reading::key;
use crate::legacy::description::{ChangePassword, ClientPlace, LegacyClient, Login, TokenEndpoint};
use crate::legacy::refresh::{RefreshDescription, RefreshRequest, Rotation};
use crate::legacy::request::RequestDescription;
use crate::legacy::written::{RawChangePassword, RawClientPlace, RawRefresh, RawSignOut};

/// The worst case: a refresh token is dead once it was used, whatever became of the answer.
const ROTATION: Rotation = Rotation::SingleUse;

impl Reader<'_> {
    /// How tokens are refreshed: by the grant, as far as the bridge is a client over there, or by any request.
    pub(super) fn refresh(
        &mut self,
        mut raw: RawRefresh,
        base_url: &str,
        client: Option<&LegacyClient>,
        login: &Login,
    ) -> Option<RefreshDescription> {
        let classes = self.classes(std::mem::take(&mut raw.class));
        let rotation = raw.rotation.unwrap_or(ROTATION);
        let lifetime = raw.lifetime.map(|span| span.duration());
        let answer = self.token_answer(raw.take_answer(), login.answer(), "refresh");
        let grant = raw.token_field.is_some() || raw.fields.is_some() || raw.client.is_some();
        let request =
            raw.form.is_some() || raw.json.is_some() || raw.body.is_some() || !raw.headers.is_empty();
        let call = match login {
            _ if grant && request => {
                self.problem("refresh", "either the grant (token_field, fields, client) or a request of its own (form, json, body, headers)");
                return None;
            }
            Login::Grant(endpoint) if !request => {
                let endpoint = TokenEndpoint { answer, ..TokenEndpoint::clone(endpoint) };
                RefreshRequest::Grant(Box::new(self.refresh_grant(raw, base_url, client, endpoint)?))
            }
            Login::Request(..) if raw.url.is_none() && !request => return None,
            Login::Grant(_) | Login::Request(..) => {
                let request = self.request(raw.take_request(), Some(base_url), "refresh", Purpose::Does)?;
                RefreshRequest::Request(Box::new(without_token(request)), Box::new(answer))
            }
        };
        Some(RefreshDescription { call, rotation, lifetime, classes })
    }

    fn refresh_grant(
        &mut self,
        raw: RawRefresh,
        base_url: &str,
        client: Option<&LegacyClient>,
        endpoint: TokenEndpoint,
    ) -> Option<TokenEndpoint> {
        // Who is named by HTTP Basic at the login is named so here; a login without a client says nothing about the refresh.
        let as_at_login = match endpoint.client {
            ClientPlace::Basic(_) => RawClientPlace::Basic,
            ClientPlace::Body(_) | ClientPlace::None => RawClientPlace::Body,
        };
        let client = match (raw.client.unwrap_or(as_at_login), client) {
            (RawClientPlace::None, _) => ClientPlace::None,
            (RawClientPlace::Body, Some(client)) => ClientPlace::Body(client.clone()),
            (RawClientPlace::Basic, Some(client)) if client.secret.is_some() => {
                ClientPlace::Basic(client.clone())
            }
            (RawClientPlace::Basic, Some(_)) => {
                self.problem("refresh.client", "needs client_secret under [legacy]");
                return None;
            }
            // The system may know the bridge as no client: then nothing is refreshed.
            (RawClientPlace::Body | RawClientPlace::Basic, None) => return None,
        };
        let url = match &raw.url {
            Some(template) => self.fixed_url(template, base_url, "refresh.url")?,
            None => endpoint.url.clone(),
        };
        for (name, value) in raw.fields.iter().flatten() {
            self.template(value, &key("refresh.fields", name), Whence::Request);
        }
        Some(TokenEndpoint {
            url,
            client,
            fields: raw.fields.unwrap_or_else(|| endpoint.fields.clone()),
            refresh_field: raw.token_field.unwrap_or_else(|| "refresh_token".to_owned()),
            ..endpoint
        })
    }

    pub(super) fn sign_out_call(
        &mut self,
        mut raw: RawSignOut,
        base_url: Option<&str>,
    ) -> Option<RequestDescription> {
        self.request(raw.take_request(), base_url, "sign_out", Purpose::Does)
    }

    pub(super) fn change_password(
        &mut self,
        mut raw: RawChangePassword,
        base_url: Option<&str>,
    ) -> Option<ChangePassword> {
        let (format, status) = (raw.format.take().unwrap_or_default(), raw.success_status.take());
        let request = self.request(raw.take_request(), base_url, "change_password", Purpose::Does)?;
        Some(ChangePassword {
            request: without_token(request),
            format,
            status: status.map_or_else(|| vec![200, 201, 202, 204], |statuses| statuses.0),
        })
    }
}
