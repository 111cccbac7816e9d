//! What `sekisho doctor` prints: each step of an invocation with what it found.
//!
//! In: the steps of a run that tells AWS Config nothing. Out: one JSON document, the function's answer.

use sekisho_engine::event::RuleEvent;
use sekisho_engine::verdict::Evaluation;
use serde_json::{Map, Value, json};

use crate::error::InvocationError;

/// The steps so far. Where the function runs as usual nothing is kept.
#[derive(Debug, Default)]
pub struct Report {
    doctor: bool,
    steps: Vec<Value>,
    evaluations: Vec<Value>,
    facts: Map<String, Value>,
    inventory: Vec<Value>,
}

impl Report {
    /// A report; `doctor` says whether it is wanted.
    pub fn new(doctor: bool) -> Self {
        Self { doctor, ..Self::default() }
    }

    /// Whether AWS Config is told nothing.
    pub fn is_wanted(&self) -> bool {
        self.doctor
    }

    /// A step that worked.
    pub fn step(&mut self, name: &str, found: &str) {
        if self.doctor {
            self.steps.push(json!({"step": name, "found": found}));
        }
    }

    /// A step that failed.
    pub fn failed(&mut self, name: &str, why: &str) {
        if self.doctor {
            self.steps.push(json!({"step": name, "failed": why}));
        }
    }

    /// A fact that was fetched.
    pub fn fact(&mut self, name: &str, value: &Value) {
        if self.doctor {
            self.facts.insert(name.to_owned(), value.clone());
        }
    }

    /// Items that were fetched.
    pub fn items<'a>(&mut self, items: impl IntoIterator<Item = &'a Value>) {
        if self.doctor {
            self.inventory.extend(items.into_iter().cloned());
        }
    }

    /// Evaluations that AWS Config would have been told.
    pub fn evaluations(&mut self, evaluations: &[Evaluation]) {
        if self.doctor {
            self.evaluations.extend(
                evaluations.iter().map(|evaluation| serde_json::to_value(evaluation).unwrap_or_default()),
            );
        }
    }

    /// The document.
    pub fn finish(self, event: &RuleEvent, failure: Option<InvocationError>) -> Value {
        json!({
            "rule": event.rule_name,
            "account": event.account_id,
            "region": event.region,
            "steps": self.steps,
            "evaluations": self.evaluations,
            "facts": self.facts,
            "inventory": self.inventory,
            "failure": failure.map(|failure| failure.to_string()),
        })
    }
}
