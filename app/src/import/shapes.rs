//! Shapes of JSON that take no more room than they must: serde's own keep what they do not know until all is read.

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// A list of things each of which takes room even if there is nothing in it.
pub(super) struct Few<T>(pub(super) Vec<T>);

/// No profile has more threads, and no file more profiles.
const MOST_OF_FEW: usize = 1 << 12;

impl<T> Default for Few<T> {
    fn default() -> Few<T> {
        Few(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Few<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Few<T>, D::Error> {
        deserializer.deserialize_seq(FewVisitor(PhantomData))
    }
}

struct FewVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for FewVisitor<T> {
    type Value = Few<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {MOST_OF_FEW}")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Few<T>, A::Error> {
        let mut few = Vec::new();
        while let Some(one) = seq.next_element()? {
            if few.len() == MOST_OF_FEW {
                return Err(A::Error::invalid_length(few.len() + 1, &self));
            }
            few.push(one);
        }
        Ok(Few(few))
    }
}

/// A value that others may use for something else: one of another kind is passed over, and is `None`.
pub(super) struct Loose<T>(pub(super) Option<T>);

impl<T> Default for Loose<T> {
    fn default() -> Loose<T> {
        Loose(None)
    }
}

/// A kind of value. Within the right one mistakes are told.
pub(super) trait Kind: Sized {
    fn of_number(_: f64) -> Option<Self> {
        None
    }

    fn of_text(_: &str) -> Option<Self> {
        None
    }

    fn of_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn of_object<'de, A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

impl Kind for f64 {
    fn of_number(number: f64) -> Option<f64> {
        Some(number)
    }
}

/// Numbers and nothing else.
impl Kind for Vec<f64> {
    fn of_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Option<Vec<f64>>, A::Error> {
        let mut numbers = Some(Vec::new());
        while let Some(Loose(number)) = list.next_element()? {
            match (&mut numbers, number) {
                (Some(numbers), Some(number)) => numbers.push(number),
                _ => numbers = None,
            }
        }
        Ok(numbers)
    }
}

impl<'de, T: Kind> Deserialize<'de> for Loose<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Loose<T>, D::Error> {
        deserializer.deserialize_any(LooseVisitor(PhantomData)).map(Loose)
    }
}

struct LooseVisitor<T>(PhantomData<T>);

impl<'de, T: Kind> Visitor<'de> for LooseVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_unit<E>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, number: i64) -> Result<Option<T>, E> {
        Ok(T::of_number(number as f64))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Option<T>, E> {
        Ok(T::of_number(number as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Option<T>, E> {
        Ok(T::of_number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Option<T>, E> {
        Ok(T::of_text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Option<T>, A::Error> {
        T::of_list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Option<T>, A::Error> {
        T::of_object(object)
    }
}

/// Lists one behind the other.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Lists {
    items: Vec<u32>,
    /// By list: where it ends.
    ends: Vec<usize>,
}

impl Lists {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u32]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.items[start..*end])
    }
}

impl<'de> Deserialize<'de> for Lists {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Lists, D::Error> {
        deserializer.deserialize_seq(ListsVisitor)
    }
}

struct ListsVisitor;

impl<'de> Visitor<'de> for ListsVisitor {
    type Value = Lists;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of lists of numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Lists, A::Error> {
        let mut lists = Lists::default();
        while seq.next_element_seed(ListSeed(&mut lists.items))?.is_some() {
            lists.ends.push(lists.items.len());
        }
        Ok(lists)
    }
}

struct ListSeed<'a>(&'a mut Vec<u32>);

impl<'de> DeserializeSeed<'de> for ListSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for ListSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(item) = seq.next_element()? {
            self.0.push(item);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_told_apart() {
        let lists: Lists = serde_json::from_str("[[1,2],[],[3]]").unwrap();
        assert!(lists.iter().eq([&[1, 2][..], &[], &[3]]));
        assert_eq!(lists.len(), 3);
    }

    #[test]
    fn of_another_kind_a_value_is_none() {
        let numbers = |text| serde_json::from_str::<Loose<Vec<f64>>>(text).unwrap().0;
        assert_eq!(numbers("[1,2.5,-3]"), Some(vec![1.0, 2.5, -3.0]));
        for other in ["null", "true", "7", r#""a""#, r#"{"a":[1]}"#, "[1,[2],3]", "[null]"] {
            assert_eq!(numbers(other), None, "{other}");
        }
        assert!(serde_json::from_str::<Loose<f64>>("[1,").is_err());
    }
}
