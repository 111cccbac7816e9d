//! What policies have said before, by what they could read: a fleet repeats itself.
//!
//! An answer is a function of what a policy can read of its input, of its parameters and its facts; an evaluator has one set
//! of the latter two, and its memory begins empty. Keys are the bytes themselves and not a hash of them: no two inputs can
//! be taken for each other.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

/// Bytes that are remembered where nobody says otherwise, about.
const LIMIT: usize = 4 << 20;

/// A key that is longer is not worth it.
const LONGEST: usize = 64 << 10;

/// What an entry costs beside its key, about.
const ENTRY: usize = 256;

/// Questions after which is looked whether remembering them was worth it.
const TRIED: u32 = 64;

/// It was if one of so many had been asked before.
const WORTH: u32 = 16;

/// Questions that are not remembered then, before it is tried again; more each time.
const RESTED: u32 = 256;
const LONGEST_REST: u32 = 64 << 10;

type Answers<A> = HashMap<Box<[u8]>, Arc<A>, RandomState>;

/// Answers by what they follow from. What was not asked for in a while is forgotten.
pub struct Memory<A: ?Sized> {
    young: Answers<A>,
    /// Takes over from `young` when that is full, and forgets what it held.
    old: Answers<A>,
    bytes: usize,
    limit: usize,
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
impl<A: ?Sized> Clone for Memory<A> {
    fn clone(&self) -> Self {
        Self::of(self.limit)
    }
}

impl<A: ?Sized> Default for Memory<A> {
    fn default() -> Self {
        Self::of(LIMIT)
    }
}

impl<A: ?Sized> Memory<A> {
    /// One of that many bytes, about.
    pub fn of(limit: usize) -> Self {
        Self { young: Answers::default(), old: Answers::default(), bytes: 0, limit, records: Vec::new() }
    }

    /// Whether a question of this kind is worth to be looked up, by how it went with those before; `place` stands for an item of
    /// one type, an occasion, and a policy or all that apply.
    pub fn is_worth(&mut self, place: usize) -> bool {
        if self.records.len() <= place {
            self.records.resize(place + 1, Record::default());
        }
        self.records[place].is_worth()
    }

    /// What was said of `key`, a question of that `place`.
    pub fn get(&mut self, place: usize, key: &[u8]) -> Option<Arc<A>> {
        let young = self.young.get(key).map(Arc::clone);
        let answer = if let Some(answer) = young {
            answer
        } else {
            let (key, answer) = self.old.remove_entry(key)?;
            self.keep(key, Arc::clone(&answer));
            answer
        };
        if let Some(record) = self.records.get_mut(place) {
            record.known += 1;
        }
        Some(answer)
    }

    /// Remembers an answer of `weight` bytes to the question that [`Self::get`] had none for.
    pub fn put(&mut self, key: &[u8], answer: Arc<A>, weight: usize) {
        if key.len() <= LONGEST {
            self.bytes += weight;
            self.keep(key.into(), answer);
        }
    }

    fn keep(&mut self, key: Box<[u8]>, answer: Arc<A>) {
        self.bytes += key.len() + ENTRY;
        self.young.insert(key, answer);
        if self.bytes > self.limit / 2 {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Asks, and has the answer remembered if it was not known.
    fn ask(memory: &mut Memory<u32>, place: usize, key: &str) -> bool {
        if !memory.is_worth(place) {
            return false;
        }
        let is_known = memory.get(place, key.as_bytes()).is_some();
        if !is_known {
            memory.put(key.as_bytes(), Arc::new(1), 4);
        }
        is_known
    }

    #[test]
    fn what_was_said_is_known_of_the_same_and_of_nothing_else() {
        let mut memory = Memory::default();
        assert!(!ask(&mut memory, 0, "a"));
        assert!(ask(&mut memory, 0, "a"));
        assert!(!ask(&mut memory, 0, "b"));
        assert!(memory.clone().get(0, b"a").is_none());
        memory.put(&vec![0; LONGEST + 1], Arc::new(1), 4);
        assert!(memory.get(0, &vec![0; LONGEST + 1]).is_none());
    }

    #[test]
    fn it_does_not_grow_without_end_and_keeps_what_is_asked_for() {
        let mut memory = Memory::<u32>::default();
        memory.put(b"often", Arc::new(1), 4);
        let mut most = 0;
        for number in 0..200_000 {
            let key = format!("{number}");
            assert!(memory.get(0, key.as_bytes()).is_none());
            memory.put(key.as_bytes(), Arc::new(1), 4);
            assert!(memory.get(0, b"often").is_some(), "{number}");
            most = most.max(memory.young.len() + memory.old.len());
        }
        assert!(most * ENTRY < LIMIT + LIMIT / 8, "{most}");
        assert!(memory.get(0, b"7").is_none(), "long forgotten");
    }

    #[test]
    fn what_never_comes_again_is_not_remembered_and_tried_again_later() {
        let mut memory = Memory::default();
        for number in 0..2500 {
            assert!(!ask(&mut memory, 0, &number.to_string()));
        }
        // 64, a rest of 256, 64, a rest of 1024, 64, and a rest to the end.
        assert_eq!(memory.young.len(), 3 * 64);
        // Another question is not concerned.
        assert!(!ask(&mut memory, 1, "one"));
        assert!(ask(&mut memory, 1, "one"));
        // What repeats itself from now on is remembered in time.
        assert!((0..10_000).filter(|_| ask(&mut memory, 0, "same")).count() > 5000);
    }
}
