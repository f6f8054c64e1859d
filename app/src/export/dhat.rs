//! The heap as DHAT's viewer reads it: what Valgrind's `dh_view.html` and the `dhat` crate's users open. The format is
//! version 2, as Valgrind's `dhat/dh_main.c` describes it.

use super::heap_frame::place_text;
use super::json_file;
use crate::analysis::{HeapUseQuery, HeapUses, PathUse, SHORT_NANOS, heap_uses};
use crate::profile::{FrameId, LineId, PathId, Profile};
use rustc_hash::FxHashMap;
use serde::Serialize;

#[derive(Serialize)]
struct Document {
    #[serde(rename = "dhatFileVersion")]
    version: u32,
    mode: &'static str,
    verb: &'static str,
    /// Are lifetimes known?
    bklt: bool,
    /// Are accesses?
    bkacc: bool,
    tu: &'static str,
    #[serde(rename = "Mtu")]
    mega_tu: &'static str,
    /// Blocks that live for less are short-lived to the viewer.
    tuth: u64,
    cmd: String,
    pid: u32,
    tg: u64,
    te: u64,
    pps: Vec<Point>,
    ftbl: Vec<String>,
}

/// A program point: bytes and blocks in all, the sum of their lifetimes, and what was live at its own peak, at the
/// heap's, and at the end.
#[derive(Serialize)]
struct Point {
    tb: u64,
    tbk: u64,
    tl: u64,
    mb: u64,
    mbk: u64,
    gb: u64,
    gbk: u64,
    eb: u64,
    ebk: u64,
    fs: Vec<u32>,
}

/// The heap of the run.
pub(super) fn dhat(profile: &Profile) -> Vec<u8> {
    let query = HeapUseQuery { time: None, memory: None, short_nanos: SHORT_NANOS };
    let HeapUses { paths, peak_nanos, .. } = heap_uses(profile, &query);
    let mut frames = Frames { profile, texts: vec!["[root]".to_owned()], numbers: FxHashMap::default() };
    let pps = paths.iter().filter(|uses| uses.allocated.blocks > 0).map(|uses| point(uses, &mut frames));
    let meta = &profile.recording().meta;
    let words = std::iter::once(&meta.module_name).chain(&meta.args).map(String::as_str);
    let document = Document {
        version: 2,
        mode: "heap",
        verb: "Allocated",
        bklt: true,
        bkacc: false,
        tu: "ns",
        mega_tu: "ms",
        tuth: SHORT_NANOS,
        cmd: words.collect::<Vec<_>>().join(" "),
        pid: 0,
        tg: peak_nanos,
        te: profile.duration_nanos(),
        pps: pps.collect(),
        ftbl: frames.texts,
    };
    json_file(&document)
}

fn point(uses: &PathUse, frames: &mut Frames<'_>) -> Point {
    let PathUse { path, allocated, kept, lifetime_nanos, most, at_peak, .. } = *uses;
    Point {
        tb: allocated.bytes,
        tbk: allocated.blocks,
        tl: lifetime_nanos,
        mb: most.bytes,
        mbk: most.blocks,
        gb: at_peak.bytes,
        gbk: at_peak.blocks,
        eb: kept.bytes,
        ebk: kept.blocks,
        fs: frames.numbers(path),
    }
}

/// The table of places; 0 is the root of all.
struct Frames<'a> {
    profile: &'a Profile,
    texts: Vec<String>,
    numbers: FxHashMap<(FrameId, LineId), u32>,
}

impl Frames<'_> {
    /// The places of a path; at least one, since the viewer knows no point without.
    fn numbers(&mut self, path: PathId) -> Vec<u32> {
        let profile = self.profile;
        let numbers: Vec<_> = profile.paths().frames(path).map(|place| self.number(place)).collect();
        if numbers.is_empty() { vec![self.number((FrameId::ROOT, LineId::NONE))] } else { numbers }
    }

    fn number(&mut self, place: (FrameId, LineId)) -> u32 {
        let Frames { profile, texts, numbers } = self;
        *numbers.entry(place).or_insert_with(|| {
            texts.push(place_text(profile, place));
            texts.len() as u32 - 1
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::ProfileBuilder;
    use serde_json::Value;

    #[test]
    fn each_program_point_has_its_bytes_and_its_places() {
        let profile = ProfileBuilder::new()
            .alloc(10, "main@a.c:9;keeps@a.c:3;malloc", 100, 900)
            .alloc(20, "main@a.c:10;churns@a.c:5;malloc", 2_000, 100)
            .free(50, "main;free", 2_000)
            .alloc(60, "main@a.c:10;churns@a.c:5;malloc", 2_000, 50)
            .free(70, "main;free", 2_000)
            .build();
        let json: Value = serde_json::from_slice(&dhat(&profile)).unwrap();
        assert_eq!(
            (&json["dhatFileVersion"], &json["bklt"], &json["tg"]),
            (&2.into(), &true.into(), &20.into())
        );
        let points = json["pps"].as_array().unwrap();
        assert_eq!(points.len(), 2, "a free is no allocation: {points:?}");
        let churns = points.iter().find(|point| point["tbk"] == 2).unwrap();
        let sums =
            ["tb", "tl", "mb", "mbk", "gb", "gbk", "eb", "ebk"].map(|key| churns[key].as_u64().unwrap());
        assert_eq!(sums, [150, 40, 100, 1, 100, 1, 0, 0]);
        let place = |at: &Value| json["ftbl"][at.as_u64().unwrap() as usize].as_str().unwrap();
        let places: Vec<_> = churns["fs"].as_array().unwrap().iter().map(place).collect();
        assert!(places[0].contains("malloc") && places[1].ends_with("churns (a.c:5)"), "{places:?}");
        assert!(places[2].ends_with("main (a.c:10)"), "{places:?}");
    }
}
