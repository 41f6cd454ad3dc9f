//! Passerelle: a footbridge from a legacy login to OpenID Connect.
