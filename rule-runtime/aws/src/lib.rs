//! AWS behind small interfaces: what the function tells AWS Config, and what policies need to know.
//!
//! [`clients`] makes the clients once, [`evaluations`] sends what the engine judged, [`facts`] fetches
//! rosters and IAM users.

pub mod clients;
pub mod evaluations;
pub mod facts;
#[cfg(test)]
mod fake;
mod iam;
mod s3;
