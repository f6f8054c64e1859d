//! The shape of Firefox Profiler's processed profiles, as far as it is read. Newer versions have the tables that older
//! ones have in each thread, in one place for all.

use super::shapes::Few;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

#[derive(Deserialize)]
pub(super) struct Profile {
    pub(super) meta: Meta,
    #[serde(default)]
    pub(super) libs: Vec<Lib>,
    #[serde(default)]
    pub(super) shared: Tables,
    #[serde(default)]
    pub(super) threads: Few<Thread>,
}

/// Of a profile that may have another shape.
#[derive(Deserialize)]
pub(super) struct Head {
    pub(super) meta: Meta,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Meta {
    /// Milliseconds between samples.
    #[serde(default)]
    pub(super) interval: f64,
    /// When the program began, in milliseconds since 1970-01-01 UTC; times of samples count from here.
    #[serde(default)]
    pub(super) start_time: f64,
    /// When the profiler began, in milliseconds since then.
    #[serde(default)]
    pub(super) profiling_start_time: Option<f64>,
    /// What Firefox itself writes has none.
    #[serde(default)]
    pub(super) preprocessed_profile_version: Option<u32>,
}

#[derive(Deserialize)]
pub(super) struct Lib {
    #[serde(default)]
    pub(super) name: String,
}

/// With the tables of [`Tables`]. They are listed again because what is flattened is read twice, and all that is not
/// asked for, such as markers, is kept until then.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Thread {
    #[serde(default)]
    pub(super) name: String,
    pub(super) samples: Samples,
    #[serde(default)]
    pub(super) libs: Vec<Lib>,
    #[serde(default)]
    pub(super) stack_table: Option<StackTable>,
    #[serde(default)]
    pub(super) frame_table: Option<FrameTable>,
    #[serde(default)]
    pub(super) func_table: Option<FuncTable>,
    #[serde(default)]
    pub(super) resource_table: Option<ResourceTable>,
    #[serde(default)]
    pub(super) sources: Option<Sources>,
    #[serde(default, alias = "stringTable")]
    pub(super) string_array: Option<Strings>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Tables {
    #[serde(default)]
    pub(super) stack_table: Option<StackTable>,
    #[serde(default)]
    pub(super) frame_table: Option<FrameTable>,
    #[serde(default)]
    pub(super) func_table: Option<FuncTable>,
    #[serde(default)]
    pub(super) resource_table: Option<ResourceTable>,
    #[serde(default)]
    pub(super) sources: Option<Sources>,
    #[serde(default, alias = "stringTable")]
    pub(super) string_array: Option<Strings>,
}

/// Times are in milliseconds.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Samples {
    pub(super) stack: Vec<Option<u32>>,
    #[serde(default)]
    pub(super) time: Option<Vec<f64>>,
    #[serde(default)]
    pub(super) time_deltas: Option<Vec<f64>>,
    #[serde(default)]
    pub(super) weight: Option<Vec<f64>>,
    #[serde(default)]
    pub(super) weight_type: Option<String>,
}

/// What calls a stack is told in one of two ways.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StackTable {
    #[serde(default)]
    prefix: Option<Vec<Option<u32>>>,
    /// Since version 66: how many rows before, 0 where there is none.
    #[serde(default)]
    prefix_offset: Option<Vec<u32>>,
    pub(super) frame: Vec<u32>,
}

impl StackTable {
    /// Does it tell what calls what?
    pub(super) fn is_whole(&self) -> bool {
        self.prefix.is_some() || self.prefix_offset.is_some() || self.frame.is_empty()
    }

    /// The row of what calls the stack in `row`, which may be any number; `None` where nothing does.
    pub(super) fn outer(&self, row: usize) -> Option<i64> {
        match (&self.prefix_offset, &self.prefix) {
            (Some(offsets), _) => {
                let offset = offsets.get(row).copied().filter(|offset| *offset > 0)?;
                Some(row as i64 - i64::from(offset))
            }
            (None, Some(prefix)) => prefix.get(row).copied().flatten().map(i64::from),
            (None, None) => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FrameTable {
    pub(super) func: Vec<u32>,
    #[serde(default)]
    pub(super) inline_depth: Vec<Option<u32>>,
    #[serde(default)]
    pub(super) line: Vec<Option<u32>>,
    /// Since version 70: a row of the libraries, -1 for none.
    #[serde(default)]
    pub(super) lib: Option<Vec<Option<i32>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FuncTable {
    pub(super) name: Vec<u32>,
    #[serde(default)]
    pub(super) resource: Vec<Option<i32>>,
    #[serde(default)]
    pub(super) file_name: Vec<Option<u32>>,
    /// Newer versions have a table between.
    #[serde(default)]
    pub(super) source: Vec<Option<u32>>,
    #[serde(default)]
    pub(super) line_number: Vec<Option<u32>>,
}

#[derive(Deserialize)]
pub(super) struct ResourceTable {
    #[serde(default)]
    pub(super) lib: Vec<Option<i32>>,
}

#[derive(Deserialize)]
pub(super) struct Sources {
    pub(super) filename: Vec<u32>,
}

/// A list, in older versions within an object.
pub(super) struct Strings(Vec<String>);

impl Strings {
    pub(super) fn get(&self, row: u32) -> Option<&str> {
        self.0.get(row as usize).map(String::as_str)
    }
}

impl<'de> Deserialize<'de> for Strings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Strings, D::Error> {
        deserializer.deserialize_any(StringsVisitor)
    }
}

struct StringsVisitor;

impl<'de> Visitor<'de> for StringsVisitor {
    type Value = Strings;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of strings")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Strings, A::Error> {
        let mut strings = Vec::new();
        while let Some(string) = seq.next_element()? {
            strings.push(string);
        }
        Ok(Strings(strings))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Strings, A::Error> {
        let mut strings = Strings(Vec::new());
        while let Some(key) = map.next_key::<String>()? {
            if key == "_array" {
                strings = map.next_value()?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(strings)
    }
}
