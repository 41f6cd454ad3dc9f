//! Everything that can go wrong, as the outside sees it: what happened, the protocol's code, the status, the text. A snapshot, so that
//! no change of it goes unnoticed. Each list below is held complete by the compiler.

use std::error::Error;
use std::fmt::Write as _;
use std::sync::Arc;

use passerelle::gateway::issuers::error::IssuerError;
use passerelle::gateway::refusal::Refusal;
use passerelle::gateway::verify::Unverified;
use passerelle::keys::compact::VerifyError;
use passerelle::keys::form::FormError;
use passerelle::keys::keyring::SignError;
use passerelle::legacy::refusal::Refusal as LegacyRefusal;
use passerelle::oauth::algorithm::SigningAlgorithm;
use passerelle::oauth::basic::MalformedBasic;
use passerelle::oauth::claims::MalformedClaims;
use passerelle::oauth::error::ErrorCode;
use passerelle::oauth::form::MalformedForm as MalformedEncoding;
use passerelle::oauth::params::{DuplicateParameter, MalformedParams, Params};
use passerelle::oauth::prompt::MalformedPrompt;
use passerelle::oauth::scope::MalformedScope;
use passerelle::oauth::token_request::MalformedTokenRequest;
use passerelle::provider::authorize_error::AuthorizeError;
use passerelle::provider::client_auth::error::ClientAuthError;
use passerelle::provider::handover_error::HandoverError;
use passerelle::provider::introspect::IntrospectionError;
use passerelle::provider::logout::rp_initiated::SignOutError;
use passerelle::provider::revoke::RevocationError;
use passerelle::provider::token_error::TokenError;
use passerelle::provider::userinfo::UserInfoError;
use passerelle::rules::authorization_refusal::AuthorizationRefusal;
use passerelle::rules::client_assertion::AssertionRefusal;
use passerelle::rules::code::CodeRefusal;
use passerelle::rules::foreign_token::ForeignRefusal;
use passerelle::rules::interaction::InteractionRefusal;
use passerelle::rules::logout::LogoutRefusal;
use passerelle::rules::redirect_uri::UntrustedRedirect;
use passerelle::rules::scope::NarrowingRefusal;
use passerelle::secret::Chance;
use passerelle::store::error::StoreError;
use passerelle::web::error::json;
use passerelle::web::error::page::Refused;
use passerelle::web::extract::params::MalformedForm;
use passerelle::web::gateway::answer;

use crate::support::parts::{BEGINNING, web};

/// One value of each variant. A variant that is missing in the list does not compile.
macro_rules! every {
    ($type:ty: $($variant:pat => $value:expr,)*) => {{
        let every: Vec<$type> = vec![$($value),*];
        for case in &every {
            match case { $($variant => {})* }
        }
        every
    }};
}

fn duplicate() -> DuplicateParameter {
    let twice = vec![("state".to_owned(), "a".to_owned()), ("state".to_owned(), "b".to_owned())];
    Params::parse(twice).unwrap_err()
}

fn unavailable() -> StoreError {
    StoreError::Unavailable { during: "find something", cause: "it is gone".to_owned() }
}

fn no_key() -> SignError {
    SignError::NoKey(SigningAlgorithm::Rs256)
}

fn params() -> Vec<MalformedParams> {
    every![MalformedParams:
        MalformedParams::TooLong => MalformedParams::TooLong,
        MalformedParams::TooMany => MalformedParams::TooMany,
        MalformedParams::Form(_) => MalformedEncoding::NotUtf8.into(),
        MalformedParams::Json => MalformedParams::Json,
        MalformedParams::Duplicate(_) => duplicate().into(),
    ]
}

fn forms() -> Vec<MalformedForm> {
    every![MalformedForm:
        MalformedForm::ContentType => MalformedForm::ContentType,
        MalformedForm::BrokenOff => MalformedForm::BrokenOff,
        MalformedForm::Params(_) => MalformedParams::TooLong.into(),
    ]
}

