//! Policies, compiled: what regorus interprets, here with its names found beforehand.
//!
//! Regorus finds every name, every rule and every function again each time that it comes to one, by texts that it puts together
//! for it; that is most of the time of an evaluation. The compiler finds them once, and the machine runs over places in a frame.
//! Values, their order and all built-in functions are those of regorus; the input
//! is not made a value of it as a whole, but only what a policy does more with than look at it.
//!
//! It never gives another answer than regorus. What the compiler does not know to mean the same is [refused](Refusal), and such
//! a policy is interpreted. What goes wrong while the machine runs is not an error but [no answer](Compiled::value), and the
//! interpreter is asked: every error that anybody sees is one of regorus. `sekisho test` judges each fixture both ways.

mod calls;
mod compile;
mod native;
mod order;
mod program;
mod run;
mod seen;

use std::sync::Arc;

use regorus::Value;

pub use compile::{Refusal, compile};
pub use native::Documents;
pub use program::Program;
use run::{Kept, Run};

use seen::Made;

use crate::evaluate::stack;
use crate::item::tree::Tree;

/// A compiled policy with its data.
#[derive(Debug, Clone)]
pub struct Compiled {
    program: Arc<Program>,
    data: Value,
    /// Else whatever looks at it is not decided.
    has_inventory: bool,
    kept: Kept,
}

impl Compiled {
    /// `data` is an object of `parameters`, `facts` and, where it is known, `inventory`.
    pub fn new(program: &Arc<Program>, data: Value) -> Self {
        let has_inventory = data["inventory"] != Value::Undefined;
        Self { program: Arc::clone(program), data, has_inventory, kept: Kept::default() }
    }

    /// What `answer` makes of the rules' values for `input`; none where regorus must be asked. Rules are asked for by their
    /// names and may be undefined; `answer` gives none where it cannot make anything of a value. `documents` are of that input,
    /// and of whoever asks about it.
    pub fn ask<'t, T>(
        &mut self,
        input: &'t Tree<'t>,
        documents: &'t Documents<'t>,
        answer: impl FnOnce(&mut dyn FnMut(&str) -> Result<Value, String>) -> Result<T, String>,
    ) -> Option<T> {
        let kept = std::mem::take(&mut self.kept);
        let mut run = Run::new(&self.program, (&self.data, self.has_inventory), input, documents, kept);
        let program = &self.program;
        let mut value = |name: &str| -> Result<Value, String> {
            let entry = program.entries.iter().find(|(entry, _)| entry == name);
            let (_, rule) = entry.ok_or("not compiled")?;
            run.rule(*rule).map(Made::into_value).map_err(|_| "not decided".to_owned())
        };
        // A panic is met by regorus again, and told.
        let answer = stack::catch(|| answer(&mut value).ok()).ok().flatten();
        self.kept = run.kept;
        answer
    }
}

#[cfg(test)]
mod tests;
