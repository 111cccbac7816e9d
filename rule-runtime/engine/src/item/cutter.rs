//! A file of any size to the texts of its items, in memory that does not grow with the file.
//!
//! In: a reader of JSON, gzipped or not. Out: [`Batch`]es of [`Piece`]s: the elements of `configurationItems` and of a list,
//! and whole documents where there is neither. Here is only found where one ends; what is in it is read by whoever has the
//! batch, on another thread if they like.

use std::io::{BufRead, BufReader, Read};
use std::ops::Range;
use std::sync::Arc;

use flate2::bufread::MultiGzDecoder;

use super::blocks::{self, Block, Texts};
use super::buffer::{Buffer, Spare};
use super::load::{self, GZIP, MAX_TEXT, UTF8_BOM};
use super::raw::RawItem;
use super::reader::plain_end;
use super::shape::{self, Found};
use crate::diagnostic::Diagnostic;

/// How much is read from the source at a time, in bytes.
const BUFFER: usize = 256 << 10;

/// About how much a batch holds, in bytes.
const BATCH: usize = 512 << 10;

/// The field that holds the items.
const ITEMS: &[u8] = b"configurationItems";

/// What was cut off a file at once.
#[derive(Debug)]
pub struct Batch {
    file: Arc<str>,
    bytes: Buffer,
    pieces: Vec<Piece>,
    /// Where its first byte stands in the file: the line from 1, and how many bytes of it are before.
    start: (usize, usize),
    /// What was found behind the pieces: what is wrong with the file, and what its wrapper says.
    found: Vec<Found>,
    /// Whether it is the last one of its file.
    is_last: bool,
    spare: Spare,
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.spare.give(std::mem::take(&mut self.bytes));
    }
}

#[derive(Debug)]
struct Piece {
    range: Range<usize>,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A document of its own.
    Document,
    /// An element of a list.
    Element(usize),
    /// An element of `configurationItems`.
    Item(usize),
    /// The end of a file in which no end of a document was found.
    Rest,
}

impl Kind {
    fn path(self) -> String {
        match self {
            Self::Element(index) => format!("[{index}]"),
            Self::Item(index) => format!("configurationItems[{index}]"),
            Self::Document | Self::Rest => String::new(),
        }
    }
}

/// What is in a piece.
#[derive(Debug)]
pub enum Content<'a> {
    /// An item, of which only the head is read.
    Raw(RawItem<'a>),
    /// Anything else.
    Found(Found),
}

impl Batch {
    /// The file's name.
    pub fn file(&self) -> &Arc<str> {
        &self.file
    }

    /// Whether nothing of the file comes after it.
    pub const fn is_last(&self) -> bool {
        self.is_last
    }

    /// Does `take` with everything in the batch, in its order; `read` reads an item from its text, or says that it is spelled
    /// otherwise. Both are given `with`.
    pub fn each<'a, W>(
        &'a self,
        with: &mut W,
        read: impl Fn(&mut W, &'a str) -> Option<RawItem<'a>>,
        mut take: impl FnMut(&mut W, Content<'a>),
    ) {
        for piece in &self.pieces {
            for content in self.read(piece, |text| read(with, text)) {
                take(with, content);
            }
        }
        self.found.iter().for_each(|found| take(with, Content::Found(found.clone())));
    }

    fn read<'a>(
        &'a self,
        piece: &Piece,
        read: impl FnOnce(&'a str) -> Option<RawItem<'a>>,
    ) -> Vec<Content<'a>> {
        let bytes = &self.bytes[piece.range.clone()];
        let text = match simdutf8::compat::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let (line, column) = self.place(piece.range.start + error.valid_up_to());
                let problem = Diagnostic::new(&*self.file, "is not UTF-8 text").at(line, column);
                return vec![Content::Found(Found::Bad(problem.help("save it as UTF-8")))];
            }
        };
        if piece.kind == Kind::Rest {
            let found = load::from_text(&self.file, text).into_iter();
            return found.map(|found| Content::Found(self.moved(found, piece))).collect();
        }
        if let Some(raw) = read(text) {
            return vec![Content::Raw(raw)];
        }
        match serde_json::from_str(text) {
            Ok(document) => {
                let found = shape::find_at(document, &self.file, &piece.kind.path());
                found.into_iter().map(Content::Found).collect()
            }
            Err(error) => {
                let problem = Found::Bad(load::json_problem(&self.file, text, &error));
                vec![Content::Found(self.moved(problem, piece))]
            }
        }
    }

    /// What was found in a piece, with its place in the file instead of that in the piece.
    fn moved(&self, found: Found, piece: &Piece) -> Found {
        let Found::Bad(mut problem) = found else { return found };
        if let Some(line) = problem.line {
            let (first, column) = self.place(piece.range.start);
            problem.line = Some(first + line - 1);
            if line == 1 {
                problem.column = problem.column.map(|within| within + column - 1);
            }
        }
        Found::Bad(problem)
    }

    /// Line and column of a byte, both from 1.
    fn place(&self, at: usize) -> (usize, usize) {
        let (line, before) = advance(self.start, &self.bytes[..at]);
        (line, before + 1)
    }
}

