//! `--watch`: a command runs again when a file that it reads is saved.

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use notify::{EventKind, RecursiveMode, Watcher as _};
use sekisho_engine::diagnostic::Diagnostic;

use crate::output::DIM;

/// Editors write a file in several steps: a run begins when nothing has changed for so long.
const QUIET: Duration = Duration::from_millis(100);

/// Runs `command`, and again after each change below `paths`, until the process is ended.
///
/// # Errors
/// A path cannot be watched.
pub fn run(paths: &[PathBuf], mut command: impl FnMut()) -> Result<(), Diagnostic> {
    let (sender, changes) = mpsc::channel();
    let unwatched = |path: &Path, error: notify::Error| {
        Diagnostic::new(path.display().to_string(), format!("cannot be watched: {error}"))
            .help("run without --watch")
    };
    let send = move |event: notify::Result<notify::Event>| {
        // The receiver ends with the process.
        if event.is_ok_and(|event| !matches!(event.kind, EventKind::Access(_))) {
            let _ = sender.send(());
        }
    };
    let mut watcher =
        notify::recommended_watcher(send).map_err(|error| unwatched(Path::new("--watch"), error))?;
    for path in paths.iter().filter(|path| path.exists()) {
        // A file that is saved by renaming is another file: its folder is watched.
        let (place, mode) = match path.parent().filter(|_| path.is_file()) {
            Some(parent) if parent.as_os_str().is_empty() => (Path::new("."), RecursiveMode::NonRecursive),
            Some(parent) => (parent, RecursiveMode::NonRecursive),
            None => (path.as_path(), RecursiveMode::Recursive),
        };
        watcher.watch(place, mode).map_err(|error| unwatched(path, error))?;
    }
    loop {
        command();
        anstream::eprintln!("{DIM}watching {} for changes; Ctrl-C ends{DIM:#}", names(paths));
        if changes.recv().is_err() {
            return Ok(());
        }
        while changes.recv_timeout(QUIET).is_ok() {}
        anstream::eprintln!();
    }
}

fn names(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}
