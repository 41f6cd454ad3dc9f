//! From an authorization to tokens and back, and the custody of the keys that sign them.

pub mod key_custody;
