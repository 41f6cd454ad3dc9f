//! How an authorization response travels back (OAuth 2.0 Multiple Response Type Encoding Practices §2.1).

use super::word::words;

words! {
    /// `response_mode`. `fragment` is absent: it would put a code where scripts read it, and no `code` client needs it.
    ResponseMode {
        /// Parameters in the query of the redirect URI.
        Query = "query",
        /// A form that posts itself (OAuth 2.0 Form Post Response Mode).
        FormPost = "form_post",
    }
}
