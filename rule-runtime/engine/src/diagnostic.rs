//! What is wrong with something that a person wrote or a tool delivered, and where.
//!
//! One shape for every bad input: which file, line, column and field, what was found and expected, what to do
//! next. The command line prints it with the source line, the Lambda function as one line of text.

use std::fmt;

/// How much a problem weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Level {
    /// It has to be mended.
    #[default]
    Error,
    /// Something that could not be checked, and what would make it so.
    Note,
}

/// A change of the text that mends a problem for certain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// Line of the change, from 1.
    pub line: usize,
    /// Column, from 1, in characters.
    pub column: usize,
    /// What stands there.
    pub from: String,
    /// What should.
    pub to: String,
}

/// One problem in one input.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diagnostic {
    /// The file as the user named it, or a word for what is not a file (`ruleParameters`).
    pub file: String,
    /// From 1.
    pub line: Option<usize>,
    /// From 1, in characters.
    pub column: Option<usize>,
    /// The field in question, as a path: `custom.severity`, `configurationItems[3].resourceId`.
    pub field: Option<String>,
    /// What was found and what was expected.
    pub message: String,
    /// What to do next.
    pub help: Option<String>,
    /// The text of `line`, for a picture of the place.
    pub source_line: Option<String>,
    /// Its entry in [`crate::codes`]: `SK0201`.
    pub code: Option<&'static str>,
    /// How much it weighs.
    pub level: Level,
    /// What would mend it, where that is certain.
    pub fix: Option<Box<Fix>>,
}

impl Diagnostic {
    /// A problem in `file`.
    pub fn new(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self { file: file.into(), message: message.into(), ..Self::default() }
    }

    /// At `line` and `column`, both from 1; 0 means unknown.
    #[must_use]
    pub fn at(mut self, line: usize, column: usize) -> Self {
        self.line = (line > 0).then_some(line);
        self.column = (line > 0 && column > 0).then_some(column);
        self
    }

    /// In `field`.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        let field = field.into();
        self.field = (!field.is_empty()).then_some(field);
        self
    }

    /// With the next step.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With its entry in [`crate::codes`].
    #[must_use]
    pub fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    /// As something to know and not to mend.
    #[must_use]
    pub fn note(mut self) -> Self {
        self.level = Level::Note;
        self
    }

    /// With what would mend it.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(Box::new(fix));
        self
    }

    /// With the source line taken from the whole `text` of the file.
    #[must_use]
    pub fn source(mut self, text: &str) -> Self {
        self.source_line = self.line.and_then(|line| text.lines().nth(line - 1)).map(ToOwned::to_owned);
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
            if let Some(column) = self.column {
                write!(f, ":{column}")?;
            }
        }
        if let Some(field) = &self.field {
            write!(f, ": {field}")?;
        }
        write!(f, ": {}", self.message)?;
        if let Some(help) = &self.help {
            write!(f, "; {help}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostic {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_file_line_column_field_and_the_next_step() {
        let problem =
            Diagnostic::new("a.rego", "no severity").at(3, 5).field("custom.severity").help("add it");
        assert_eq!(problem.to_string(), "a.rego:3:5: custom.severity: no severity; add it");
    }

    #[test]
    fn shows_the_line_that_it_speaks_of() {
        let problem = Diagnostic::new("a", "x").at(2, 1).source("one\ntwo\nthree");
        assert_eq!(problem.source_line.as_deref(), Some("two"));
    }
}
