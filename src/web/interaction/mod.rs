//! The pages on which a person acts: sign in, consent, sign out, look after their own account.

pub mod account;
pub mod consent;
pub mod handover;
pub mod launch;
pub mod notices;
pub mod sign_in;
pub mod sign_out;
pub mod step;
