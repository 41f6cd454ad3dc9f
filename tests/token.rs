//! The token endpoint over HTTP, in stories of apps; the flows below it have stories of their own.

#[path = "token/client_credentials.rs"]
mod client_credentials;
#[path = "token/code.rs"]
mod code;
#[path = "token/refresh.rs"]
mod refresh;
