//! The rows of `sekisho scan`, one a verdict: made where the item was judged, written in the order of the items.

use std::io::{self, Write};

use sekisho_engine::verdict::{Compliance, Language, Verdict};
use serde::Serialize;

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowFormat {
    /// Cells of a table, for a terminal.
    Cells,
    /// Cells with tabs between.
    Tabs,
    /// An object on a line.
    JsonLine,
    /// An element of a list.
    JsonElement,
}

/// How rows are made of verdicts.
#[derive(Debug, Clone, Copy)]
pub struct Writer {
    /// What a row is.
    pub format: RowFormat,
    /// Of the reasons.
    pub language: Language,
    /// Compliant resources get a row too; in JSON they always do.
    pub all: bool,
}

/// Rows of one batch.
#[derive(Debug, Default)]
pub struct Rows {
    /// For a table.
    pub cells: Vec<[String; 5]>,
    /// For everything else.
    pub bytes: Vec<u8>,
}

#[derive(Serialize)]
struct Object<'a> {
    #[serde(flatten)]
    verdict: &'a Verdict,
    file: &'a str,
}

impl Writer {
    /// Appends the row of `verdict`, of an item in `file`.
    pub fn row(self, file: &str, verdict: &Verdict, rows: &mut Rows) {
        match self.format {
            RowFormat::JsonLine | RowFormat::JsonElement => {
                if self.format == RowFormat::JsonElement {
                    rows.bytes.extend_from_slice(b",\n    ");
                }
                // A verdict is made of texts: it can always be written to memory.
                let written = serde_json::to_writer(&mut rows.bytes, &Object { verdict, file });
                debug_assert!(written.is_ok());
                if self.format == RowFormat::JsonLine {
                    rows.bytes.push(b'\n');
                }
            }
            RowFormat::Cells | RowFormat::Tabs => {
                if !(self.all || verdict.compliance == Compliance::NonCompliant || verdict.waiver.is_some()) {
                    return;
                }
                let cells = self.cells(verdict);
                if self.format == RowFormat::Cells {
                    rows.cells.push(cells);
                } else {
                    let line = cells.each_ref().map(|cell| cell.replace(['\t', '\n', '\r'], " ")).join("\t");
                    rows.bytes.extend_from_slice(line.as_bytes());
                    rows.bytes.push(b'\n');
                }
            }
        }
    }

    fn cells(self, verdict: &Verdict) -> [String; 5] {
        let waiver = verdict.waiver.iter().map(|waiver| waiver.text(self.language));
        let reasons = verdict.reasons.iter().map(|reason| reason.text(self.language));
        let reasons: Vec<_> = waiver.chain([reasons.collect::<Vec<_>>().join("; ")]).collect();
        [
            verdict.compliance.to_string(),
            verdict.policy_id.clone(),
            verdict.resource.to_string(),
            verdict.region.clone().unwrap_or_default(),
            reasons.join(" "),
        ]
    }
}

/// Standard output; a reader that went away (`| head`) ends the writing and is no error.
pub struct Standard {
    out: io::BufWriter<io::Stdout>,
    has_rows: bool,
    problem: Option<io::Error>,
}

impl Default for Standard {
    /// Nothing is written yet.
    fn default() -> Self {
        Self { out: io::BufWriter::new(io::stdout()), has_rows: false, problem: None }
    }
}

impl Standard {
    /// Writes what stands before the rows.
    pub fn begin(&mut self, text: &str) {
        self.problem = self.out.write_all(text.as_bytes()).err();
    }

    /// Writes rows, or anything else, as it is.
    pub fn write(&mut self, mut bytes: &[u8]) {
        if self.problem.is_some() || bytes.is_empty() {
            return;
        }
        // Of a list of elements the first has no comma before it.
        if !self.has_rows && bytes.starts_with(b",") {
            bytes = &bytes[1..];
        }
        self.has_rows = true;
        self.problem = self.out.write_all(bytes).err();
    }

    /// Ends the writing.
    ///
    /// # Errors
    /// Something could not be written.
    pub fn finish(mut self) -> io::Result<()> {
        let ended = self.problem.take().map_or_else(|| self.out.flush(), Err);
        match ended {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            ended => ended,
        }
    }
}
