//! One file a subcommand.

pub mod doctor;
pub mod mutate;
pub mod replay;
pub mod scan;
pub mod test;
