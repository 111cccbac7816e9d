//! The floor: what reading the JSON costs, and nothing else.
//!
//! The bytes are unpacked with the same library as everywhere in the project, and `serde_json` sees that each item is
//! valid, building nothing. Whoever judges items does at least this.

use std::io::{self, Read};
use std::sync::mpsc;
use std::thread;

use flate2::bufread::MultiGzDecoder;
use serde::de::IgnoredAny;
use serde_json::StreamDeserializer;
use serde_json::de::SliceRead;

/// How much is unpacked at a time, in bytes.
const BLOCK: usize = 1 << 20;

/// How many blocks may wait for the one who validates.
const AHEAD: usize = 4;

/// Sees that `line` is JSON.
///
/// # Errors
/// It is not.
pub fn validate(line: &[u8]) -> serde_json::Result<()> {
    serde_json::from_slice::<IgnoredAny>(line).map(|_| ())
}

/// Unpacks a snapshot and validates each of its items; on two threads one unpacks and one validates.
///
/// # Errors
/// It cannot be read, or is no snapshot.
pub fn snapshot(source: impl Read + Send, threads: usize) -> io::Result<usize> {
    let mut packed = MultiGzDecoder::new(io::BufReader::with_capacity(256 << 10, source));
    let mut items = Items::default();
    if threads < 2 {
        while unpack(&mut packed, &mut items.rest)? > 0 {
            items.validate()?;
        }
        return items.end();
    }
    let (send, receive) = mpsc::sync_channel::<io::Result<Vec<u8>>>(AHEAD);
    thread::scope(|scope| {
        scope.spawn(move || {
            loop {
                let mut block = Vec::with_capacity(BLOCK);
                let read = unpack(&mut packed, &mut block);
                let more = matches!(read, Ok(1..));
                if matches!(read, Ok(0)) || send.send(read.map(|_| block)).is_err() || !more {
                    break;
                }
            }
        });
        for block in receive {
            items.rest.extend_from_slice(&block?);
            items.validate()?;
        }
        items.end()
    })
}

/// Puts the next block behind `bytes` and says how long it is: 0 at the end.
fn unpack(packed: &mut impl Read, bytes: &mut Vec<u8>) -> io::Result<usize> {
    packed.take(BLOCK as u64).read_to_end(bytes)
}

/// The items of a snapshot whose bytes come in blocks.
#[derive(Default)]
struct Items {
    /// What was not yet validated: less than an item, and the next block.
    rest: Vec<u8>,
    begun: bool,
    count: usize,
}

impl Items {
    /// Validates the items that are whole, and keeps what is not.
    fn validate(&mut self) -> io::Result<()> {
        let mut place = 0;
        if !self.begun {
            let key = b"\"configurationItems\":[";
            let Some(start) = self.rest.windows(key.len()).position(|window| window == key) else {
                return Ok(());
            };
            place = start + key.len();
            self.begun = true;
        }
        while self.rest.get(place).is_some_and(|byte| *byte == b'{' || *byte == b',') {
            let start = place + usize::from(self.rest[place] == b',');
            let mut values = StreamDeserializer::<_, IgnoredAny>::new(SliceRead::new(&self.rest[start..]));
            match values.next() {
                Some(Ok(_)) => {
                    self.count += 1;
                    place = start + values.byte_offset();
                }
                // The rest of the item is in the next block.
                None => break,
                Some(Err(error)) if error.is_eof() => break,
                // A number that is cut off is no end of the text to serde_json. An item is one line.
                Some(Err(error)) if error.column() + 1 >= self.rest.len() - start => break,
                Some(Err(error)) => return Err(error.into()),
            }
        }
        self.rest.drain(..place);
        Ok(())
    }

    fn end(self) -> io::Result<usize> {
        if self.rest.trim_ascii_start().starts_with(b"]") {
            Ok(self.count)
        } else {
            Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "is not a whole snapshot as make-items writes it",
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_item_may_be_cut_off_anywhere() {
        let text = br#"{"configurationItems":[{"a":-1.5e3,"b":[true,"x"]},{"c":10.25}]}"#;
        for end in 0..text.len() {
            let mut items = Items { rest: text[..end].to_vec(), ..Items::default() };
            items.validate().unwrap_or_else(|error| panic!("{end}: {error}"));
            items.rest.extend_from_slice(&text[end..]);
            items.validate().unwrap();
            assert_eq!(items.end().unwrap(), 2, "{end}");
        }
        let mut items =
            Items { rest: br#"{"configurationItems":[{"a":-x, "b": 1}]}"#.to_vec(), ..Items::default() };
        assert!(items.validate().is_err());
    }
}
