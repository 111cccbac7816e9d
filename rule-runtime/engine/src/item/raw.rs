//! One item that is not read yet beyond what every item has: its type decides whether there is anything to read.
//!
//! In: the text of one item. Out: a [`RawItem`], where the text is spelled as the rule event spells it; whatever is spelled
//! otherwise, or is wrong, goes the long way of [`super::normalise`], which says what is wrong.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::Arc;

use jiff::Timestamp;
use serde::de::Error;
use serde_json::Value;

use super::normalise::{TIMES, is_renamed};
use super::reader::Reader;
use super::tree::Tree;
use super::{ConfigurationItem, ItemStatus, time};
use crate::policy::mask::Mask;
use crate::verdict::ResourceKey;

/// An item as text, of which is read what every item says of itself, and what was wanted on the way.
#[derive(Debug)]
pub struct RawItem<'a> {
    /// What every item says of itself; its document is null.
    pub head: ConfigurationItem,
    json: &'a str,
    fields: Fields<'a>,
    /// What a mask keeps, where that was known beforehand.
    kept: Option<(Arc<Mask>, Kept<'a>)>,
}

/// What a mask keeps of an item.
#[derive(Debug)]
enum Kept<'a> {
    Built(Tree<'a>),
    /// As a text by which it is known again.
    Key(String),
}

impl<'a> RawItem<'a> {
    /// Cuts `json` into fields and reads those that every item has.
    ///
    /// None where the text is not a JSON object in the spelling of the rule event.
    pub fn cut(json: &'a str) -> Option<Self> {
        let fields = Fields::of(json, &mut How::Cut)?;
        let head = head(&fields)?;
        Some(Self { head, json, fields, kept: None })
    }

    /// The same, and builds what `mask` keeps in one go if the item is of that type.
    pub fn read(json: &'a str, resource_type: &str, mask: &Arc<Mask>) -> Option<Self> {
        let mut fields = Fields::of(json, &mut How::Build(mask))?;
        let head = head(&fields)?;
        if head.resource.resource_type != resource_type {
            return Self::cut(json);
        }
        let built = fields.build(mask, None).ok()?;
        Some(Self { head, json, fields, kept: Some((Arc::clone(mask), Kept::Built(built))) })
    }

    /// The same, but what `mask` keeps is not built: there is a text of it that no other such item has. It begins with `place`.
    pub fn keyed(json: &'a str, resource_type: &str, mask: &Arc<Mask>, place: usize) -> Option<Self> {
        let mut key = String::with_capacity(json.len() / 4);
        let _ = write!(key, "{place} ");
        let fields = Fields::of(json, &mut How::Key(mask, &mut key))?;
        let head = head(&fields)?;
        let is_meant = head.resource.resource_type == resource_type;
        let kept = is_meant.then(|| (Arc::clone(mask), Kept::Key(key)));
        Some(Self { head, json, fields, kept })
    }

    /// The type that the item seems to be of, to be [`read`](Self::read) in one go: such as AWS writes them say it at their end.
    pub fn seeming_type(json: &str) -> Option<&str> {
        const NAME: &[u8] = b"\"resourceType\"";
        const END: usize = 1024;
        let end = &json.as_bytes()[json.len().saturating_sub(END)..];
        let behind = &end[memchr::memmem::rfind(end, NAME)? + NAME.len()..];
        let text = behind.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start().strip_prefix(b"\"")?;
        std::str::from_utf8(&text[..memchr::memchr(b'"', text)?]).ok()
    }

    /// Its text.
    pub const fn json(&self) -> &'a str {
        self.json
    }

    /// The input of a policy where it was built with that very mask.
    pub fn built(&self, mask: &Mask) -> Option<&Tree<'a>> {
        match self.kept(mask)? {
            Kept::Built(tree) => Some(tree),
            Kept::Key(_) => None,
        }
    }

    /// What stands for the input of a policy where it was made with that very mask.
    pub fn key(&self, mask: &Mask) -> Option<&str> {
        match self.kept(mask)? {
            Kept::Key(key) => Some(key),
            Kept::Built(_) => None,
        }
    }

    /// Whether it was [`read`](Self::read) or [`keyed`](Self::keyed) with that very mask.
    pub fn is_for(&self, mask: &Mask) -> bool {
        self.kept(mask).is_some()
    }

    fn kept(&self, mask: &Mask) -> Option<&Kept<'a>> {
        self.kept.as_ref().filter(|(own, _)| std::ptr::eq(&raw const **own, mask)).map(|(_, kept)| kept)
    }

    /// The input of a policy, as far as `mask` keeps it.
    ///
    /// # Errors
    /// A field is nested deeper than JSON is read.
    pub fn tree(&self, mask: &Mask) -> serde_json::Result<Tree<'_>> {
        if self.fields.lack(mask) {
            let fields = Fields::of(self.json, &mut How::Cut);
            return fields.ok_or_else(|| Error::custom("it is no item"))?.build(mask, None);
        }
        let mut fields: Fields<'_> = self.fields.clone();
        fields.build(mask, self.key(mask))
    }
}

