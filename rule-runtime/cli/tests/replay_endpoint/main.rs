//! The stand-in of AWS Config over real HTTP: what it takes, and what it refuses with AWS's own error names.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod read;
mod refused;
mod rig;
mod taken;