/// Where `bytes` that begin at `start` end.
fn advance((line, before): (usize, usize), bytes: &[u8]) -> (usize, usize) {
    match memchr::memrchr(b'\n', bytes) {
        Some(last) => (line + memchr::memchr_iter(b'\n', bytes).count(), bytes.len() - last - 1),
        None => (line, before + bytes.len()),
    }
}

/// Where in a file the cutter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Between documents.
    Documents,
    /// In a list.
    List {
        index: usize,
        of_wrapper: bool,
        after: After,
    },
    /// Behind the items of a wrapper.
    Tail,
    Done,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    Open,
    Element,
    Comma,
}

/// A value whose end is looked for.
#[derive(Debug, Clone, Copy)]
struct Value {
    start: usize,
    /// The next byte to look at.
    at: usize,
    depth: usize,
    in_text: bool,
    /// At depth 1 of a document: whether the next text is a name, and where that begins.
    awaits_name: bool,
    name: usize,
}

/// What the search for a value's end came to.
enum Search {
    /// The value ends before that byte.
    End(usize),
    /// `configurationItems` is a list that begins behind that byte.
    Items(usize),
    /// More has to be read.
    More,
}

/// Cuts a file.
pub struct Cutter {
    file: Arc<str>,
    source: Box<dyn Read + Send>,
    bytes: Buffer,
    start: (usize, usize),
    /// The next byte to look at between values.
    at: usize,
    state: State,
    value: Option<Value>,
    /// What was read around the items: it has to be JSON too.
    wrapper: Vec<u8>,
    ended: bool,
    is_new: bool,
    count: usize,
    spare: Spare,
}

impl Cutter {
    /// Begins with the file `name`.
    ///
    /// # Errors
    /// Nothing can be read of it.
    pub fn new(name: &str, source: impl Read + Send + 'static) -> Result<Self, Diagnostic> {
        let mut source = BufReader::with_capacity(BUFFER, source);
        let start = source.fill_buf().map_err(|error| unreadable(name, &error))?;
        let source: Box<dyn Read + Send> =
            if start.starts_with(GZIP) { Box::new(MultiGzDecoder::new(source)) } else { Box::new(source) };
        let spare = Spare::of(2 * BATCH);
        let mut cutter = Self {
            file: name.into(),
            source,
            bytes: spare.take(),
            start: (1, 0),
            at: 0,
            state: State::Documents,
            value: None,
            wrapper: Vec::new(),
            ended: false,
            is_new: true,
            count: 0,
            spare,
        };
        cutter.fill(BATCH)?;
        Ok(cutter)
    }

    /// The next batch; none behind the last.
    pub fn next_batch(&mut self) -> Option<Batch> {
        if self.state == State::Done {
            return None;
        }
        let mut cut = Cut::default();
        let read = self.cut_batch(&mut cut);
        if let Err(problem) = read {
            cut.found.push(Found::Bad(problem));
            self.state = State::Done;
        }
        self.count += cut.pieces.len();
        Some(self.batch(cut))
    }

    fn cut_batch(&mut self, cut: &mut Cut) -> Result<(), Diagnostic> {
        if self.is_new {
            self.is_new = false;
            self.begin()?;
        }
        while self.state != State::Done {
            if self.step(cut)? {
                continue;
            }
            if self.ended {
                let state = std::mem::replace(&mut self.state, State::Done);
                return self.end(state, cut);
            }
            if cut.pieces.last().is_some_and(|piece| piece.range.end > BATCH / 2) {
                break;
            }
            self.fill(BATCH)?;
        }
        Ok(())
    }

