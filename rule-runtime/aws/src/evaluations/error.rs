//! What of a list of evaluations AWS Config does not have, and why.

use sekisho_engine::verdict::ResourceKey;

/// Evaluations that AWS Config did not take. The others were sent.
#[derive(Debug, Default, thiserror::Error)]
#[error("AWS Config did not take {} of {total} evaluations: {}", self.missing(), self.describe())]
pub struct PutError {
    /// How many there were.
    pub total: usize,
    /// Those in `FailedEvaluations`, after a second try.
    pub refused: Vec<ResourceKey>,
    /// Those that made AWS Config refuse a call, each with the reason.
    pub invalid: Vec<(ResourceKey, String)>,
    /// How many were in calls that failed.
    pub lost: usize,
    /// How many were in a call that had no answer when the time was up. AWS Config may have them.
    pub unanswered: usize,
    /// How many were not sent because the time was up.
    pub left: usize,
    /// Why those calls failed.
    pub errors: Vec<String>,
}

impl PutError {
    /// How many did not arrive, as far as is known.
    pub fn missing(&self) -> usize {
        self.refused.len() + self.invalid.len() + self.lost + self.unanswered + self.left
    }

    pub(super) fn is_empty(&self) -> bool {
        self.missing() == 0 && self.errors.is_empty()
    }

    fn describe(&self) -> String {
        let mut parts = Vec::new();
        if !self.refused.is_empty() {
            let names: Vec<_> = self.refused.iter().map(ToString::to_string).collect();
            parts.push(format!("in FailedEvaluations after a second try: {}", names.join(", ")));
        }
        let mut reasons: Vec<&str> = Vec::new();
        for (_, why) in &self.invalid {
            if !reasons.contains(&why.as_str()) {
                reasons.push(why);
            }
        }
        for reason in reasons {
            let names = self.invalid.iter().filter(|(_, why)| why == reason);
            let names: Vec<_> = names.map(|(resource, _)| resource.to_string()).collect();
            parts.push(format!("{}: {reason}", names.join(", ")));
        }
        if self.unanswered > 0 {
            parts.push(format!(
                "{} were sent and not answered before the function's time was up",
                self.unanswered
            ));
        }
        if self.left > 0 {
            parts.push(format!("{} were not sent, because the function's time is up", self.left));
        }
        parts.extend(self.errors.iter().cloned());
        parts.join("; ")
    }
}
