//! A step of an authorization as an answer to the browser: the sign-in page, the consent page, or the way to the app.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use crate::legacy::refusal::Refusal;
use crate::oauth::params::Params;
use crate::provider::step::{Asks, ConsentPrompt, FurtherPrompt, Realm, SignInPrompt, SignInRefusal, Step};
use crate::time::Clock;
use crate::web::browsers::CookieKind;
use crate::web::crumbs::{self, Crumb};
use crate::web::error::page::Refused;
use crate::web::extract::visiting::Visiting;
use crate::web::interaction::notices;
use crate::web::page::consent::{ConsentPage, ScopeLine};
use crate::web::page::further::{NewPasswordPage, SecondFactorPage};
use crate::web::page::notice::Help;
use crate::web::page::sign_in::{RealmOption, SignInPage};
use crate::web::page::uri::WebUri;
use crate::web::pages::{Allowed, Pages, app, see_other};
use crate::web::routes::{ACCOUNT, CONSENT, LEGACY_SIGN_IN, SIGN_IN, SIGN_IN_CODE, SIGN_IN_NEW_PASSWORD};

/// Shows steps.
#[derive(Clone)]
pub struct StepPages {
    /// What all pages share.
    pub pages: Pages,
    /// How small cookies are named.
    pub cookies: CookieKind,
    /// Tells how long a refusal lasts.
    pub clock: Clock,
}

impl StepPages {
    /// The answer to a GET.
    pub fn show(&self, step: Step, visiting: &Visiting) -> Response {
        match step {
            Step::SignIn(prompt) => self.sign_in(&prompt, visiting),
            Step::Consent(prompt) => self.consent(&prompt, visiting),
            Step::Answer(answer) => {
                let language = visiting.language.as_deref();
                let mut response = self.pages.answer(&answer.response, &answer.ui_locales, language);
                if let Some(session) = &answer.session {
                    crumbs::show_state(self.cookies, session, &mut response);
                }
                response
            }
            Step::LegacySite(visit) => {
                let mut response = see_other(&visit.location);
                // Other tabs may wait as well.
                let mut waiting = Crumb::Pending.read_all(self.cookies, &visiting.cookies);
                waiting.insert(0, visit.pending);
                let left = Crumb::Pending.leave_all(self.cookies, &waiting, visit.waits, &mut response);
                debug_assert!(left, "the flow lets nothing go that is too long");
                // Of the two that can be long there is one at a time.
                Crumb::Leaving.sweep(self.cookies, &mut response);
                response
            }
            Step::Account => see_other(&self.pages.routes().path(ACCOUNT)),
            Step::Launch(location) => see_other(&location),
        }
    }

    /// The answer to a POST: the next page by a redirect, so that reloading it never posts a password again.
    pub fn show_after_form(&self, step: Step, visiting: &Visiting) -> Response {
        let routes = self.pages.routes();
        // A sealed request is base64url and can stand in a query as it is.
        match &step {
            Step::Consent(prompt) => {
                see_other(&format!("{}?request={}", routes.path(CONSENT), prompt.request))
            }
            Step::SignIn(prompt) => {
                see_other(&format!("{}?request={}", routes.path(SIGN_IN), prompt.request))
            }
            Step::Answer(_) | Step::LegacySite(_) | Step::Account | Step::Launch(_) => {
                self.show(step, visiting)
            }
        }
    }

