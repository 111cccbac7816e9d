//! The text of a template to a value: YAML with CloudFormation's short tags, or JSON.
//!
//! In: the text. Out: a [`Document`] in which a short tag has its long form (`!Ref x` is `{"Ref": "x"}`), and the line
//! of each resource. CloudFormation reads neither aliases nor merges, so that they are refused here too.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value};
use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle, Span, Tag};

use crate::diagnostic::Diagnostic;
use crate::item::load::json_problem;

/// How deep a template may be nested; CloudFormation itself takes less.
const DEPTH: usize = 100;

/// A template as it was written.
#[derive(Debug, Default)]
pub struct Document {
    /// Its content.
    pub value: Value,
    /// The line of each entry of `Resources`, from 1.
    pub lines: BTreeMap<String, usize>,
}

/// Reads `text` of `file`.
///
/// # Errors
/// It is neither YAML nor JSON, with line and column.
pub fn read(file: &str, text: &str) -> Result<Document, Diagnostic> {
    if text.trim_start().starts_with('{') {
        // JSON is YAML nearly always; where it is not, the lines are missing and nothing else.
        let value = match serde_json::from_str(text) {
            Ok(value) => value,
            // "{}" of YAML need not be JSON.
            Err(error) => {
                return yaml(file, text)
                    .map_err(|_| json_problem(file, text, &error).help("mend the template there"));
            }
        };
        let lines = yaml(file, text).map(|document| document.lines).unwrap_or_default();
        return Ok(Document { value, lines });
    }
    yaml(file, text)
}

fn yaml(file: &str, text: &str) -> Result<Document, Diagnostic> {
    let mut reader = Reader { file, text, events: Parser::new_from_str(text), lines: BTreeMap::new() };
    let mut document = None;
    while let Some((event, span)) = reader.next()? {
        match event {
            Event::DocumentStart(..) if document.is_some() => {
                return Err(reader.problem(&span, "a second document begins; a template is one"));
            }
            Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
            Event::StreamEnd => break,
            event => document = Some(reader.value(event, &span, Part::Root, 0)?),
        }
    }
    Ok(Document { value: document.unwrap_or_default(), lines: reader.lines })
}

/// What part of the template is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Root,
    Resources,
    Other,
}

struct Reader<'t> {
    file: &'t str,
    text: &'t str,
    events: Parser<'t, serde_saphyr::granit_parser::StrInput<'t>>,
    lines: BTreeMap<String, usize>,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<Option<(Event<'t>, Span)>, Diagnostic> {
        loop {
            match self.events.next_event() {
                None => return Ok(None),
                // Whether comments are events depends on a feature that any crate of a build may turn on.
                Some(Ok((event, span))) => {
                    if is_structure(&event) {
                        return Ok(Some((event, span)));
                    }
                }
                Some(Err(error)) => {
                    let place = error.marker();
                    return Err(Diagnostic::new(self.file, format!("is not YAML: {}", error.info()))
                        .at(place.line(), place.col() + 1)
                        .source(self.text)
                        .help("mend the template there"));
                }
            }
        }
    }

    /// The next event inside of a list or an object, which ends before the text does.
    fn inner(&mut self) -> Result<(Event<'t>, Span), Diagnostic> {
        self.next()?
            .ok_or_else(|| Diagnostic::new(self.file, "ends too early").help("see whether it is whole"))
    }

    fn problem(&self, span: &Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.file, message).at(span.start.line(), span.start.col() + 1).source(self.text)
    }

    fn value(&mut self, event: Event<'t>, at: &Span, part: Part, depth: usize) -> Result<Value, Diagnostic> {
        if depth > DEPTH {
            return Err(self.problem(at, format!("is nested more than {DEPTH} deep")));
        }
        match event {
            Event::Scalar(text, style, _, tag) => {
                let plain = style == ScalarStyle::Plain && tag.is_none();
                let value = if plain { plain_value(&text) } else { Value::String(text.into_owned()) };
                self.tagged(value, tag.as_deref(), at)
            }
            Event::SequenceStart(_, _, tag) => {
                let mut list = Vec::new();
                loop {
                    let (event, span) = self.inner()?;
                    if matches!(event, Event::SequenceEnd) {
                        return self.tagged(Value::Array(list), tag.as_deref(), at);
                    }
                    list.push(self.value(event, &span, Part::Other, depth + 1)?);
                }
            }
            Event::MappingStart(_, _, tag) => {
                let map = self.map(part, depth)?;
                self.tagged(Value::Object(map), tag.as_deref(), at)
            }
            Event::Alias(_) => Err(self
                .problem(at, "is an alias, which CloudFormation does not read")
                .help("write the value out")),
            _ => Err(self.problem(at, "is no value")),
        }
    }

    fn map(&mut self, part: Part, depth: usize) -> Result<Map<String, Value>, Diagnostic> {
        let mut map = Map::new();
        loop {
            let (event, span) = self.inner()?;
            let name = match event {
                Event::MappingEnd => return Ok(map),
                Event::Scalar(name, ..) => name.into_owned(),
                _ => return Err(self.problem(&span, "is no name; expected a text")),
            };
            if name == "<<" {
                return Err(self
                    .problem(&span, "is a merge, which CloudFormation does not read")
                    .help("write the fields out"));
            }
            if part == Part::Resources {
                self.lines.insert(name.clone(), span.start.line());
            }
            let inner = if part == Part::Root && name == "Resources" { Part::Resources } else { Part::Other };
            let (event, at) = self.inner()?;
            let value = self.value(event, &at, inner, depth + 1)?;
            if map.insert(name.clone(), value).is_some() {
                return Err(self.problem(&span, format!("\"{name}\" is there twice")));
            }
        }
    }

    /// A short tag is a function by its long name.
    fn tagged(&self, value: Value, tag: Option<&Tag>, at: &Span) -> Result<Value, Diagnostic> {
        let Some(tag) = tag else { return Ok(value) };
        if tag.is_yaml_core_schema() {
            return Ok(match (tag.core_suffix(), value) {
                (Some("str"), value) => value,
                (_, Value::String(text)) => plain_value(&text),
                (_, value) => value,
            });
        }
        let name = match tag.suffix() {
            name @ ("Ref" | "Condition") => name.to_owned(),
            name if tag.handle() == "!" && name.chars().all(|c| c.is_ascii_alphanumeric()) => {
                format!("Fn::{name}")
            }
            name => {
                return Err(self
                    .problem(at, format!("has the tag !{name}, which CloudFormation does not have"))
                    .help("see the intrinsic functions of CloudFormation"));
            }
        };
        Ok(Value::Object(Map::from_iter([(name, value)])))
    }
}