    /// What is left at the end of the file.
    fn end(&self, state: State, cut: &mut Cut) -> Result<(), Diagnostic> {
        if state == State::Documents {
            let rest = self.value.map(|value| value.start..self.bytes.len());
            cut.pieces.extend(rest.map(|range| Piece { range, kind: Kind::Rest }));
            return Ok(());
        }
        let (line, column) = self.place(self.bytes.len());
        let read = count(self.count + cut.pieces.len());
        let message = format!("breaks off within a list; {read} read before");
        Err(Diagnostic::new(&*self.file, message)
            .at(line, column)
            .help("see whether the file was cut off on its way"))
    }

    fn place(&self, at: usize) -> (usize, usize) {
        let (line, before) = advance(self.start, &self.bytes[..at]);
        (line, before + 1)
    }

    /// Marks of encodings, and files without anything.
    fn begin(&mut self) -> Result<(), Diagnostic> {
        if let Some((encoding, _)) = encoding_rs::Encoding::for_bom(&self.bytes) {
            if encoding == encoding_rs::UTF_8 {
                self.at = UTF8_BOM.len();
            } else {
                // Such a file is what a shell wrote: not large.
                while !self.ended {
                    self.fill(BATCH)?;
                }
                self.bytes = load::text(&self.file, &self.bytes)?.into_bytes().into();
            }
        }
        if self.ended && self.bytes[self.at..].iter().all(u8::is_ascii_whitespace) {
            return Err(Diagnostic::new(&*self.file, "is empty; expected a configuration item in JSON"));
        }
        Ok(())
    }

    /// Reads about `length` bytes more.
    fn fill(&mut self, length: usize) -> Result<(), Diagnostic> {
        match self.bytes.read(&mut self.source, length) {
            Ok(read) => {
                self.ended = read < length;
                if self.bytes.len() as u64 > MAX_TEXT {
                    let message = format!("holds a document of more than {} MiB", MAX_TEXT >> 20);
                    return Err(Diagnostic::new(&*self.file, message).help("split it"));
                }
                Ok(())
            }
            Err(error) => {
                let mut problem = unreadable(&self.file, &error);
                problem.message += &format!("; {} read before", count(self.count));
                Err(problem)
            }
        }
    }

    /// Hands out what stands before the next value, and keeps the rest.
    fn batch(&mut self, cut: Cut) -> Batch {
        if self.state == State::Done {
            (self.value, self.at) = (None, self.bytes.len());
        }
        let end = self.value.map_or(self.at, |value| value.start);
        let mut rest = self.spare.take();
        self.bytes.split(end, &mut rest);
        let bytes = std::mem::replace(&mut self.bytes, rest);
        let start = self.start;
        self.start = advance(start, &bytes);
        self.at = self.at.saturating_sub(end);
        if let Some(value) = &mut self.value {
            *value = value.moved(end);
        }
        let is_last = self.state == State::Done;
        let (file, spare) = (Arc::clone(&self.file), self.spare.clone());
        Batch { file, bytes, pieces: cut.pieces, start, found: cut.found, is_last, spare }
    }

    /// Goes on to the end of one value or to the next mark between values; false where more has to be read for that.
    fn step(&mut self, cut: &mut Cut) -> Result<bool, Diagnostic> {
        if let Some(mut value) = self.value.take() {
            return Ok(match value.search(&self.bytes, self.state == State::Documents) {
                Search::More => {
                    self.value = Some(value);
                    false
                }
                Search::Items(at) => {
                    self.wrapper = self.bytes[value.start..at].to_vec();
                    self.at = at;
                    self.state = State::List { index: 0, of_wrapper: true, after: After::Open };
                    true
                }
                Search::End(end) => {
                    self.take(value.start..end, cut);
                    true
                }
            });
        }
        let rest = &self.bytes[self.at..];
        let Some(skipped) = rest.iter().position(|byte| !byte.is_ascii_whitespace()) else {
            self.at = self.bytes.len();
            return Ok(false);
        };
        self.at += skipped;
        match (self.state, self.bytes[self.at]) {
            (State::Documents, b'[') => {
                self.state = State::List { index: 0, of_wrapper: false, after: After::Open };
                self.at += 1;
            }
            (State::List { of_wrapper, after: After::Open | After::Element, .. }, b']') => {
                self.at += 1;
                if of_wrapper {
                    self.state = State::Tail;
                    self.value = Some(Value { depth: 1, ..Value::new(self.at) });
                } else {
                    self.state = State::Documents;
                }
            }
            (State::List { index, of_wrapper, after: After::Element }, b',') => {
                self.at += 1;
                self.state = State::List { index, of_wrapper, after: After::Comma };
            }
            (State::List { after: After::Element, .. }, _) | (State::List { .. }, b',' | b']') => {
                let (line, column) = self.place(self.at);
                let message = "is not valid JSON: expected an element and then `,` or `]`";
                let problem = Diagnostic::new(&*self.file, message).at(line, column);
                return Err(problem.help("mend the file there, or save it again from AWS"));
            }
            // What is wrong with it is said when it is read.
            _ => self.value = Some(Value::new(self.at)),
        }
        Ok(true)
    }

