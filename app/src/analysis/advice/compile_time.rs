//! A start that is mostly compiling.

use super::{Advice, AdviceKind, AdviceView, Figure, Gain, GainOf, Place};
use crate::analysis::summary::run_nanos;
use crate::analysis::{Unit, start_up};
use crate::profile::Profile;
use crate::units::{bytes, nanos, percent, share};
use wasmscope_instrument::recording::Phase;

/// What takes 0.1 s feels instant (Nielsen, Usability Engineering, 1993). With probes in the code compiling takes up to
/// twice as long as without.
const LEAST_NANOS: u64 = 250_000_000;
/// Compiling dominates where it is more than half of start and run.
const LEAST_SHARE: f64 = 0.5;

/// That compiling takes longer than all else, if it does. Where machine code was kept, compiling was only loading it.
pub(super) fn advice(profile: &Profile) -> Option<Advice> {
    let phases = start_up(profile);
    let took = |phase: Phase| {
        let spans = phases.iter().filter(|span| span.phase == phase);
        spans.fold(0u64, |sum, span| sum.saturating_add(span.nanos))
    };
    let (compile, instantiate) = (took(Phase::Compile), took(Phase::Instantiate));
    let run = took(Phase::WarmUp).saturating_add(run_nanos(profile));
    let all = compile.saturating_add(instantiate).saturating_add(run);
    let gain = Gain { share: share(compile, all), of: GainOf::StartAndRun };
    if compile < LEAST_NANOS || gain.share < LEAST_SHARE || run == 0 {
        return None;
    }
    let file = profile.recording().module.len() as u64;
    Some(Advice {
        kind: AdviceKind::CompileTime,
        what: format!("Compiling takes {}, the run {}", nanos(compile), nanos(run)),
        why: format!(
            "Of {} from start to end, {} went into compiling {}, with probes in the code, which make it more.",
            nanos(all),
            percent(gain.share),
            bytes(file),
        ),
        figures: vec![
            Figure::new("compile_nanos", Unit::Nanos, compile),
            Figure::new("instantiate_nanos", Unit::Nanos, instantiate),
            Figure::new("run_nanos", Unit::Nanos, run),
            Figure::new("file_bytes", Unit::Bytes, file),
        ],
        remedy: "Keep the machine code from one start to the next (wasmtime compile, or a cache), or ship less: the \
                 Module view lists functions that were not run."
            .to_owned(),
        gain,
        place: Place::view(AdviceView::Module),
    })
}
