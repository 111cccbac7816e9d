//! What functions gave for long texts: the documents in items come again where the items themselves do not.
//!
//! A function that does not read the input gives the same for the same arguments, as long as the data is the same. Remembered
//! is what it gave where one of the arguments is a long text and the others are texts, booleans or null, and where an evaluation
//! before made the same call: most texts come once. What it calls on its way is not remembered besides.

use std::collections::HashMap;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::RandomState;
use regorus::Value;

use super::seen::{Made, Seen};
use crate::evaluate::memory::Memory;
use crate::item::tree::Tree;

/// Bytes of a text from which on a call is worth to be looked up.
const LONG: usize = 128;

/// Bytes that are remembered for a policy, about.
const LIMIT: usize = 4 << 20;

/// Bytes of a value that is not worth it.
const HEAVIEST: usize = 64 << 10;

/// Calls of which is known that they were made, at once.
const MADE: usize = 4096;

/// The calls of one policy.
#[derive(Clone)]
pub(super) struct Calls {
    memory: Memory<Value>,
    /// The evaluations that first made a call, by a hash of it: two may share one, and one is remembered too early then.
    made: HashMap<u64, u64, RandomState>,
    evaluation: u64,
    /// The call that was looked up last.
    key: Vec<u8>,
}

/// What is known of a call.
pub(super) enum Call {
    /// What it gave before.
    Known(Value),
    /// An evaluation before made it too: it is to be remembered.
    Again,
    /// It is made for the first time.
    First,
    /// It is not remembered.
    Other,
}

impl Default for Calls {
    fn default() -> Self {
        Self { memory: Memory::of(LIMIT), made: HashMap::default(), evaluation: 0, key: Vec::new() }
    }
}

impl fmt::Debug for Calls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Calls").finish_non_exhaustive()
    }
}

impl Calls {
    /// Another evaluation begins.
    pub const fn begin(&mut self) {
        self.evaluation += 1;
    }

