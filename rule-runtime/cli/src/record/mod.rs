//! Real items as fixtures: scrubbed the same way every time, and refused where a secret is left.
//!
//! [`scrub`] replaces what is someone's own, [`secrets`] finds what must not be written, [`field`] drops what the user
//! names, [`files`] writes all or nothing. None of them talks to AWS.

mod address;
pub mod field;
pub mod files;
mod order;
mod owned;
mod patterns;
mod pieces;
mod position;
pub mod scrub;
pub mod secrets;
pub mod table;
mod text;
pub mod words;

pub use order::ordered;
