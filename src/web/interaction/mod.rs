//! The pages on which a person acts: sign in, consent, sign out.

pub mod consent;
pub mod notices;
pub mod sign_in;
pub mod sign_out;
pub mod step;
