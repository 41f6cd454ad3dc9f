//! Error codes of the protocol, and nothing of ours: what happened inside is told by each flow's own enum, which maps to one of these.

use super::word::words;

words! {
    /// The `error` parameter (RFC 6749 §4.1.2.1 and §5.2, OpenID Connect Core §3.1.2.6, RFC 6750 §3.1, RFC 8707 §2).
    ErrorCode {
        /// Something is missing, repeated or malformed.
        InvalidRequest = "invalid_request",
        /// The client is unknown or did not prove itself.
        InvalidClient = "invalid_client",
        /// The code, refresh token or assertion is spent, expired, revoked, or another client's.
        InvalidGrant = "invalid_grant",
        /// The client may not use this grant or response type.
        UnauthorizedClient = "unauthorized_client",
        /// The server does not know this grant type.
        UnsupportedGrantType = "unsupported_grant_type",
        /// The server does not know this response type.
        UnsupportedResponseType = "unsupported_response_type",
        /// The scope is unknown, malformed, or more than the client may have.
        InvalidScope = "invalid_scope",
        /// The resource or audience is unknown or not this client's.
        InvalidTarget = "invalid_target",
        /// The person or the server said no.
        AccessDenied = "access_denied",
        /// Something broke here.
        ServerError = "server_error",
        /// Try again later.
        TemporarilyUnavailable = "temporarily_unavailable",
        /// `prompt=none`, but nobody is signed in.
        LoginRequired = "login_required",
        /// `prompt=none`, but the person must agree first.
        ConsentRequired = "consent_required",
        /// `request` is not taken here.
        RequestNotSupported = "request_not_supported",
        /// `request_uri` is not taken here.
        RequestUriNotSupported = "request_uri_not_supported",
        /// `registration` is not taken here.
        RegistrationNotSupported = "registration_not_supported",
        /// The authentication asked for cannot be done here (OpenID Connect Core Unmet Authentication Requirements §1).
        UnmetAuthenticationRequirements = "unmet_authentication_requirements",
        /// The access token is no good (RFC 6750 §3.1).
        InvalidToken = "invalid_token",
        /// The access token says too little (RFC 6750 §3.1).
        InsufficientScope = "insufficient_scope",
    }
}