/// Fields that are objects and may be null.
const OBJECTS: [&str; 2] = ["supplementaryConfiguration", "tags"];

fn parsed_time(text: &str) -> Option<Timestamp> {
    time::parse(&Value::String(text.to_owned()))
}

fn normal_time(text: Cow<'_, str>) -> Cow<'_, str> {
    match parsed_time(&text).map(time::format) {
        Some(normal) if normal != text => Cow::Owned(normal),
        _ => text,
    }
}

/// None where the long way has to be gone.
fn head(fields: &Fields<'_>) -> Option<ConfigurationItem> {
    let mut resource = ResourceKey { resource_type: String::new(), resource_id: String::new() };
    let (mut account_id, mut region, mut arn) = (None, None, None);
    let (mut status, mut capture_time) = (ItemStatus::Live, None);
    for (name, value) in &fields.0 {
        let json = match value {
            Field::Raw(raw) | Field::Keyed(raw, _) => raw,
            Field::Built(Tree::Object(_) | Tree::Null) => continue,
            Field::Built(tree) if *name == "configuration" && !matches!(tree, Tree::Text(_)) => continue,
            Field::Built(_) | Field::Taken => return None,
        };
        match *name {
            "resourceType" => resource.resource_type = text(json)??.into_owned(),
            "resourceId" => resource.resource_id = text(json)??.into_owned(),
            "awsAccountId" => account_id = text(json)?,
            "awsRegion" => region = text(json)?,
            "ARN" => arn = text(json)?,
            "configurationItemStatus" => {
                status = match text(json)?.as_deref() {
                    None | Some("OK" | "ResourceDiscovered") => ItemStatus::Live,
                    Some("ResourceDeleted" | "ResourceDeletedNotRecorded") => ItemStatus::Deleted,
                    Some("ResourceNotRecorded") => ItemStatus::NotRecorded,
                    Some(_) => return None,
                };
            }
            "configurationItemCaptureTime" => {
                if let Some(text) = text(json)? {
                    capture_time = Some(parsed_time(&text)?);
                }
            }
            "resourceCreationTime" | "configurationItemDeliveryTime" => {
                if let Some(text) = text(json)? {
                    parsed_time(&text)?;
                }
            }
            // As text it holds JSON, and so do the values beside it.
            "configuration" if json.starts_with('"') => return None,
            "supplementaryConfiguration" | "tags" if !json.starts_with(['{', 'n']) => return None,
            "relationships" if !json.starts_with(['[', 'n']) || json.contains("relationshipName") => {
                return None;
            }
            _ if is_renamed(name) || super::shape::WRAPPERS.contains(name) => {
                return None;
            }
            _ => {}
        }
    }
    let is_said = |text: &str| !text.trim().is_empty();
    (is_said(&resource.resource_type) && is_said(&resource.resource_id)).then(|| ConfigurationItem {
        resource,
        account_id: account_id.map(Cow::into_owned),
        region: region.map(Cow::into_owned),
        arn: arn.map(Cow::into_owned),
        status,
        capture_time,
        document: Value::Null,
    })
}

/// A text or null; none where it is something else.
#[expect(clippy::option_option, reason = "neither of the two is an error to tell of here")]
fn text(json: &str) -> Option<Option<Cow<'_, str>>> {
    if json == "null" {
        return Some(None);
    }
    if let Some(inner) = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'))
        && !inner.contains('\\')
    {
        return Some(Some(Cow::Borrowed(inner)));
    }
    serde_json::from_str::<String>(json).ok().map(|text| Some(Cow::Owned(text)))
}

/// Fields that may be large: what is wanted of them is built where they are read, and is all of them by which an item is known
/// again.
const LARGE: [&str; 3] = ["configuration", "supplementaryConfiguration", "tags"];

/// The field that AWS writes as a number and as a text of one.
const STATE_ID: &str = "configurationStateId";

