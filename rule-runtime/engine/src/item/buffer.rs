//! Bytes that are read from a source, in memory that is used again.
//!
//! New memory costs more than what is cut in it, and so does writing zeros to where a source is about to write.

use std::io::{self, ErrorKind, Read};
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

/// Buffers that wait for their next use; more of them than there are batches on their way at once serve nobody.
const MOST_SPARE: usize = 8;

/// Bytes, and behind them room for more.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    /// The bytes, and what was there before.
    room: Vec<u8>,
    filled: usize,
}

impl Buffer {
    /// One with room for as many bytes.
    fn with_room(length: usize) -> Self {
        Self { room: vec![0; length], filled: 0 }
    }

    /// Reads `length` bytes from `source` behind those that are there, or until its end; says how many there were.
    ///
    /// # Errors
    /// Of the source. What was read before is kept.
    pub fn read(&mut self, source: &mut dyn Read, length: usize) -> io::Result<usize> {
        let (before, end) = (self.filled, self.filled + length);
        if self.room.len() < end {
            self.room.resize(end, 0);
        }
        while self.filled < end {
            match source.read(&mut self.room[self.filled..end]) {
                Ok(0) => break,
                Ok(read) => self.filled += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.filled - before)
    }

    /// Takes away what is behind `end` and puts it into `rest`, which has nothing yet.
    pub fn split(&mut self, end: usize, rest: &mut Self) {
        let bytes = &self.room[end..self.filled];
        if rest.room.len() < bytes.len() {
            rest.room.resize(bytes.len(), 0);
        }
        rest.room[..bytes.len()].copy_from_slice(bytes);
        rest.filled = bytes.len();
        self.filled = end;
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.room[..self.filled]
    }
}

impl From<Vec<u8>> for Buffer {
    fn from(room: Vec<u8>) -> Self {
        Self { filled: room.len(), room }
    }
}

/// Buffers that are done with.
#[derive(Debug, Clone)]
pub(super) struct Spare {
    buffers: Arc<Mutex<Vec<Buffer>>>,
    /// How much room a new one has, in bytes.
    room: usize,
}

impl Spare {
    /// None yet; those that are made have room for as many bytes.
    pub fn of(room: usize) -> Self {
        Self { buffers: Arc::default(), room }
    }

    /// A buffer with nothing in it.
    pub fn take(&self) -> Buffer {
        let spare = self.buffers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        spare.unwrap_or_else(|| Buffer::with_room(self.room))
    }

    /// Takes back a buffer.
    pub fn give(&self, mut buffer: Buffer) {
        buffer.filled = 0;
        let mut spare = self.buffers.lock().unwrap_or_else(PoisonError::into_inner);
        // One that a long document needed is let go.
        if spare.len() < MOST_SPARE && buffer.room.len() <= 2 * self.room {
            spare.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Gives a byte at a time, is interrupted now and then, and breaks off with an error.
    struct Broken(u8);

    impl Read for Broken {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0 += 1;
            match self.0 {
                10 => Err(io::Error::other("broken")),
                number if number % 3 == 0 => Err(ErrorKind::Interrupted.into()),
                number => {
                    buffer[0] = number;
                    Ok(1)
                }
            }
        }
    }

    #[test]
    fn what_is_read_stands_behind_what_is_there() {
        let mut buffer = Buffer::with_room(4);
        assert_eq!(buffer.read(&mut &b"abc"[..], 2).unwrap(), 2);
        assert_eq!(buffer.read(&mut &b"cdefg"[..], 9).unwrap(), 5);
        assert_eq!(*buffer, *b"abcdefg");
        let mut rest = Buffer::with_room(2);
        buffer.split(4, &mut rest);
        assert_eq!((&*buffer, &*rest), (&b"abcd"[..], &b"efg"[..]));
        assert_eq!(rest.read(&mut &b"h"[..], 1).unwrap(), 1);
        assert_eq!(*rest, *b"efgh");
        assert_eq!(rest.read(&mut &b""[..], 5).unwrap(), 0);
        assert_eq!(*rest, *b"efgh");
    }

    #[test]
    fn what_was_read_before_an_error_is_kept() {
        let mut buffer = Buffer::from(b"0".to_vec());
        assert_eq!(buffer.read(&mut Broken(0), 20).unwrap_err().to_string(), "broken");
        assert_eq!(*buffer, [b'0', 1, 2, 4, 5, 7, 8]);
    }

    #[test]
    fn a_buffer_is_used_again_with_nothing_in_it_and_a_large_one_is_not() {
        let spare = Spare::of(4);
        let mut one = spare.take();
        one.read(&mut &b"abcd"[..], 4).unwrap();
        spare.give(one);
        assert_eq!(*spare.take(), *b"");
        spare.give(Buffer::with_room(9));
        assert_eq!(spare.take().room.len(), 4);
        (0..20).for_each(|_| spare.give(Buffer::with_room(4)));
        assert_eq!(spare.buffers.lock().unwrap().len(), MOST_SPARE);
    }
}