fn store() -> Vec<StoreError> {
    let (during, cause) = ("find something", || "cause".to_owned());
    every![StoreError:
        StoreError::Url => StoreError::Url,
        StoreError::Unavailable { .. } => unavailable(),
        StoreError::Busy { .. } => StoreError::Busy { during, cause: cause() },
        StoreError::Conflict { .. } => StoreError::Conflict { during, cause: cause() },
        StoreError::Corrupt { .. } => StoreError::Corrupt { during, column: "id" },
        StoreError::Unwritable { .. } => StoreError::Unwritable { what: "claims" },
        StoreError::Panicked => StoreError::Panicked,
        StoreError::TooSlow { .. } => StoreError::TooSlow { limit: std::time::Duration::from_secs(10) },
        StoreError::Newer { .. } => StoreError::Newer { migration: 9 },
        StoreError::Migration { .. } => StoreError::Migration { cause: cause() },
    ]
}

fn redirects() -> Vec<UntrustedRedirect> {
    every![UntrustedRedirect:
        UntrustedRedirect::NoneRegistered => UntrustedRedirect::NoneRegistered,
        UntrustedRedirect::MissingForOpenId => UntrustedRedirect::MissingForOpenId,
        UntrustedRedirect::MissingAmongSeveral => UntrustedRedirect::MissingAmongSeveral,
        UntrustedRedirect::Fragment => UntrustedRedirect::Fragment,
        UntrustedRedirect::NotRegistered => UntrustedRedirect::NotRegistered,
    ]
}

fn authorize() -> Vec<AuthorizeError> {
    let redirect = |refusal| AuthorizeError::Redirect {
        client: Arc::new(web()),
        refusal,
        sent: Some("https://evil.example/".to_owned()),
    };
    let mut all = every![AuthorizeError:
        AuthorizeError::Malformed(_) => MalformedParams::TooMany.into(),
        AuthorizeError::ClientMissing => AuthorizeError::ClientMissing,
        AuthorizeError::NoRealm => AuthorizeError::NoRealm,
        AuthorizeError::NothingMissing => AuthorizeError::NothingMissing,
        AuthorizeError::UnknownClient { .. } => AuthorizeError::UnknownClient { sent: "nobody".to_owned() },
        AuthorizeError::Redirect { .. } => redirect(UntrustedRedirect::NotRegistered),
        AuthorizeError::Form(_) => FormError::Forged.into(),
        AuthorizeError::TooLate { .. } => AuthorizeError::TooLate { client: Arc::new(web()) },
        AuthorizeError::NoImmutableId { .. } => AuthorizeError::NoImmutableId { why: "no `id`".to_owned() },
        AuthorizeError::UnknownLaunch => AuthorizeError::UnknownLaunch,
        AuthorizeError::NoLegacySite => AuthorizeError::NoLegacySite,
        AuthorizeError::HandoverGone => AuthorizeError::HandoverGone,
        AuthorizeError::Crossed => AuthorizeError::Crossed,
        AuthorizeError::BrokenOff => AuthorizeError::BrokenOff,
        AuthorizeError::Unsealable => AuthorizeError::Unsealable,
        AuthorizeError::Store(_) => unavailable().into(),
    ];
    all.push(FormError::Expired.into());
    all.extend(redirects().into_iter().map(redirect));
    all
}