const fn is_structure(event: &Event<'_>) -> bool {
    matches!(
        event,
        Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(..)
            | Event::DocumentEnd
            | Event::Alias(_)
            | Event::Scalar(..)
            | Event::SequenceStart(..)
            | Event::SequenceEnd
            | Event::MappingStart(..)
            | Event::MappingEnd
    )
}

/// What a text without quotes stands for. What is ambiguous (a number with a leading zero, `yes`) stays a text.
fn plain_value(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        text => number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number),
    }
}

/// A number that reads again as it was written.
fn number(text: &str) -> Option<Number> {
    let integer = text.parse::<i64>().ok().map(Number::from);
    let float = || text.parse::<f64>().ok().and_then(Number::from_f64);
    integer.or_else(float).filter(|number| number.to_string() == text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn short_tags_have_their_long_form_and_resources_their_line() {
        let text = "Resources:\n  # first\n  B:\n    Type: AWS::S3::Bucket\n    Properties:\n      BucketName: !Sub '${P}-b'\n      \
                    X: !GetAtt A.Arn\n      Y: !If [c, !Ref A, 012]\n  A: {Type: T, N: [1, 1.50, \"1\", yes, !!str 2]}\n";
        let document = read("t.yaml", text).unwrap();
        assert_eq!(
            document.value["Resources"]["B"]["Properties"],
            json!({
                "BucketName": {"Fn::Sub": "${P}-b"}, "X": {"Fn::GetAtt": "A.Arn"},
                "Y": {"Fn::If": ["c", {"Ref": "A"}, "012"]},
            })
        );
        assert_eq!(document.value["Resources"]["A"]["N"], json!([1, "1.50", "1", "yes", "2"]));
        assert_eq!(document.lines, BTreeMap::from([("B".to_owned(), 3), ("A".to_owned(), 9)]));
    }

    #[test]
    fn json_has_lines_too_also_with_tabs_and_escapes() {
        let text =
            "{\n\t\"Resources\": {\n\t\t\"A\": {\"Type\": \"T\", \"P\": \"\\ud83d\\ude00 \\/\"}\n\t}\n}";
        let document = read("t.json", text).unwrap();
        assert_eq!(document.value["Resources"]["A"]["P"], "😀 /");
        assert_eq!(document.lines.get("A"), Some(&3));
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_place() {
        let cases = [
            ("Resources:\n  A: [1, 2\n  B: 1\n", (3, 4), "is not YAML"),
            ("A: &x 1\nB: *x\n", (2, 4), "alias"),
            ("A: 1\nA: 2\n", (2, 1), "twice"),
            ("A: 1\n---\nB: 1\n", (2, 1), "second document"),
            ("A: !my/tag 1\n", (1, 12), "tag"),
            ("{\"A\": 1,\n \"B\" 2}", (2, 6), ""),
        ];
        for (text, place, message) in cases {
            let problem = read("t", text).unwrap_err();
            assert_eq!((problem.line, problem.column), (Some(place.0), Some(place.1)), "{problem}");
            assert!(problem.message.contains(message), "{problem}");
        }
        let deep = format!("A: {}1{}", "[".repeat(200), "]".repeat(200));
        assert!(read("t", &deep).is_err());
    }
}