    /// Takes a value that ends.
    fn take(&mut self, range: Range<usize>, cut: &mut Cut) {
        self.at = range.end;
        match self.state {
            State::List { index, of_wrapper, .. } => {
                let kind = if of_wrapper { Kind::Item(index) } else { Kind::Element(index) };
                cut.pieces.push(Piece { range, kind });
                self.state = State::List { index: index + 1, of_wrapper, after: After::Element };
            }
            State::Tail => {
                self.state = State::Documents;
                let mut wrapper = std::mem::take(&mut self.wrapper);
                wrapper.push(b']');
                wrapper.extend_from_slice(&self.bytes[range]);
                let text = String::from_utf8_lossy(&wrapper);
                match serde_json::from_str(&text) {
                    Ok(document) => cut.found.extend(shape::find(document, &self.file)),
                    Err(error) => {
                        let message = format!("is not valid JSON around its items: {error}");
                        cut.found.push(Found::Bad(Diagnostic::new(&*self.file, message)));
                    }
                }
            }
            State::Documents | State::Done => cut.pieces.push(Piece { range, kind: Kind::Document }),
        }
    }
}

/// What one batch is made of.
#[derive(Default)]
struct Cut {
    pieces: Vec<Piece>,
    found: Vec<Found>,
}

impl Value {
    const fn new(start: usize) -> Self {
        Self { start, at: start, depth: 0, in_text: false, awaits_name: true, name: 0 }
    }

    const fn moved(self, by: usize) -> Self {
        Self { start: self.start - by, at: self.at - by, name: self.name.saturating_sub(by), ..self }
    }

    /// Looks for the end, from where it came to before; for a list of items on the way, if `of_document`.
    fn search(&mut self, bytes: &[u8], of_document: bool) -> Search {
        // In a copy, which need not be in memory at each byte.
        let mut value = *self;
        let found = value.go_on(bytes, of_document);
        *self = value;
        found
    }

    #[inline]
    fn go_on(&mut self, bytes: &[u8], of_document: bool) -> Search {
        while self.at < bytes.len() {
            if !of_document
                && self.depth > 0
                && let Some(block) = bytes.get(self.at..).and_then(<[u8]>::first_chunk)
                && let Some(found) = self.over_block(block)
            {
                match found {
                    Search::More => continue,
                    end => return end,
                }
            }
            if self.in_text {
                self.at = plain_end(bytes, self.at);
                match bytes.get(self.at) {
                    None => return Search::More,
                    Some(b'"') => {}
                    Some(b'\\') if self.at + 1 == bytes.len() => return Search::More,
                    Some(b'\\') => {
                        self.at += 2;
                        continue;
                    }
                    // A control character, which whoever reads the value says something about.
                    Some(_) => {
                        self.at += 1;
                        continue;
                    }
                }
                let is_items =
                    of_document && self.depth == 1 && self.awaits_name && bytes[self.name..self.at] == *ITEMS;
                if is_items {
                    match list_behind(&bytes[self.at + 1..]) {
                        None => return Search::More,
                        Some(Some(length)) => return Search::Items(self.at + 1 + length),
                        Some(None) => {}
                    }
                }
                self.in_text = false;
                self.awaits_name = false;
                self.at += 1;
                if self.depth == 0 {
                    return Search::End(self.at);
                }
                continue;
            }
            match bytes[self.at] {
                b'"' => {
                    self.in_text = true;
                    self.name = self.at + 1;
                }
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        self.at += 1;
                        return Search::End(self.at);
                    }
                }
                b',' if self.depth == 1 => self.awaits_name = true,
                // A number, a word, or what is no JSON: to the end of the element or of the line.
                b',' | b'\n' if self.depth == 0 => return Search::End(self.at),
                _ => {}
            }
            self.at += 1;
        }
        Search::More
    }

    /// Goes over sixty-four bytes at once, within a list or an object; none where they must be looked at in turn.
    #[inline]
    fn over_block(&mut self, block: &Block) -> Option<Search> {
        let texts = Texts::of(block, self.in_text);
        if texts.backslashes & !texts.inside != 0 {
            return None;
        }
        let opens = blocks::find(block, blocks::is_open) & !texts.inside;
        let closes = blocks::find(block, blocks::is_close) & !texts.inside;
        let down = closes.count_ones() as usize;
        if down < self.depth {
            self.depth = self.depth + opens.count_ones() as usize - down;
        } else {
            let mut all = opens | closes;
            while all != 0 {
                let place = all.trailing_zeros();
                all &= all - 1;
                if opens >> place & 1 == 1 {
                    self.depth += 1;
                } else {
                    self.depth -= 1;
                    if self.depth == 0 {
                        self.at += place as usize + 1;
                        self.in_text = false;
                        return Some(Search::End(self.at));
                    }
                }
            }
        }
        self.in_text = texts.go_on();
        self.at += texts.length();
        Some(Search::More)
    }
}