fn handover() -> Vec<HandoverError> {
    let down = || LegacyRefusal::Unavailable { why: "no connection".to_owned() };
    let mut all = every![HandoverError:
        HandoverError::NotConfigured => HandoverError::NotConfigured,
        HandoverError::Elsewhere { .. } => HandoverError::Elsewhere { from: "https://evil.example".to_owned() },
        HandoverError::Embedded => HandoverError::Embedded,
        HandoverError::NoToken => HandoverError::NoToken,
        HandoverError::Legacy(_) => HandoverError::Legacy(down()),
        HandoverError::Throttled { .. } => HandoverError::Throttled { until: BEGINNING },
        HandoverError::NoHandle => HandoverError::NoHandle,
        HandoverError::NothingWaits => HandoverError::NothingWaits,
        HandoverError::Unsolicited => HandoverError::Unsolicited,
        HandoverError::Unsealable => HandoverError::Unsealable,
        HandoverError::Form(_) => FormError::Forged.into(),
        HandoverError::Authorize(_) => AuthorizeError::Crossed.into(),
        HandoverError::Store(_) => unavailable().into(),
    ];
    let refusals = [
        LegacyRefusal::HandoverRefused { why: "status 400".to_owned() },
        LegacyRefusal::NoImmutableId { why: "no `id`".to_owned() },
        LegacyRefusal::Misconfigured { why: "status 404".to_owned() },
    ];
    all.extend(refusals.into_iter().map(HandoverError::Legacy));
    all
}

fn sign_out() -> Vec<SignOutError> {
    let refused = |refusal| SignOutError::Refused {
        refusal,
        client: Some("web".to_owned()),
        sent: Some("https://evil.example/".to_owned()),
        registered: web().post_logout_redirect_uris,
    };
    let mut all = every![SignOutError:
        SignOutError::Malformed(_) => MalformedParams::TooMany.into(),
        SignOutError::Refused { .. } => refused(LogoutRefusal::UnknownClient),
        SignOutError::Form(_) => FormError::Forged.into(),
        SignOutError::Unsealable => SignOutError::Unsealable,
        SignOutError::Store(_) => unavailable().into(),
    ];
    let refusals = every![LogoutRefusal:
        LogoutRefusal::ClientContradictsHint => LogoutRefusal::ClientContradictsHint,
        LogoutRefusal::UnknownClient => LogoutRefusal::UnknownClient,
        LogoutRefusal::RedirectNotRegistered => LogoutRefusal::RedirectNotRegistered,
    ];
    all.extend(refusals.into_iter().map(refused));
    all
}

fn narrowing() -> Vec<NarrowingRefusal> {
    let scope = || "some.scope".to_owned();
    every![NarrowingRefusal:
        NarrowingRefusal::Malformed(_) => MalformedScope("a\"b".to_owned()).into(),
        NarrowingRefusal::NothingKnown => NarrowingRefusal::NothingKnown,
        NarrowingRefusal::NotRegistered(_) => NarrowingRefusal::NotRegistered(scope()),
        NarrowingRefusal::NotGranted(_) => NarrowingRefusal::NotGranted(scope()),
        NarrowingRefusal::SeveralApis => NarrowingRefusal::SeveralApis,
        NarrowingRefusal::OfAnotherApi(_) => NarrowingRefusal::OfAnotherApi(scope()),
        NarrowingRefusal::MalformedResource => NarrowingRefusal::MalformedResource,
        NarrowingRefusal::UnknownTarget(_) => NarrowingRefusal::UnknownTarget("https://api".to_owned()),
        NarrowingRefusal::TargetNotGranted(_) => NarrowingRefusal::TargetNotGranted("https://api".to_owned()),
        NarrowingRefusal::FormatsDiffer => NarrowingRefusal::FormatsDiffer,
    ]
}

