//! The shape of Firefox Profiler's processed profiles, as far as it is read. Newer versions have the tables that older
//! ones have in each thread, in one place for all.

use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Profile {
    pub(super) meta: Meta,
    #[serde(default)]
    pub(super) libs: Vec<Lib>,
    #[serde(default)]
    pub(super) shared: Tables,
    #[serde(default)]
    pub(super) threads: Vec<Thread>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Meta {
    /// Milliseconds between samples.
    #[serde(default)]
    pub(super) interval: f64,
    /// Milliseconds since 1970-01-01 UTC.
    #[serde(default)]
    pub(super) start_time: f64,
    /// What Firefox itself writes has none.
    #[serde(default)]
    pub(super) preprocessed_profile_version: Option<u32>,
}

#[derive(Deserialize)]
pub(super) struct Lib {
    #[serde(default)]
    pub(super) name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Thread {
    #[serde(default)]
    pub(super) name: String,
    pub(super) samples: Samples,
    #[serde(default)]
    pub(super) libs: Vec<Lib>,
    #[serde(flatten)]
    pub(super) tables: Tables,
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

#[derive(Deserialize)]
pub(super) struct StackTable {
    pub(super) prefix: Vec<Option<u32>>,
    pub(super) frame: Vec<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FrameTable {
    pub(super) func: Vec<u32>,
    #[serde(default)]
    pub(super) inline_depth: Vec<Option<u32>>,
    #[serde(default)]
    pub(super) line: Vec<Option<u32>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FuncTable {
    pub(super) name: Vec<u32>,
    #[serde(default)]
    pub(super) resource: Vec<Option<i64>>,
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
    pub(super) lib: Vec<Option<i64>>,
}

#[derive(Deserialize)]
pub(super) struct Sources {
    pub(super) filename: Vec<u32>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Strings {
    Plain(Vec<String>),
    Wrapped {
        #[serde(rename = "_array")]
        array: Vec<String>,
    },
}

impl Strings {
    pub(super) fn get(&self, row: u32) -> Option<&str> {
        let (Strings::Plain(array) | Strings::Wrapped { array }) = self;
        array.get(row as usize).map(String::as_str)
    }
}
