//! What policies have said before, by what they could read: a fleet repeats itself.
//!
//! An answer is a function of what a policy can read of its input, of its parameters and its facts; an evaluator has one set
//! of the latter two, and its memory begins empty. Keys are the bytes themselves and not a hash of them: no two inputs can
//! be taken for each other.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::prepared::Answer;
use crate::item::tree::Tree;
use crate::policy::mask::Mask;

/// Bytes that are remembered, about.
const LIMIT: usize = 16 << 20;

/// A key that is longer is not worth it.
const LONGEST: usize = 64 << 10;

/// What an entry costs beside its key, about.
const ENTRY: usize = 256;

type Answers = HashMap<Box<[u8]>, Arc<Answer>, RandomState>;

/// Answers by policy and what it could read. What was not asked for in a while is forgotten.
#[derive(Default)]
pub struct Memory {
    young: Answers,
    /// Takes over from `young` when that is full, and forgets what it held.
    old: Answers,
    bytes: usize,
    /// Of the last question.
    key: Vec<u8>,
}

/// A copy is for another thread, and remembers what that one sees.
impl Clone for Memory {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Memory {
    /// What the policy at `index` said of the part of `tree`, an item of that type, that `mask` keeps.
    pub fn get(
        &mut self,
        index: usize,
        resource_type: &str,
        tree: &Tree<'_>,
        mask: &Mask,
    ) -> Option<Arc<Answer>> {
        self.key.clear();
        self.key.extend_from_slice(&index.to_le_bytes());
        self.key.extend_from_slice(resource_type.as_bytes());
        self.key.push(0);
        tree.key(mask, &mut self.key);
        if let Some(answer) = self.young.get(&self.key[..]) {
            return Some(Arc::clone(answer));
        }
        let answer = self.old.remove(&self.key[..])?;
        self.put(Arc::clone(&answer));
        Some(answer)
    }

    /// Remembers the answer to the question that [`Self::get`] had none for.
    pub fn put(&mut self, answer: Arc<Answer>) {
        if self.key.len() > LONGEST {
            return;
        }
        self.bytes += self.key.len() + ENTRY + answer.weight();
        self.young.insert(self.key.as_slice().into(), answer);
        if self.bytes > LIMIT / 2 {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn tree(text: &str) -> Tree<'_> {
        Tree::read(text, &Mask::All).unwrap()
    }

    #[test]
    fn what_was_said_is_known_of_the_same_and_of_nothing_else() {
        let mut memory = Memory::default();
        assert!(memory.get(0, "T", &tree("{\"a\": 1}"), &Mask::All).is_none());
        memory.put(Arc::default());
        assert!(memory.get(0, "T", &tree("{\"a\": 1}"), &Mask::All).is_some());
        assert!(memory.get(0, "T", &tree("{\"a\": 2}"), &Mask::All).is_none());
        assert!(memory.get(1, "T", &tree("{\"a\": 1}"), &Mask::All).is_none());
        assert!(memory.get(0, "U", &tree("{\"a\": 1}"), &Mask::All).is_none());
        assert!(memory.clone().get(0, "T", &tree("{\"a\": 1}"), &Mask::All).is_none());
    }

    #[test]
    fn it_does_not_grow_without_end_and_keeps_what_is_asked_for() {
        let mut memory = Memory::default();
        let often = tree("\"often\"");
        memory.get(0, "T", &often, &Mask::All);
        memory.put(Arc::default());
        let mut most = 0;
        for number in 0..200_000 {
            let text = format!("{number}");
            assert!(memory.get(0, "T", &tree(&text), &Mask::All).is_none());
            memory.put(Arc::default());
            assert!(memory.get(0, "T", &often, &Mask::All).is_some(), "{number}");
            most = most.max(memory.young.len() + memory.old.len());
        }
        assert!(most * ENTRY < LIMIT + LIMIT / 8, "{most}");
        assert!(memory.get(0, "T", &tree("7"), &Mask::All).is_none(), "long forgotten");
    }
}