#[derive(Debug, Clone)]
enum Field<'a> {
    Raw(&'a str),
    /// Of [`LARGE`]; behind that place of the key is what a mask keeps of it.
    Keyed(&'a str, usize),
    /// Of [`LARGE`].
    Built(Tree<'a>),
    /// It was built, and is elsewhere.
    Taken,
}

/// What is done with the fields on the way.
enum How<'m> {
    Cut,
    /// What the mask keeps of [`LARGE`] ones is built.
    Build(&'m Mask),
    /// What the mask keeps is appended.
    Key(&'m Mask, &'m mut String),
}

impl How<'_> {
    /// Reads the value of a field, by the places where its name and its value begin; and where it ends.
    fn field<'a>(
        &mut self,
        reader: Reader<'a>,
        name: &str,
        (from, at): (usize, usize),
    ) -> Option<(Field<'a>, usize)> {
        let is_large = LARGE.contains(&name);
        match self {
            How::Cut => {}
            How::Build(mask) => {
                if let Some(mask) = mask.field(name).filter(|_| is_large) {
                    return reader.tree(at, mask).map(|(tree, end)| (Field::Built(tree), end));
                }
            }
            How::Key(mask, key) => {
                if let Some(mask) = mask.field(name) {
                    // What is made of the others does not follow from a part of them.
                    let mask = if is_large { mask } else { &Mask::All };
                    let place = key.len() + at - from;
                    let end = reader.key(from, at, mask, key)?;
                    key.push(',');
                    let raw = reader.between(at, end)?;
                    return Some((if is_large { Field::Keyed(raw, place) } else { Field::Raw(raw) }, end));
                }
            }
        }
        reader.raw(at).map(|(raw, end)| (Field::Raw(raw), end))
    }
}

/// The fields of an object, in their order, a name once: of two the last counts.
#[derive(Debug, Clone)]
struct Fields<'a>(Vec<(&'a str, Field<'a>)>);

impl<'a> Fields<'a> {
    fn of(json: &'a str, how: &mut How<'_>) -> Option<Self> {
        let reader = Reader::new(json);
        let mut fields: Vec<(&str, Field<'_>)> = Vec::with_capacity(24);
        let end = reader.object(0, |name, from, at| {
            let (value, end) = how.field(reader, name, (from, at))?;
            match fields.iter_mut().find(|(known, _)| *known == name) {
                Some(known) => known.1 = value,
                None => fields.push((name, value)),
            }
            Some(end)
        })?;
        reader.end(end)?;
        Some(Self(fields))
    }

    /// Whether something that `mask` keeps is not here any more.
    fn lack(&self, mask: &Mask) -> bool {
        self.0.iter().any(|(name, field)| matches!(field, Field::Taken) && mask.field(name).is_some())
    }

    /// What `mask` keeps; what was built beforehand is taken for it, and what is in a `key` that was made with it is read there.
    fn build(&mut self, mask: &Mask, key: Option<&'a str>) -> serde_json::Result<Tree<'a>> {
        let mut kept = Vec::with_capacity(self.0.len());
        for (name, field) in &mut self.0 {
            let Some(mask) = mask.field(name) else { continue };
            // A text that may be a number.
            let mask = if *name == STATE_ID { &Mask::All } else { mask };
            let value = match field {
                Field::Raw(raw) => Tree::read(raw, mask)?,
                Field::Keyed(raw, place) => {
                    match key.and_then(|key| Reader::new(key).tree(*place, &Mask::All)) {
                        Some((tree, _)) => tree,
                        None => Tree::read(raw, mask)?,
                    }
                }
                field => match std::mem::replace(field, Field::Taken) {
                    Field::Built(tree) => tree,
                    Field::Raw(_) | Field::Keyed(..) | Field::Taken => continue,
                },
            };
            kept.push((Cow::Borrowed(*name), usual(name, value)));
        }
        Ok(whole(kept, mask))
    }
}

/// What is kept of a field, as every item has it.
fn usual<'a>(name: &str, value: Tree<'a>) -> Tree<'a> {
    match value {
        Tree::Null if name == "relationships" => Tree::List(Vec::new()),
        Tree::Null if OBJECTS.contains(&name) => Tree::Object(Vec::new()),
        Tree::Text(text) if TIMES.contains(&name) => Tree::Text(normal_time(text)),
        Tree::Text(text) if name == STATE_ID => text.parse().map_or(Tree::Text(text), Tree::Unsigned),
        other => other,
    }
}