    /// Looks up a call of the function at that place in the program, which does not read the input.
    pub fn find(&mut self, function: usize, arguments: &[Made<'_>]) -> Call {
        let is_long = |argument: &Made<'_>| argument.seen().text().is_some_and(|text| text.len() >= LONG);
        if !arguments.iter().any(is_long) || !self.memory.is_worth(function) {
            return Call::Other;
        }
        self.key.clear();
        self.key.extend_from_slice(&function.to_le_bytes());
        if !arguments.iter().all(|argument| add(&mut self.key, argument.seen())) {
            return Call::Other;
        }
        let hash = self.made.hasher().hash_one(&self.key);
        if self.made.len() >= MADE {
            self.made.clear();
        }
        if *self.made.entry(hash).or_insert(self.evaluation) == self.evaluation {
            return Call::First;
        }
        match self.memory.get(function, &self.key) {
            Some(value) => Call::Known(Value::clone(&value)),
            None => Call::Again,
        }
    }

    /// Remembers what the call gave that was looked up last.
    pub fn remember(&mut self, value: &Value) {
        let weight = weight(value);
        if weight <= HEAVIEST {
            self.memory.put(&self.key, Arc::new(value.clone()), weight);
        }
    }
}

/// Appends an argument, so that no others come to the same bytes; false where it is none of those that are remembered.
fn add(key: &mut Vec<u8>, argument: Seen<'_, '_>) -> bool {
    if let Some(text) = argument.text() {
        key.push(b'"');
        key.extend_from_slice(&text.len().to_le_bytes());
        key.extend_from_slice(text.as_bytes());
        return true;
    }
    let word = match argument {
        Seen::Read(Tree::Null) | Seen::Value(Value::Null) => b'n',
        Seen::Read(Tree::Bool(true)) | Seen::Value(Value::Bool(true)) => b't',
        Seen::Read(Tree::Bool(false)) | Seen::Value(Value::Bool(false)) => b'f',
        _ => return false,
    };
    key.push(word);
    true
}

/// Bytes, about.
fn weight(value: &Value) -> usize {
    const ONE: usize = 48;
    ONE + match value {
        Value::String(text) => text.len(),
        Value::Array(list) => list.iter().map(weight).sum(),
        Value::Set(set) => set.iter().map(weight).sum(),
        Value::Object(fields) => fields.iter().map(|(key, value)| weight(key) + weight(value)).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks for a call, and remembers it as a run does.
    fn ask(calls: &mut Calls, function: usize, arguments: &[Value]) -> Option<Value> {
        let arguments: Vec<_> = arguments.iter().cloned().map(Made::Value).collect();
        match calls.find(function, &arguments) {
            Call::Known(value) => return Some(value),
            Call::Again => calls.remember(&Value::from(function)),
            Call::First | Call::Other => {}
        }
        None
    }

    /// In how many of that many evaluations a call is known.
    fn known(calls: &mut Calls, evaluations: usize, function: usize, arguments: &[Value]) -> usize {
        let asked = (0..evaluations).filter(|_| {
            calls.begin();
            ask(calls, function, arguments).is_some()
        });
        asked.count()
    }

    fn long(first: char) -> Value {
        format!("{first}{}", "x".repeat(LONG)).into()
    }

    #[test]
    fn a_call_is_known_from_its_third_evaluation_on() {
        let mut calls = Calls::default();
        calls.begin();
        for _ in 0..5 {
            assert_eq!(ask(&mut calls, 1, &[long('a')]), None, "it may be of this item alone");
        }
        assert_eq!(known(&mut calls, 5, 1, &[long('a')]), 4);
        calls.begin();
        assert_eq!(ask(&mut calls, 1, &[long('a')]), Some(Value::from(1_usize)));
        assert_eq!(
            known(&mut calls.clone(), 3, 1, &[long('a')]),
            2,
            "a copy knows that it was made, not what it gave"
        );
    }

    #[test]
    fn other_calls_are_others() {
        let mut calls = Calls::default();
        known(&mut calls, 5, 1, &[long('a'), Value::Null]);
        let others: [(usize, &[Value]); 6] = [
            (2, &[long('a'), Value::Null]),
            (1, &[long('b'), Value::Null]),
            (1, &[long('a'), true.into()]),
            (1, &[long('a'), false.into()]),
            (1, &[long('a')]),
            (1, &[Value::Null, long('a')]),
        ];
        for (function, arguments) in others {
            assert_eq!(known(&mut calls, 2, function, arguments), 0, "{arguments:?}");
        }
        // Where one text ends and the next begins is a part of the call.
        let text = "x".repeat(LONG);
        let pair = |first: String, second: &str| [first.into(), second.into()];
        assert_eq!(known(&mut calls, 4, 3, &pair(format!("{text}\"a"), "b")), 2);
        assert_eq!(known(&mut calls, 2, 3, &pair(text, "a\"b")), 0);
    }

    #[test]
    fn what_is_short_or_no_text_or_heavy_is_not_remembered() {
        let mut calls = Calls::default();
        let list = Value::from(vec![long('a')]);
        let argument_lists: [&[Value]; 4] = [
            &["x".repeat(LONG - 1).into()],
            std::slice::from_ref(&list),
            &[long('a'), list.clone()],
            &[long('a'), Value::from(1_usize)],
        ];
        for arguments in argument_lists {
            assert_eq!(known(&mut calls, 5, 1, arguments), 0, "{arguments:?}");
        }
        for (weight, is_known) in [(HEAVIEST, false), (HEAVIEST / 2, true)] {
            let made = [Made::Value(long('h')), Made::Value(is_known.into())];
            for _ in 0..3 {
                calls.begin();
                if matches!(calls.find(4, &made), Call::Again) {
                    calls.remember(&Value::from(vec![Value::from("x".repeat(weight))]));
                }
            }
            assert_eq!(matches!(calls.find(4, &made), Call::Known(_)), is_known);
        }
    }

    #[test]
    fn calls_that_come_once_take_no_memory() {
        let mut calls = Calls::default();
        for number in 0..10 * MADE {
            calls.begin();
            let call = calls.find(1, &[Made::Value(format!("{number:0200}").into())]);
            assert!(matches!(call, Call::First | Call::Other), "{number}");
            assert!(calls.made.len() <= MADE);
        }
        // What comes again from now on is seen in time.
        assert!(known(&mut calls, 200_000, 1, &[long('a')]) > 100_000);
    }
}
