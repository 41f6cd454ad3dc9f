//! Signing and sealing. What is proven to others is signed ([`keyring`]); what only we may read again is sealed ([`seal`]).
//! josekit lives in this room and nowhere else. Which key begins or stops to sign, and when, is decided elsewhere.

pub mod certificate;
pub mod client_keys;
pub mod compact;
pub mod form;
pub mod issuer_keys;
pub mod jwk;
pub mod keyring;
pub mod left_half_hash;
pub mod master_key;
pub mod ring;
pub mod seal;
pub mod signing_key;