/// The three fields that an item always has come to what is `kept`.
fn whole<'a>(mut kept: Vec<(Cow<'a, str>, Tree<'a>)>, mask: &Mask) -> Tree<'a> {
    for (name, empty) in [
        ("supplementaryConfiguration", Tree::Object(Vec::new())),
        ("tags", Tree::Object(Vec::new())),
        ("relationships", Tree::List(Vec::new())),
    ] {
        if mask.field(name).is_some() && !kept.iter().any(|(field, _)| field == name) {
            kept.push((Cow::Borrowed(name), empty));
        }
    }
    Tree::Object(kept)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::policy::mask::Parts;

    const ITEM: &str = r#"{
        "relationships": [{"resourceType": "T", "resourceId": "i", "name": "Is in"}],
        "configuration": {"a": {"b": 1, "c": "\u65e5"}, "d": [1]}, "tags": null,
        "configurationItemVersion": "1.3", "configurationItemCaptureTime": "2026-11-23T01:00:00Z",
        "configurationStateId": "1795395600000", "awsAccountId": "123456789012",
        "configurationItemStatus": "ResourceDiscovered", "resourceType": "A::B::C", "resourceId": "x\"y",
        "resourceName": "n", "ARN": "arn:aws:x", "awsRegion": "ap-northeast-1", "resourceCreationTime": null
    }"#;

    fn long(text: &str) -> ConfigurationItem {
        let map = serde_json::from_str(text).unwrap();
        ConfigurationItem::from_map(map, "f", "").unwrap()
    }

    #[test]
    fn both_ways_come_to_the_same_item() {
        let raw = RawItem::cut(ITEM).unwrap();
        let long = long(ITEM);
        assert_eq!(raw.head, ConfigurationItem { document: Value::Null, ..long.clone() });
        let rego = |tree: &Tree| crate::evaluate::convert::to_rego(tree, &Mask::All).unwrap();
        assert_eq!(rego(&raw.tree(&Mask::All).unwrap()), rego(&Tree::of(&long.document, &Mask::All)));
    }

    #[test]
    fn what_is_read_in_one_go_is_what_is_read_of_fields() {
        let masks = [Mask::All, Mask::default()].map(Arc::new);
        let many = format!("{{\"configuration\": [\"z\"], {}", &ITEM[1..]);
        for (from, to) in [
            ("", ""),
            ("\"tags\": null", "\"supplementaryConfiguration\": null"),
            ("\"tags\": null", "\"supplementaryConfiguration\": {\"a\": \"{}\"}"),
            ("{\"a\": {\"b\": 1, \"c\": \"\\u65e5\"}, \"d\": [1]}", "null"),
            ("{\"a\": {\"b\": 1, \"c\": \"\\u65e5\"}, \"d\": [1]}", "[1]"),
        ] {
            let text = many.replacen(from, to, 1);
            let cut = RawItem::cut(&text).unwrap();
            for mask in &masks {
                let read = RawItem::read(&text, "A::B::C", mask).unwrap();
                assert_eq!(read.head, cut.head);
                assert_eq!(read.built(mask), Some(&cut.tree(mask).unwrap()), "{to}");
                // What other masks keep is had from the text again.
                for other in &masks {
                    assert_eq!(read.tree(other).unwrap(), cut.tree(other).unwrap(), "{to}");
                }
                let of_another = RawItem::read(&text, "A::B::D", mask).unwrap();
                assert_eq!((of_another.head, read.built(&Mask::All)), (read.head.clone(), None));
                assert!(of_another.kept.is_none());
            }
        }
        assert_eq!(RawItem::seeming_type(ITEM), Some("A::B::C"));
        assert_eq!(RawItem::seeming_type("{\"resourceType\": 1}"), None);
    }

    #[test]
    fn a_key_stands_for_what_is_kept_and_for_nothing_else() {
        let kept = [("awsRegion", Mask::All), ("configuration", Mask::default()), ("tags", Mask::default())];
        let kept = kept.map(|(name, mask)| (name.to_owned(), mask)).into_iter().collect();
        let mask = Arc::new(Mask::Parts(Parts { names: kept, ..Parts::default() }));
        let key = |text: &str, place| {
            let raw = RawItem::keyed(text, "A::B::C", &mask, place).unwrap();
            let cut = RawItem::cut(text).unwrap();
            assert_eq!(
                (&raw.head, raw.tree(&mask).unwrap()),
                (&cut.head, cut.tree(&mask).unwrap()),
                "{text}"
            );
            assert_eq!((raw.built(&mask), cut.key(&mask)), (None, None));
            raw.key(&mask).unwrap().to_owned()
        };
        let first = key(ITEM, 1);
        assert_ne!(key(ITEM, 2), first);
        for (from, to, is_same) in [
            ("\"n\"", "\"m\"", true),
            ("\"d\": [1]", "\"d\": [2]", true),
            ("ap-northeast-1", "ap-northeast-3", false),
            ("\"configuration\": {", "\"configuration\": null, \"c\": {", false),
        ] {
            let changed = ITEM.replacen(from, to, 1);
            assert_ne!(changed, ITEM, "{from}");
            assert_eq!(key(&changed, 1) == first, is_same, "{to}");
        }
        let tagged = |tags: &str| ITEM.replacen("\"tags\": null", &format!("\"tags\": {tags}"), 1);
        let first = key(&tagged("{\"a\": \"b\"}"), 1);
        assert_eq!(key(&tagged("{\"c\": \"d\", \"e\": \"f\"}"), 1), first);
        let of_another = RawItem::keyed(ITEM, "A::B::D", &mask, 1).unwrap();
        assert_eq!(of_another.key(&mask), None);
        assert_eq!(of_another.head, RawItem::cut(ITEM).unwrap().head);
    }

    #[test]
    fn what_a_key_holds_is_read_there() {
        let parts = |names: &[(&str, Mask)]| {
            let names = names.iter().map(|(name, mask)| ((*name).to_owned(), mask.clone()));
            Mask::Parts(Parts { names: names.collect(), ..Parts::default() })
        };
        let of_a = parts(&[("a", parts(&[("b", Mask::All)]))]);
        let mask = Arc::new(parts(&[("configuration", of_a), ("awsRegion", Mask::All)]));
        for lead in ["", "\n\t ", "\"more\": {\"than\": \"this\"}, "] {
            let text = ITEM.replacen("\"configuration\":", &format!("{lead}\"configuration\" :"), 1);
            let raw = RawItem::keyed(&text, "A::B::C", &mask, 12).unwrap();
            let key = raw.key(&mask).unwrap();
            // So that it shows from where it is.
            let another = key.replacen("\"b\": 1", "\"b\": 7", 1);
            assert_ne!(another, key);
            let mut fields: Fields<'_> = raw.fields.clone();
            let tree = fields.build(&mask, Some(&another)).unwrap();
            let b = tree.field("configuration").unwrap().field("a").unwrap().field("b");
            assert_eq!(b, Some(&Tree::Unsigned(7)), "{lead}");
        }
    }

    #[test]
    fn what_is_spelled_otherwise_or_wrong_goes_the_long_way() {
        for (from, to) in [
            ("\"awsAccountId\"", "\"accountId\""),
            ("{\"a\": {\"b\": 1, \"c\": \"\\u65e5\"}, \"d\": [1]}", "\"{}\""),
            ("\"name\": \"Is in\"", "\"relationshipName\": \"Is in\""),
            ("\"tags\": null", "\"tags\": [{\"key\": \"a\"}]"),
            ("\"ResourceDiscovered\"", "\"Gone\""),
            ("2026-11-23T01:00:00Z", "yesterday"),
            ("\"A::B::C\"", "\" \""),
            ("\"123456789012\"", "1"),
            ("\"resourceId\": \"x", "\"id\": \"x"),
            ("\"d\": [1]", "\"d\": [1 2]"),
        ] {
            let changed = ITEM.replacen(from, to, 1);
            assert_ne!(changed, ITEM, "{from}");
            assert!(RawItem::cut(&changed).is_none(), "{to}");
            assert!(RawItem::read(&changed, "A::B::C", &Arc::new(Mask::All)).is_none(), "{to}");
        }
    }

    #[test]
    fn of_two_fields_with_one_name_the_last_counts() {
        let twice = ITEM.replacen('{', "{\"awsRegion\": \"eu-west-1\", \"configuration\": {\"z\": 1},", 1);
        let raw = RawItem::cut(&twice).unwrap();
        assert_eq!(raw.head.region.as_deref(), Some("ap-northeast-1"));
        assert_eq!(raw.tree(&Mask::All).unwrap().field("configuration").unwrap().field("z"), None);
    }

    #[test]
    fn a_number_that_is_a_text_is_a_number_also_where_only_its_kind_is_kept() {
        let names = [(STATE_ID.to_owned(), Mask::default())].into_iter().collect();
        let mask = Mask::Parts(Parts { names, ..Parts::default() });
        let raw = RawItem::cut(ITEM).unwrap();
        assert_eq!(raw.tree(&mask).unwrap().field(STATE_ID), Some(&Tree::Unsigned(1_795_395_600_000)));
    }
}