    /// The sign-in page.
    pub fn sign_in(&self, prompt: &SignInPrompt, visiting: &Visiting) -> Response {
        let now = self.clock.now();
        let app = prompt.client.as_deref().map(app);
        let logo = app.as_ref().and_then(|app| app.logo.as_ref()).map(ToString::to_string);
        let legacy_site = format!("{}?request={}", self.pages.routes().path(LEGACY_SIGN_IN), prompt.request);
        let page = SignInPage {
            frame: self.pages.frame(&prompt.ui_locales, visiting.language.as_deref()),
            action: self.pages.routes().path(SIGN_IN),
            request: prompt.request.clone(),
            app,
            legacy_site: prompt.legacy_site.then_some(legacy_site),
            realms: prompt.realms.iter().map(realm_option).collect(),
            username: prompt.user_name.clone(),
            notice: notices::notice(prompt, now),
            help: self.help(prompt.refusal.as_ref()),
        };
        let images: Vec<&str> = logo.iter().map(String::as_str).collect();
        let forms: Vec<&str> = prompt.redirect_uri.iter().map(String::as_str).collect();
        let allowed = Allowed { forms: &forms, images: &images, ..Allowed::default() };
        let mut response = self.pages.show(notices::status(prompt), &page, allowed);
        if let Some(wait) = notices::retry_after(prompt, now) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
        }
        response
    }

    /// The page between a right password and the session.
    pub fn further(&self, prompt: &FurtherPrompt, visiting: &Visiting) -> Response {
        let routes = self.pages.routes();
        let page = &prompt.page;
        let frame = self.pages.frame(&page.ui_locales, visiting.language.as_deref());
        let notice = prompt.refusal.as_ref().map(|refusal| notices::of_refusal(refusal, self.clock.now()));
        let help = self.help(prompt.refusal.as_ref());
        let begin_again_url = format!("{}?request={}&prompt=login", routes.path(SIGN_IN), page.request);
        let (request, username) = (page.request.clone(), prompt.user_name.clone());
        let forms: Vec<&str> = page.redirect_uri.iter().map(String::as_str).collect();
        let allowed = Allowed { forms: &forms, ..Allowed::default() };
        match prompt.asks {
            Asks::Code { with_password } => {
                let action = routes.path(SIGN_IN_CODE);
                let page = SecondFactorPage {
                    frame,
                    action,
                    request,
                    username,
                    with_password,
                    begin_again_url,
                    notice,
                    help,
                };
                self.pages.show(StatusCode::OK, &page, allowed)
            }
            Asks::NewPassword => {
                let action = routes.path(SIGN_IN_NEW_PASSWORD);
                let page =
                    NewPasswordPage { frame, action, request, username, begin_again_url, notice, help };
                self.pages.show(StatusCode::OK, &page, allowed)
            }
        }
    }

    /// Where the legacy site helps: where its answer says, or else where the configuration does.
    fn help(&self, refusal: Option<&SignInRefusal>) -> Help {
        let help = self.pages.help().clone();
        match refusal {
            Some(SignInRefusal::Legacy(
                Refusal::PasswordExpired { link: Some(link) }
                | Refusal::MustChangePassword { link: Some(link) },
            )) => Help { password_uri: WebUri::parse(link).or(help.password_uri), ..help },
            _ => help,
        }
    }

    fn consent(&self, prompt: &ConsentPrompt, visiting: &Visiting) -> Response {
        let routes = self.pages.routes();
        let app = app(&prompt.client);
        let logo = app.logo.as_ref().map(ToString::to_string);
        let lines = prompt.scopes.iter();
        let page = ConsentPage {
            frame: self.pages.frame(&prompt.ui_locales, visiting.language.as_deref()),
            action: routes.path(CONSENT),
            request: prompt.request.clone(),
            app,
            account: prompt.account_name.clone(),
            another_account_url: format!("{}?request={}&prompt=login", routes.path(SIGN_IN), prompt.request),
            scopes: lines.map(|(scope, words)| ScopeLine::of(scope, words.as_deref())).collect(),
            returns_to: WebUri::parse(&prompt.redirect_uri).map(|uri| uri.host()),
        };
        let images: Vec<&str> = logo.iter().map(String::as_str).collect();
        let allowed = Allowed { forms: &[&prompt.redirect_uri], images: &images, ..Allowed::default() };
        self.pages.show(StatusCode::OK, &page, allowed)
    }

    /// The page that tells what went wrong.
    pub fn refuse(&self, refused: Refused, ui_locales: &[String], visiting: &Visiting) -> Response {
        self.pages.refuse(refused, ui_locales, visiting.language.as_deref())
    }

    /// `ui_locales` of a request that may be wrong in every other way.
    pub fn locales(&self, params: Option<&Params>) -> Vec<String> {
        let words = params.and_then(|params| params.one("ui_locales")).unwrap_or_default().split(' ');
        words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }
}

fn realm_option(realm: &Realm) -> RealmOption {
    RealmOption { id: realm.id.to_string(), title: realm.title.clone(), chosen: realm.chosen }
}
