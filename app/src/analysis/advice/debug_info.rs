//! Debug information in the module's file.

use super::{Advice, AdviceKind, AdviceView, Figure, Gain, GainOf, Place};
use crate::analysis::{ModuleSizeQuery, SectionClass, SizeId, Unit, module_size};
use crate::profile::Profile;
use crate::units::{bytes, percent, share};

/// Less is not worth a step of the build: a page.
const LEAST_BYTES: u64 = 4_096;
/// Nor is a smaller part of the file.
const LEAST_SHARE: f64 = 0.1;

/// What debug information takes of the file, if that is worth a word.
pub(super) fn advice(profile: &Profile) -> Option<Advice> {
    let size = module_size(profile, &ModuleSizeQuery::default());
    let (file, debug) = (size.get(SizeId::ROOT).bytes, size.class_bytes(SectionClass::Debug));
    let gain = Gain { share: share(debug, file), of: GainOf::File };
    if debug < LEAST_BYTES || gain.share < LEAST_SHARE {
        return None;
    }
    Some(Advice {
        kind: AdviceKind::DebugInfo,
        what: format!("{} of the file are debug information", bytes(debug)),
        why: format!(
            "The .debug sections take {} of {}, {} of the file; programs run the same without them.",
            bytes(debug),
            bytes(file),
            percent(gain.share),
        ),
        figures: vec![
            Figure::new("debug_bytes", Unit::Bytes, debug),
            Figure::new("file_bytes", Unit::Bytes, file),
        ],
        remedy: "Ship a copy without them (wasm-tools strip, wasm-opt --strip-debug), and keep this file for profiles: \
                 wasmscope reads names and lines from it."
            .to_owned(),
        gain,
        place: Place::view(AdviceView::Module),
    })
}