fn authorization() -> Vec<AuthorizationRefusal> {
    let mut all = every![AuthorizationRefusal:
        AuthorizationRefusal::Repeated(_) => duplicate().into(),
        AuthorizationRefusal::RequestObject => AuthorizationRefusal::RequestObject,
        AuthorizationRefusal::RequestUri => AuthorizationRefusal::RequestUri,
        AuthorizationRefusal::Registration => AuthorizationRefusal::Registration,
        AuthorizationRefusal::ResponseTypeMissing => AuthorizationRefusal::ResponseTypeMissing,
        AuthorizationRefusal::ResponseTypeUnsupported => AuthorizationRefusal::ResponseTypeUnsupported,
        AuthorizationRefusal::GrantNotRegistered => AuthorizationRefusal::GrantNotRegistered,
        AuthorizationRefusal::ResponseModeUnsupported => AuthorizationRefusal::ResponseModeUnsupported,
        AuthorizationRefusal::TooLongToWait => AuthorizationRefusal::TooLongToWait,
        AuthorizationRefusal::TooLong(_) => AuthorizationRefusal::TooLong("state"),
        AuthorizationRefusal::Narrowing(_) => NarrowingRefusal::NothingKnown.into(),
        AuthorizationRefusal::ChallengeMissing => AuthorizationRefusal::ChallengeMissing,
        AuthorizationRefusal::ChallengeMethodAlone => AuthorizationRefusal::ChallengeMethodAlone,
        AuthorizationRefusal::ChallengePlain => AuthorizationRefusal::ChallengePlain,
        AuthorizationRefusal::ChallengeMethodUnknown => AuthorizationRefusal::ChallengeMethodUnknown,
        AuthorizationRefusal::ChallengeMalformed => AuthorizationRefusal::ChallengeMalformed,
        AuthorizationRefusal::NonceMissing => AuthorizationRefusal::NonceMissing,
        AuthorizationRefusal::Prompt(_) => MalformedPrompt::Unknown.into(),
        AuthorizationRefusal::MaxAgeMalformed => AuthorizationRefusal::MaxAgeMalformed,
        AuthorizationRefusal::Claims(_) => MalformedClaims::NotClaims.into(),
        AuthorizationRefusal::Hint => AuthorizationRefusal::Hint,
        AuthorizationRefusal::AcrUnreachable => AuthorizationRefusal::AcrUnreachable,
    ];
    all.push(MalformedPrompt::NoneWithOthers.into());
    all.push(MalformedClaims::TooMuch.into());
    all.extend(narrowing().into_iter().map(Into::into));
    all
}

fn interaction() -> Vec<InteractionRefusal> {
    every![InteractionRefusal:
        InteractionRefusal::NobodySignedIn => InteractionRefusal::NobodySignedIn,
        InteractionRefusal::AnotherPersonSignedIn => InteractionRefusal::AnotherPersonSignedIn,
        InteractionRefusal::SignedInTooLongAgo => InteractionRefusal::SignedInTooLongAgo,
        InteractionRefusal::WrongPersonSignedIn => InteractionRefusal::WrongPersonSignedIn,
        InteractionRefusal::NotAgreed => InteractionRefusal::NotAgreed,
        InteractionRefusal::Denied => InteractionRefusal::Denied,
    ]
}

fn client_auth() -> Vec<ClientAuthError> {
    let mut all = every![ClientAuthError:
        ClientAuthError::SeveralMethods => ClientAuthError::SeveralMethods,
        ClientAuthError::NobodyNamed => ClientAuthError::NobodyNamed,
        ClientAuthError::TwoNames => ClientAuthError::TwoNames,
        ClientAuthError::Basic(_) => MalformedBasic::NotBasic.into(),
        ClientAuthError::AssertionType => ClientAuthError::AssertionType,
        ClientAuthError::UnknownClient => ClientAuthError::UnknownClient,
        ClientAuthError::WrongSecret => ClientAuthError::WrongSecret,
        ClientAuthError::AnotherMethod => ClientAuthError::AnotherMethod,
        ClientAuthError::Assertion(_) => ClientAuthError::Assertion(VerifyError::Signature),
        ClientAuthError::AssertionKind => ClientAuthError::AssertionKind,
        ClientAuthError::AssertionClaims(_) => AssertionRefusal::NotClaims.into(),
        ClientAuthError::AssertionReplayed => ClientAuthError::AssertionReplayed,
        ClientAuthError::JsonNotRegistered => ClientAuthError::JsonNotRegistered,
        ClientAuthError::Store(_) => unavailable().into(),
    ];
    let basic = every![MalformedBasic:
        MalformedBasic::NotBasic => MalformedBasic::NotBasic,
        MalformedBasic::NotBase64 => MalformedBasic::NotBase64,
        MalformedBasic::NoColon => MalformedBasic::NoColon,
        MalformedBasic::NotText => MalformedBasic::NotText,
        MalformedBasic::NoClient => MalformedBasic::NoClient,
    ];
    let assertion = every![AssertionRefusal:
        AssertionRefusal::NotClaims => AssertionRefusal::NotClaims,
        AssertionRefusal::Issuer => AssertionRefusal::Issuer,
        AssertionRefusal::Subject => AssertionRefusal::Subject,
        AssertionRefusal::Audience => AssertionRefusal::Audience,
        AssertionRefusal::NoExpiry => AssertionRefusal::NoExpiry,
        AssertionRefusal::Expired => AssertionRefusal::Expired,
        AssertionRefusal::TooFarAhead => AssertionRefusal::TooFarAhead,
        AssertionRefusal::NotYetValid => AssertionRefusal::NotYetValid,
        AssertionRefusal::IssuedAhead => AssertionRefusal::IssuedAhead,
        AssertionRefusal::NoId => AssertionRefusal::NoId,
    ];
    all.extend(basic.into_iter().map(Into::into));
    all.extend(assertion.into_iter().map(Into::into));
    all
}

