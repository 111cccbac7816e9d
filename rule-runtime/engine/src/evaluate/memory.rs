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

/// Questions after which is looked whether remembering them was worth it.
const TRIED: u32 = 256;

/// It was if one of so many had been asked before.
const WORTH: u32 = 16;

/// Questions that are not remembered then, before it is tried again; more each time.
const RESTED: u32 = 1024;
const LONGEST_REST: u32 = 64 << 10;

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
    /// By the place of the question.
    records: Vec<Record>,
}

/// How it went with the questions of one policy about one resource type.
#[derive(Debug, Clone, Copy, Default)]
struct Record {
    asked: u32,
    known: u32,
    /// Questions until it is tried again.
    rests: u32,
    last_rest: u32,
}

impl Record {
    /// Whether the next question is to be looked up.
    fn is_worth(&mut self) -> bool {
        if self.rests > 0 {
            self.rests -= 1;
            return false;
        }
        if self.asked == TRIED {
            let is_worth = self.known * WORTH >= TRIED;
            self.last_rest = if is_worth { 0 } else { (self.last_rest * 4).clamp(RESTED, LONGEST_REST) };
            (self.asked, self.known, self.rests) = (0, 0, self.last_rest);
            if !is_worth {
                return false;
            }
        }
        self.asked += 1;
        true
    }
}

/// A copy is for another thread, and remembers what that one sees.
impl Clone for Memory {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Memory {
    /// What was said of the part of `tree` that `mask` keeps: an item of one type, a policy and an occasion that `place`
    /// stands for.
    pub fn get(&mut self, place: usize, tree: &Tree<'_>, mask: &Mask) -> Option<Arc<Answer>> {
        if self.records.len() <= place {
            self.records.resize(place + 1, Record::default());
        }
        self.key.clear();
        if !self.records[place].is_worth() {
            return None;
        }
        self.key.extend_from_slice(&place.to_le_bytes());
        tree.key(mask, &mut self.key);
        let young = self.young.get(&self.key[..]).map(Arc::clone);
        let answer = if let Some(answer) = young {
            answer
        } else {
            let answer = self.old.remove(&self.key[..])?;
            self.put(Arc::clone(&answer));
            answer
        };
        self.records[place].known += 1;
        Some(answer)
    }

    /// Remembers the answer to the question that [`Self::get`] had none for.
    pub fn put(&mut self, answer: Arc<Answer>) {
        if self.key.is_empty() || self.key.len() > LONGEST {
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
        assert!(memory.get(0, &tree("{\"a\": 1}"), &Mask::All).is_none());
        memory.put(Arc::default());
        assert!(memory.get(0, &tree("{\"a\": 1}"), &Mask::All).is_some());
        assert!(memory.get(0, &tree("{\"a\": 2}"), &Mask::All).is_none());
        assert!(memory.get(1, &tree("{\"a\": 1}"), &Mask::All).is_none());
        assert!(memory.clone().get(0, &tree("{\"a\": 1}"), &Mask::All).is_none());
    }

    #[test]
    fn it_does_not_grow_without_end_and_keeps_what_is_asked_for() {
        let mut memory = Memory::default();
        let often = tree("\"often\"");
        memory.get(0, &often, &Mask::All);
        memory.put(Arc::default());
        let mut most = 0;
        for number in 0..200_000 {
            let text = format!("{number}");
            assert!(memory.get(0, &tree(&text), &Mask::All).is_none());
            memory.put(Arc::default());
            assert!(memory.get(0, &often, &Mask::All).is_some(), "{number}");
            most = most.max(memory.young.len() + memory.old.len());
        }
        assert!(most * ENTRY < LIMIT + LIMIT / 8, "{most}");
        assert!(memory.get(0, &tree("7"), &Mask::All).is_none(), "long forgotten");
    }

    #[test]
    fn what_never_comes_again_is_not_remembered_and_tried_again_later() {
        let mut memory = Memory::default();
        for number in 0..10_000 {
            assert!(memory.get(0, &tree(&format!("{number}")), &Mask::All).is_none());
            memory.put(Arc::default());
        }
        // 256, a rest of 1024, 256, a rest of 4096, 256, and a rest to the end.
        assert_eq!(memory.young.len(), 3 * 256);
        // Another question is not concerned.
        assert!(memory.get(1, &tree("1"), &Mask::All).is_none());
        memory.put(Arc::default());
        assert!(memory.get(1, &tree("1"), &Mask::All).is_some());
        // What repeats itself from now on is remembered in time.
        let same = tree("\"same\"");
        let known = (0..40_000).filter(|_| {
            let known = memory.get(0, &same, &Mask::All).is_some();
            memory.put(Arc::default());
            known
        });
        assert!(known.count() > 20_000);
    }
}
