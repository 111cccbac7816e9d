//! Facts: knowledge that no configuration item carries, declared by policies and handed to them as data.
use serde::{Deserialize, Serialize};
/// Provider (temporary stub by the lead; helper B replaces this file).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "provider", rename_all = "kebab-case", rename_all_fields = "snake_case", deny_unknown_fields)]
pub enum FactProvider {
    /// r
    Roster {
        /// p
        uri_parameter: String,
    },
    /// i
    IamUsers {},
}
impl FactProvider {
    /// n
    pub fn name(&self) -> &'static str {
        match self {
            Self::Roster { .. } => "roster",
            Self::IamUsers {} => "iam-users",
        }
    }
}