fn token() -> Vec<TokenError> {
    let mut all = every![TokenError:
        TokenError::Client(_) => ClientAuthError::UnknownClient.into(),
        TokenError::Malformed(_) => MalformedTokenRequest::Missing("grant_type").into(),
        TokenError::GrantNotRegistered => TokenError::GrantNotRegistered,
        TokenError::Narrowing(_) => NarrowingRefusal::NothingKnown.into(),
        TokenError::CodeUnknown => TokenError::CodeUnknown,
        TokenError::CodeSpent => TokenError::CodeSpent,
        TokenError::Code(_) => CodeRefusal::AnotherClient.into(),
        TokenError::SessionOver => TokenError::SessionOver,
        TokenError::LegacyRefused => TokenError::LegacyRefused,
        TokenError::LegacySilent => TokenError::LegacySilent,
        TokenError::SignInNeeded => TokenError::SignInNeeded,
        TokenError::AccountGone => TokenError::AccountGone,
        TokenError::RefreshUnknown => TokenError::RefreshUnknown,
        TokenError::RefreshReused => TokenError::RefreshReused,
        TokenError::RefreshExpired => TokenError::RefreshExpired,
        TokenError::RefreshRevoked => TokenError::RefreshRevoked,
        TokenError::RefreshOfAnotherClient => TokenError::RefreshOfAnotherClient,
        TokenError::Raced => TokenError::Raced,
        TokenError::Sign(_) => no_key().into(),
        TokenError::Store(_) => unavailable().into(),
    ];
    let code = every![CodeRefusal:
        CodeRefusal::AnotherClient => CodeRefusal::AnotherClient,
        CodeRefusal::AnotherRedirect => CodeRefusal::AnotherRedirect,
        CodeRefusal::VerifierMissing => CodeRefusal::VerifierMissing,
        CodeRefusal::VerifierMalformed => CodeRefusal::VerifierMalformed,
        CodeRefusal::VerifierWrong => CodeRefusal::VerifierWrong,
        CodeRefusal::VerifierUnexpected => CodeRefusal::VerifierUnexpected,
        CodeRefusal::Expired => CodeRefusal::Expired,
    ];
    all.push(MalformedTokenRequest::UnknownGrantType.into());
    all.extend(code.into_iter().map(Into::into));
    all.extend(narrowing().into_iter().map(Into::into));
    all
}

fn userinfo() -> Vec<UserInfoError> {
    every![UserInfoError:
        UserInfoError::NoToken => UserInfoError::NoToken,
        UserInfoError::SeveralTokens => UserInfoError::SeveralTokens,
        UserInfoError::InvalidToken => UserInfoError::InvalidToken,
        UserInfoError::InsufficientScope => UserInfoError::InsufficientScope,
        UserInfoError::LegacySilent => UserInfoError::LegacySilent,
        UserInfoError::Sign(_) => no_key().into(),
        UserInfoError::Store(_) => unavailable().into(),
    ]
}

