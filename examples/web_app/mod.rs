//! The server-side web app: routes, the relying party behind them, its own cookie sessions, and the pages. This file only gathers.

mod invitation;
mod invoices;
mod logout_token;
mod pages;
mod relying_party;
mod routes;
mod sessions;
mod trouble;
mod used_tokens;

pub use relying_party::Settings;
pub use routes::start;
