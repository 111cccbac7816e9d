//! One file a subcommand.

pub mod replay;
pub mod scan;
pub mod test;