fn introspection() -> Vec<IntrospectionError> {
    every![IntrospectionError:
        IntrospectionError::Client(_) => ClientAuthError::UnknownClient.into(),
        IntrospectionError::PublicClient => IntrospectionError::PublicClient,
        IntrospectionError::Malformed(_) => MalformedTokenRequest::Missing("token").into(),
        IntrospectionError::Store(_) => unavailable().into(),
    ]
}

fn revocation() -> Vec<RevocationError> {
    every![RevocationError:
        RevocationError::Client(_) => ClientAuthError::UnknownClient.into(),
        RevocationError::Malformed(_) => MalformedTokenRequest::Missing("token").into(),
        RevocationError::AnotherClient => RevocationError::AnotherClient,
        RevocationError::Store(_) => unavailable().into(),
    ]
}

fn foreign() -> Vec<ForeignRefusal> {
    every![ForeignRefusal:
        ForeignRefusal::Issuer => ForeignRefusal::Issuer,
        ForeignRefusal::Audience => ForeignRefusal::Audience,
        ForeignRefusal::Missing(_) => ForeignRefusal::Missing("exp"),
        ForeignRefusal::Expired => ForeignRefusal::Expired,
        ForeignRefusal::NotYetValid => ForeignRefusal::NotYetValid,
        ForeignRefusal::IssuedAhead => ForeignRefusal::IssuedAhead,
        ForeignRefusal::TooOld => ForeignRefusal::TooOld,
        ForeignRefusal::Claim(_) => ForeignRefusal::Claim("tenant".into()),
    ]
}

fn issuers() -> Vec<IssuerError> {
    let every = every![IssuerError:
        IssuerError::NotAToken => IssuerError::NotAToken,
        IssuerError::Encrypted => IssuerError::Encrypted,
        IssuerError::UnknownIssuer => IssuerError::UnknownIssuer,
        IssuerError::Unknown => IssuerError::Unknown,
        IssuerError::Signature(_) => VerifyError::Algorithm.into(),
        IssuerError::Type => IssuerError::Type,
        IssuerError::Claims(_) => ForeignRefusal::Audience.into(),
        IssuerError::Inactive => IssuerError::Inactive,
        IssuerError::Replayed => IssuerError::Replayed,
        IssuerError::Nobody => IssuerError::Nobody,
        IssuerError::NoAccount => IssuerError::NoAccount,
        IssuerError::SeveralPeople => IssuerError::SeveralPeople,
        IssuerError::NothingKept => IssuerError::NothingKept,
        IssuerError::Unavailable { .. } => IssuerError::Unavailable { why: "no connection".into() },
        IssuerError::Store(_) => unavailable().into(),
    ];
    every.into_iter().chain(foreign().into_iter().map(IssuerError::from)).collect()
}

/// The catalogue as it is written out.
#[derive(Default)]
struct Catalogue(String);

impl Catalogue {
    fn section(&mut self, title: &str) {
        let before = if self.0.is_empty() { "" } else { "\n" };
        writeln!(self.0, "{before}# {title}").unwrap();
    }

