//! Snapshots of AWS Config in S3, as a reader that never holds more than a few parts of the object.
//!
//! In: bucket and key. Out: a [`std::io::Read`] for another thread; what goes wrong on the way is an error of its
//! next `read`, never an early end.

use std::io::{self, Read};

use aws_sdk_s3::primitives::ByteStream;
use tokio::sync::mpsc;

use crate::clients::chain;

/// How many parts wait between the network and the reader.
const PARTS: usize = 16;

/// The bytes of an object as they come.
#[derive(Debug)]
pub struct ObjectReader {
    parts: mpsc::Receiver<io::Result<Vec<u8>>>,
    part: Vec<u8>,
    at: usize,
}

impl ObjectReader {
    /// Starts to fetch `body` on the current runtime.
    pub(crate) fn new(mut body: ByteStream, name: String) -> Self {
        let (sender, parts) = mpsc::channel(PARTS);
        tokio::spawn(async move {
            loop {
                let part = match body.try_next().await {
                    Ok(Some(part)) => Ok(part.to_vec()),
                    Ok(None) => return,
                    Err(error) => Err(io::Error::other(format!("s3:GetObject {name}: {}", chain(&error)))),
                };
                let last = part.is_err();
                // Whoever reads may have had enough.
                if sender.send(part).await.is_err() || last {
                    return;
                }
            }
        });
        Self { parts, part: Vec::new(), at: 0 }
    }
}

impl Read for ObjectReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.part.len() {
            match self.parts.blocking_recv() {
                None => return Ok(0),
                Some(part) => {
                    self.part = part?;
                    self.at = 0;
                }
            }
        }
        let count = buffer.len().min(self.part.len() - self.at);
        buffer[..count].copy_from_slice(&self.part[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}
