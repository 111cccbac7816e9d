//! A progress bar that shows itself only when a scan takes long, and only on a terminal.

use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How long a scan takes before it shows a progress bar.
const PATIENCE: Duration = Duration::from_millis(700);

/// How much of the files was read, as bytes on the disk.
pub struct Progress {
    bar: ProgressBar,
    start: Instant,
    is_shown: AtomicBool,
}

impl Progress {
    /// For `files`; those that cannot be looked at count as empty.
    pub fn new(files: &[PathBuf]) -> Self {
        let bytes = files.iter().filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum();
        let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent} % {msg} {eta} left") {
            bar.set_style(style);
        }
        Self { bar, start: Instant::now(), is_shown: AtomicBool::new(false) }
    }

    /// Says how far the scan is.
    pub fn show(&self, bytes: u64, items: usize) {
        if self.start.elapsed() < PATIENCE {
            return;
        }
        if !self.is_shown.swap(true, Ordering::Relaxed) {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_position(bytes);
        self.bar.set_message(format!("{items} items"));
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// A reader that says how much was read.
pub struct Counted<R> {
    /// What is read.
    pub inner: R,
    /// The bytes of all readers.
    pub read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.read.fetch_add(length as u64, Ordering::Relaxed);
        Ok(length)
    }
}
