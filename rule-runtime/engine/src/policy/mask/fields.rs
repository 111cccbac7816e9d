//! Masks of fields by name, in the order of the names: few, and one is looked up for every field of every item.

use super::Mask;

/// Fields by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields {
    named: Vec<(String, Mask)>,
    /// A bit for each length that a name has; the last is for all longer ones too. Most names that are asked for are of none.
    lengths: u64,
}

/// So many names are compared in turn, which is quicker than halving as most differ in their lengths.
const FEW: usize = 16;

impl Fields {
    /// The mask of the field `name`.
    pub fn get(&self, name: &str) -> Option<&Mask> {
        if self.lengths & length_bit(name) == 0 {
            return None;
        }
        if self.named.len() > FEW {
            return self.place(name).ok().map(|place| &self.named[place].1);
        }
        self.named.iter().find(|(known, _)| are_equal(known, name)).map(|(_, mask)| mask)
    }

    /// The mask of the field `name`, that of nothing if it is new.
    pub fn entry(&mut self, name: &str) -> &mut Mask {
        let place = self.place(name).unwrap_or_else(|place| {
            self.named.insert(place, (name.to_owned(), Mask::default()));
            self.lengths |= length_bit(name);
            place
        });
        &mut self.named[place].1
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.named.binary_search_by(|(known, _)| known.as_str().cmp(name))
    }

    /// Names and masks, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Mask)> {
        self.named.iter().map(|(name, mask)| (name.as_str(), mask))
    }

    /// The masks, to be changed.
    pub fn masks_mut(&mut self) -> impl Iterator<Item = &mut Mask> {
        self.named.iter_mut().map(|(_, mask)| mask)
    }
}

const fn length_bit(name: &str) -> u64 {
    let last = u64::BITS as usize - 1;
    1 << if name.len() < last { name.len() } else { last }
}

/// Whether two names are the same. Most that are compared differ in their lengths or their first bytes, and the others are
/// short.
pub fn are_equal(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    if let (Some(first), Some(second)) = (one.first_chunk::<8>(), other.first_chunk::<8>()) {
        return u64::from_le_bytes(*first) == u64::from_le_bytes(*second)
            && one.last_chunk::<8>() == other.last_chunk::<8>()
            && (one.len() <= 16 || one[8..] == other[8..]);
    }
    match (one.first_chunk::<4>(), other.first_chunk::<4>()) {
        (Some(first), Some(second)) => first == second && one.last_chunk::<4>() == other.last_chunk::<4>(),
        _ => one.iter().zip(other).all(|(one, other)| one == other),
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
    fn names_are_equal_where_each_byte_is() {
        let name = "0123456789abcdefghijklmnopqrstuvwxyz";
        for length in 0..=name.len() {
            let one = &name[..length];
            assert!(are_equal(one, &one.chars().collect::<String>()));
            assert!(!are_equal(one, &format!("{one}x")));
            for place in 0..length {
                let mut other = one.to_owned();
                other.replace_range(place..=place, "-");
                assert!(!are_equal(one, &other), "{other}");
            }
        }
    }

    #[test]
    fn few_and_many_are_found_and_stand_in_their_order() {
        for count in [0, 1, FEW, FEW + 1, 100] {
            let names: Vec<String> = (0..count).rev().map(|number| format!("n{number}")).collect();
            let mut fields: Fields = names.iter().map(|name| (name.clone(), Mask::All)).collect();
            assert!(names.iter().all(|name| fields.get(name) == Some(&Mask::All)), "{count}");
            assert!(fields.get("n").is_none() && fields.get("m1").is_none());
            let long = "n".repeat(count * 10);
            assert!(fields.get(&long).is_none());
            fields.entry(&long).join(&Mask::All);
            assert_eq!(fields.get(&long), Some(&Mask::All));
            fields = names.iter().map(|name| (name.clone(), Mask::All)).collect();
            *fields.entry("m1") = Mask::default();
            fields.entry("m1").join(&Mask::All);
            assert_eq!(fields.iter().count(), count + 1);
            assert!(fields.iter().is_sorted_by_key(|(name, _)| name.to_owned()));
            assert_eq!(fields.iter().next().unwrap(), ("m1", &Mask::All));
        }
    }
}
