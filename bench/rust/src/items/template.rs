//! An item with blanks in it: the text of its JSON, and where a resource's own id, name, times and the like go.
//!
//! A blank is a word between tildes, anywhere in a string, also in JSON that is itself a string. The same word is the
//! same value everywhere in an item, `~hex~` and `~uuid~` are new each time.

use super::random::Random;

/// Where a resource's own values go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Blank {
    Id,
    Name,
    Created,
    Captured,
    StateId,
    Address,
    Hex,
    Uuid,
}

const BLANKS: [(&str, Blank); 8] = [
    ("id", Blank::Id),
    ("name", Blank::Name),
    ("created", Blank::Created),
    ("captured", Blank::Captured),
    ("state", Blank::StateId),
    ("address", Blank::Address),
    ("hex", Blank::Hex),
    ("uuid", Blank::Uuid),
];

/// The text between blanks, and the blanks.
#[derive(Debug, Clone)]
pub struct Template {
    parts: Vec<(String, Option<Blank>)>,
}

impl Template {
    /// Finds the blanks of `text`; a tilde that stands for none is text.
    pub fn new(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('~') {
            literal += before;
            let blank = BLANKS.iter().find_map(|(word, blank)| {
                let after = after.strip_prefix(word)?.strip_prefix('~')?;
                Some((*blank, after))
            });
            if let Some((blank, after)) = blank {
                parts.push((std::mem::take(&mut literal), Some(blank)));
                rest = after;
            } else {
                literal.push('~');
                rest = after;
            }
        }
        literal += rest;
        parts.push((literal, None));
        Self { parts }
    }

    /// The item of one resource.
    pub fn fill(&self, number: usize, random: &mut Random) -> String {
        let id = random.hex(17);
        let name = format!(
            "{}-{number:06}",
            random.pick(&["karte", "portal", "billing", "batch", "audit", "imaging"])
        );
        let (created, captured) = (time(2024, random), time(2026, random));
        let address = format!("10.{}.{}.{}", random.below(256), random.below(256), random.below(254) + 1);
        let mut text = String::with_capacity(self.parts.iter().map(|part| part.0.len() + 24).sum());
        for (literal, blank) in &self.parts {
            text += literal;
            match blank {
                None => {}
                Some(Blank::Id) => text += &id,
                Some(Blank::Name) => text += &name,
                Some(Blank::Created) => text += &created,
                Some(Blank::Captured) => text += &captured,
                Some(Blank::StateId) => text += &format!("17{:011}", random.below(99_999_999_999)),
                Some(Blank::Address) => text += &address,
                Some(Blank::Hex) => text += &random.hex(17),
                Some(Blank::Uuid) => text += &uuid(random),
            }
        }
        text
    }
}

fn uuid(random: &mut Random) -> String {
    let hex = random.hex(32);
    format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}

fn time(year: u64, random: &mut Random) -> String {
    format!(
        "{year}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        random.below(10) + 1,
        random.below(28) + 1,
        random.below(24),
        random.below(60),
        random.below(60),
        random.below(1000)
    )
}