    fn pages<'e, E: 'e>(&mut self, errors: &'e [E])
    where
        Refused: From<&'e E>,
    {
        errors.iter().for_each(|error| self.page(&error.into()));
    }

    fn page(&mut self, refused: &Refused) {
        let Refused { status, reason, check, client, sent, registered, back, cause } = refused;
        write!(self.0, "{} {reason:?} [{check}] {cause}", status.as_u16()).unwrap();
        if !(client.is_empty() && sent.is_empty()) {
            write!(self.0, " (client {client:?}, sent {sent:?}, registered {registered:?})").unwrap();
        }
        if let Some(back) = back {
            write!(self.0, " (back to {:?})", back.name).unwrap();
        }
        self.0.push('\n');
    }

    fn redirect<E: Error>(&mut self, code: ErrorCode, error: &E) {
        writeln!(self.0, "303 {code} [{}] {error}", name(error)).unwrap();
    }

    fn json<E: Error>(&mut self, code: ErrorCode, error: &E) {
        let status = json::status(code);
        let told =
            if code == ErrorCode::ServerError { "(a reference)".to_owned() } else { error.to_string() };
        writeln!(self.0, "{} {code} [{}] {told}", status.as_u16(), name(error)).unwrap();
    }
}

/// What happened, in our own word: some things are told alike on purpose.
fn name<E: Error>(error: &E) -> String {
    let debug = format!("{error:?}");
    let words = debug.split(['(', '{', ' ', ')', '"']).filter(|word| !word.is_empty());
    words.take_while(|word| word.starts_with(char::is_uppercase)).take(2).collect::<Vec<_>>().join("::")
}

#[test]
fn the_catalogue_is_what_it_was() {
    let mut catalogue = Catalogue::default();
    catalogue.section("Told on a page: signing in");
    catalogue.pages(&authorize());
    catalogue.section("Told on a page: handed over by the legacy site");
    catalogue.pages(&handover());
    catalogue.section("Told on a page: signing out");
    catalogue.pages(&sign_out());
    catalogue.section("Told on a page: anywhere");
    catalogue.pages(&forms());
    for refused in
        [Refused::malformed_form(), Refused::not_found(), Refused::method_not_allowed(), Refused::panicked()]
    {
        catalogue.page(&refused);
    }
    catalogue.pages(&store());
    for malformed in params() {
        catalogue.page(&Refused::from(&AuthorizeError::from(malformed)));
    }
    catalogue.section("Told to the app by redirect: the request");
    for refusal in authorization() {
        catalogue.redirect(refusal.code(), &refusal);
    }
    catalogue.section("Told to the app by redirect: the person");
    for refusal in interaction() {
        catalogue.redirect(refusal.code(), &refusal);
    }
    catalogue.section("Told as JSON: who the client is");
    for error in client_auth() {
        catalogue.json(error.code(), &error);
    }
    catalogue.section("Told as JSON: tokens");
    for error in token() {
        catalogue.json(error.code(), &error);
    }
    catalogue.section("Told as JSON: userinfo");
    for error in userinfo() {
        catalogue.json(error.code(), &error);
    }
    catalogue.section("Told as JSON: introspection");
    for error in introspection() {
        catalogue.json(error.code(), &error);
    }
    catalogue.section("Told as JSON: revocation");
    for error in revocation() {
        catalogue.json(error.code(), &error);
    }
    catalogue.section("Told as JSON at the gateway: tokens of other issuers, with the log's word for why");
    for error in issuers() {
        let (reason, refusal) = (error.reason(), Refusal::from(Unverified::from(error)));
        let status = answer::status(&refusal).as_u16();
        writeln!(catalogue.0, "{status} {} [{reason}] {refusal}", refusal.code()).unwrap();
    }
    insta::assert_snapshot!(catalogue.0);
}

/// An app that hears `server_error` gives up; one that hears this comes again.
#[tokio::test]
async fn an_app_is_told_to_come_again_while_the_database_is_gone_and_not_what_is_wrong_with_it() {
    let door = json::JsonDoor { chance: Chance::System };
    for error in [TokenError::from(unavailable()), ClientAuthError::from(unavailable()).into()] {
        let answer = door.refuse("token", error.code(), &error, json::Challenge::None);
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["retry-after"]),
            (503, &"1".parse().unwrap())
        );
        let body = axum::body::to_bytes(answer.into_body(), 1 << 10).await.unwrap();
        let told = r#"{"error":"temporarily_unavailable","error_description":"the database does not answer; try again in a moment"}"#;
        assert_eq!(String::from_utf8_lossy(&body), told);
    }
    // For how long an old system says nothing is nobody's to tell: who asked each second would ask for days.
    let silent = TokenError::LegacySilent;
    let answer = door.refuse("token", silent.code(), &silent, json::Challenge::None);
    assert_eq!((answer.status().as_u16(), answer.headers().get("retry-after")), (503, None));
}