/// How long `: [` is, whose first byte is that of `bytes`. None inside: what stands there is no list; none: it is not known yet.
#[expect(clippy::option_option, reason = "to know that it is none is not to know nothing")]
fn list_behind(bytes: &[u8]) -> Option<Option<usize>> {
    let mut marks = bytes.iter().enumerate().filter(|(_, byte)| !byte.is_ascii_whitespace());
    if *marks.next()?.1 != b':' {
        return Some(None);
    }
    let (at, mark) = marks.next()?;
    Some((*mark == b'[').then_some(at + 1))
}

fn count(items: usize) -> String {
    if items == 1 { "1 item was".to_owned() } else { format!("{items} items were") }
}

fn unreadable(name: &str, error: &std::io::Error) -> Diagnostic {
    Diagnostic::new(name, format!("cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::{Cursor, Write};

    /// A source that gives little at a time.
    struct Slow(Cursor<Vec<u8>>, usize);

    impl Read for Slow {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let length = buffer.len().min(self.1);
            self.0.read(&mut buffer[..length])
        }
    }

    /// Ids of items, and problems as they are told.
    fn all(bytes: &[u8]) -> Vec<String> {
        let mut cutter = Cutter::new("f", Slow(Cursor::new(bytes.to_vec()), 7)).unwrap();
        let mut found = Vec::new();
        while let Some(batch) = cutter.next_batch() {
            batch.each(
                &mut found,
                |_, text| RawItem::cut(text),
                |found, content| {
                    found.push(match content {
                        Content::Raw(raw) => format!("raw {}", raw.head.resource.resource_id),
                        Content::Found(Found::Item(item)) => item.resource.resource_id,
                        Content::Found(Found::NoItem(name)) => format!("no item: {name}"),
                        Content::Found(Found::Bad(problem)) => problem.to_string(),
                    });
                },
            );
        }
        found
    }

    fn item(id: &str) -> String {
        format!(
            "{{\"configuration\": {{\"a\": [\"]}}\\\"\\\\\"]}}, \"resourceType\": \"A::B::C\", \"resourceId\": \"{id}\"}}"
        )
    }

    #[test]
    fn every_wrapper_gives_its_items() {
        let (a, b) = (item("a"), item("b"));
        for text in [
            format!("{{\"fileVersion\": \"1.0\", \"configurationItems\" : [{a},\n{b}], \"after\": [1]}}"),
            format!("[{a} , {b}]"),
            format!("{a}\n{b}\n"),
            format!("{a}{b}"),
            format!("\u{feff}[{a},{b}]"),
        ] {
            assert_eq!(all(text.as_bytes()), ["raw a", "raw b"], "{text}");
            let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
            packed.write_all(text.as_bytes()).unwrap();
            assert_eq!(all(&packed.finish().unwrap()), ["raw a", "raw b"], "{text}");
        }
        let utf16: Vec<u8> =
            [0xff, 0xfe].into_iter().chain(a.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(all(&utf16), ["raw a"]);
        let event = serde_json::json!({"invokingEvent": format!("{{\"configurationItem\": {a}}}")});
        assert_eq!(all(event.to_string().as_bytes()), ["a"]);
        assert_eq!(all(b"{\"configurationItems\": []}"), [""; 0]);
    }

    /// Where a value ends, byte by byte.
    fn end_of(bytes: &[u8]) -> Option<usize> {
        let (mut depth, mut in_text, mut is_escaped) = (0_usize, false, false);
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' if in_text => is_escaped = true,
                b'"' => in_text = !in_text,
                b'{' | b'[' if !in_text => depth += 1,
                b'}' | b']' if !in_text => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(at + 1);
                    }
                }
                _ => {}
            }
        }
        None
    }

    #[test]
    fn many_bytes_at_once_end_where_each_in_turn_does() {
        let mut random = 7_u32;
        let mut next = |below: usize| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (random as usize >> 8 & 0xffff) % below
        };
        let (mut ended, mut texts) = (0, 0);
        for alphabet in
            ["{}[]\"\\a, ", "{}\"aaaaaaaaaaaaaaaaaaaaa", "\\\\\\\\\\\"{}[", "{[\"aaaaaaaaaaaaaaaaa}"]
        {
            for _ in 0..3000 {
                let length = next(400);
                let marks: Vec<u8> = (0..length).map(|_| alphabet.as_bytes()[next(alphabet.len())]).collect();
                let bytes = [&b"{"[..], &marks].concat();
                let mut value = Value::new(0);
                // What is there first is not all.
                let first = next(bytes.len() + 1);
                let found = match value.search(&bytes[..first], false) {
                    Search::More => value.search(&bytes, false),
                    found => found,
                };
                let end = if let Search::End(end) = found { Some(end) } else { None };
                assert_eq!(end, end_of(&bytes), "{}", String::from_utf8_lossy(&bytes));
                ended += usize::from(end.is_some_and(|end| end > 64));
                texts += usize::from(end.is_none());
            }
        }
        assert!(ended > 300 && texts > 1000, "{ended} {texts}");
    }

    #[test]
    fn large_files_come_in_batches_and_lines_are_counted_through() {
        let mut text = "{\"configurationItems\": [\n".to_owned();
        for number in 0..30_000 {
            text += &format!("{},\n", item(&number.to_string()));
        }
        text += "{\"resourceType\": }]}";
        let found = all(text.as_bytes());
        assert_eq!(found.len(), 30_001);
        assert!((0..30_000).all(|number| found[number] == format!("raw {number}")));
        assert!(found[30_000].starts_with("f:30002:18: is not valid JSON"), "{}", found[30_000]);
    }

    #[test]
    fn what_is_wrong_is_named_where_it_is_and_hides_nothing() {
        let (a, b) = (item("a"), item("b"));
        for (text, problem) in [
            (format!("[{a}, {{\"resourceType\": \"T\"}}, {b}]"), "f: [1].resourceId: is missing"),
            (format!("{{\"configurationItems\": [{a}, 7, {b}]}}"), "f: configurationItems[1]: is a number"),
            (format!("{a}\n{{\"a\": }}\n{b}"), "f:2:7: is not valid JSON"),
            (format!("{a}\n{{\"a\": \n{b}"), "f:2:"),
        ] {
            let found = all(text.as_bytes());
            assert!(found.iter().any(|found| found.starts_with(problem)), "{text}: {found:?}");
            assert!(found.contains(&"raw a".to_owned()), "{text}: {found:?}");
            assert!(found.iter().any(|found| found.ends_with('b')), "{text}: {found:?}");
        }
        for (text, problem) in [
            (
                format!("[{a} {b}]"),
                &format!("f:1:{}: is not valid JSON: expected an element and then `,` or `]`", a.len() + 3)[..],
            ),
            (format!("[{a},,{b}]"), "expected an element"),
            (format!("[{a},{b}"), "breaks off within a list; 2 items were read before"),
            (format!("{{\"configurationItems\": [{a},"), "breaks off within a list; 1 item was read before"),
            (format!("{{\"x\" 1, \"configurationItems\": [{a}]}}"), "is not valid JSON around its items"),
        ] {
            let found = all(text.as_bytes());
            assert_eq!(found[0], "raw a", "{text}: {found:?}");
            assert!(found.last().unwrap().contains(problem), "{text}: {found:?}");
        }
        for (bytes, problem) in [
            (&b""[..], "is empty"),
            (b" \n ", "is empty"),
            (b"\xff\x00", "is not UTF-8 text"),
            (b"true", "is a boolean"),
            (b"{\"hello\": 1}", "no configuration item in it"),
            (b"hello", "is not valid JSON"),
            (b"}", "is not valid JSON"),
        ] {
            let found = all(bytes);
            assert!(matches!(&found[..], [found] if found.contains(problem)), "{bytes:?}: {found:?}");
        }
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(format!("[{a},{b}]").as_bytes()).unwrap();
        let packed = packed.finish().unwrap();
        assert!(Cutter::new("f", Slow(Cursor::new(packed[..packed.len() - 12].to_vec()), 9)).is_err());
    }
}
