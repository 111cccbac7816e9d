//! A snapshot or history file item by item, in memory that does not grow with the file.
//!
//! In: a reader of JSON, gzipped or not. Out: each element of `configurationItems`, as it is read. What is no item
//! is handed out as a problem between the others; a file that breaks off is an error at its end.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::ConfigurationItem;
use super::normalise::kind;
use crate::diagnostic::Diagnostic;

/// How much is read from the source at a time, in bytes.
const BUFFER: usize = 256 << 10;

/// The field that holds the items.
const ITEMS: &str = "configurationItems";

/// What is done with each item; an error ends the reading.
pub type Sink<'a> = dyn FnMut(Result<ConfigurationItem, Diagnostic>) -> Result<(), Stopped> + 'a;

/// The receiver of the items wants no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped;

/// Reads every item of the file `name` and hands it to `sink`; says how many there were.
///
/// # Errors
/// The file is not JSON, or not whole, or has no `configurationItems`. What came before was handed out.
pub fn items(source: impl Read, name: &str, sink: &mut Sink<'_>) -> Result<usize, Diagnostic> {
    let mut source = BufReader::with_capacity(BUFFER, source);
    let start = source.fill_buf().map_err(|error| unreadable(name, &error))?;
    if start.starts_with(&[0x1f, 0x8b]) {
        read(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(source)), name, sink)
    } else {
        read(source, name, sink)
    }
}

fn unreadable(name: &str, error: &io::Error) -> Diagnostic {
    Diagnostic::new(name, format!("cannot be read: {error}"))
}

fn read(source: impl Read, name: &str, sink: &mut Sink<'_>) -> Result<usize, Diagnostic> {
    let mut reader = serde_json::Deserializer::from_reader(source);
    let mut state = State { name, sink, count: 0, found: false, stopped: false };
    let read = Document(&mut state).deserialize(&mut reader).and_then(|()| reader.end());
    match read {
        _ if state.stopped => Ok(state.count),
        Err(error) if error.is_io() => {
            let mut problem = unreadable(name, &error.into());
            problem.message += &format!("; {} items were read before", state.count);
            Err(problem)
        }
        Err(error) => {
            let message = format!("is not a whole snapshot: {error}; {} items were read before", state.count);
            Err(Diagnostic::new(name, message)
                .at(error.line(), error.column())
                .help("see whether the file was cut off on its way"))
        }
        Ok(()) if !state.found => {
            Err(Diagnostic::new(name, "is missing; expected a snapshot of AWS Config").field(ITEMS))
        }
        Ok(()) => Ok(state.count),
    }
}

struct State<'a, 'b> {
    name: &'a str,
    sink: &'a mut Sink<'b>,
    count: usize,
    found: bool,
    stopped: bool,
}

/// The outermost object.
struct Document<'a, 'b, 'c>(&'c mut State<'a, 'b>);

impl<'de> DeserializeSeed<'de> for Document<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Document<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a snapshot of AWS Config, an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(field) = map.next_key::<String>()? {
            if field == ITEMS {
                self.0.found = true;
                map.next_value_seed(Items(self.0))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// The list of items.
struct Items<'a, 'b, 'c>(&'c mut State<'a, 'b>);

impl<'de> DeserializeSeed<'de> for Items<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Items<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of configuration items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let state = self.0;
        while let Some(value) = list.next_element::<Value>()? {
            let place = format!("{ITEMS}[{}]", state.count);
            let item = match value {
                Value::Object(item) => ConfigurationItem::from_map(item, state.name, &place),
                other => {
                    let message = format!("is {}, expected a configuration item", kind(&other));
                    Err(Diagnostic::new(state.name, message).field(place))
                }
            };
            state.count += 1;
            if (state.sink)(item) == Err(Stopped) {
                state.stopped = true;
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use serde_json::json;
    use std::io::Write;

    fn all(bytes: &[u8]) -> (Result<usize, Diagnostic>, Vec<Result<String, Diagnostic>>) {
        let mut found = Vec::new();
        let read = items(bytes, "snapshot", &mut |item| {
            found.push(item.map(|item| item.resource.resource_id));
            Ok(())
        });
        (read, found)
    }

    fn snapshot(items: &Value) -> Vec<u8> {
        json!({"fileVersion": "1.0", "configSnapshotId": "s", "configurationItems": items, "after": [1]})
            .to_string()
            .into_bytes()
    }

    #[test]
    fn items_come_one_by_one_and_a_bad_one_hides_no_other() {
        let plain = snapshot(&json!([
            {"resourceType": "A::B::C", "resourceId": "1"},
            {"resourceType": "A::B::C"},
            7,
            {"resourceType": "A::B::C", "resourceId": "2"},
        ]));
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&plain).unwrap();
        for bytes in [plain, packed.finish().unwrap()] {
            let (read, found) = all(&bytes);
            assert_eq!(read.unwrap(), 4);
            assert_eq!(found[0].as_deref(), Ok("1"));
            let problem = found[1].clone().unwrap_err();
            assert_eq!(problem.field.as_deref(), Some("configurationItems[1].resourceId"));
            assert_eq!(found[2].clone().unwrap_err().field.as_deref(), Some("configurationItems[2]"));
            assert_eq!(found[3].as_deref(), Ok("2"));
        }
    }

    #[test]
    fn a_file_that_breaks_off_is_an_error_behind_its_items() {
        let whole = snapshot(&json!([{"resourceType": "A::B::C", "resourceId": "1"}, {"resourceId": "2"}]));
        let (read, found) = all(&whole[..whole.len() - 10]);
        assert!(read.unwrap_err().message.contains("2 items were read before"));
        assert_eq!(found.len(), 2);
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&whole).unwrap();
        let packed = packed.finish().unwrap();
        assert!(all(&packed[..packed.len() - 12]).0.is_err());
    }

    #[test]
    fn what_is_no_snapshot_is_refused() {
        assert_eq!(all(b"{}").0.unwrap_err().field.as_deref(), Some("configurationItems"));
        assert!(all(b"[1]").0.is_err());
        assert!(all(b"").0.is_err());
    }

    #[test]
    fn the_receiver_may_stop() {
        let bytes = snapshot(&json!([{"resourceType": "A::B::C", "resourceId": "1"}, {"resourceId": "2"}]));
        assert_eq!(items(&bytes[..], "s", &mut |_| Err(Stopped)), Ok(1));
    }
}
