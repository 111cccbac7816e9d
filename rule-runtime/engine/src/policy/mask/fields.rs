//! Masks of fields by name, in the order of the names: few, and one is looked up for every field of every item.

use super::Mask;

/// Fields by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, Mask)>);

/// So many names are compared in turn, which is quicker than halving as most differ in their lengths.
const FEW: usize = 16;

impl Fields {
    /// The mask of the field `name`.
    pub fn get(&self, name: &str) -> Option<&Mask> {
        if self.0.len() > FEW {
            return self.place(name).ok().map(|place| &self.0[place].1);
        }
        self.0.iter().find(|(known, _)| are_equal(known.as_bytes(), name.as_bytes())).map(|(_, mask)| mask)
    }

    /// The mask of the field `name`, that of nothing if it is new.
    pub fn entry(&mut self, name: &str) -> &mut Mask {
        let place = self.place(name).unwrap_or_else(|place| {
            self.0.insert(place, (name.to_owned(), Mask::default()));
            place
        });
        &mut self.0[place].1
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.as_str().cmp(name))
    }

    /// Names and masks, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Mask)> {
        self.0.iter().map(|(name, mask)| (name.as_str(), mask))
    }

    /// The masks, to be changed.
    pub fn masks_mut(&mut self) -> impl Iterator<Item = &mut Mask> {
        self.0.iter_mut().map(|(_, mask)| mask)
    }
}

/// Whether two names are the same. Most that are compared differ in their lengths or their first eight bytes, and the others
/// are short.
fn are_equal(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    match (one.first_chunk::<8>(), other.first_chunk::<8>()) {
        (Some(first), Some(second)) => {
            u64::from_le_bytes(*first) == u64::from_le_bytes(*second) && one[8..] == other[8..]
        }
        _ => one == other,
    }
}

impl FromIterator<(String, Mask)> for Fields {
    fn from_iter<T: IntoIterator<Item = (String, Mask)>>(fields: T) -> Self {
        let mut made = Self::default();
        fields.into_iter().for_each(|(name, mask)| *made.entry(&name) = mask);
        made
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn few_and_many_are_found_and_stand_in_their_order() {
        for count in [0, 1, FEW, FEW + 1, 100] {
            let names: Vec<String> = (0..count).rev().map(|number| format!("n{number}")).collect();
            let mut fields: Fields = names.iter().map(|name| (name.clone(), Mask::All)).collect();
            assert!(names.iter().all(|name| fields.get(name) == Some(&Mask::All)), "{count}");
            assert!(fields.get("n").is_none() && fields.get("m1").is_none());
            *fields.entry("m1") = Mask::default();
            fields.entry("m1").join(&Mask::All);
            assert_eq!(fields.iter().count(), count + 1);
            assert!(fields.iter().is_sorted_by_key(|(name, _)| name.to_owned()));
            assert_eq!(fields.iter().next().unwrap(), ("m1", &Mask::All));
        }
    }
}
