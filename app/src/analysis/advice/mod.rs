//! Advice: what an expert would say of the run, each line with the measurement behind it.
//!
//! Each kind has a file with its rule. What a rule needs and was not measured is told; nothing is guessed from it.

mod allocator;
mod bulk_copy;
mod byte_copy;
mod chatty;
mod code;
mod compile_time;
mod debug_info;
mod engine_time;
mod growth_steps;
mod heap;
mod kind;
mod no_simd;
mod scattered;
mod unoptimised;

pub use kind::{Advice, AdviceKind, AdviceView, Figure, Gain, GainOf, Place};

use crate::profile::Profile;
use code::HotCode;
use engine_time::EngineTime;
use heap::HeapFaults;
use std::cmp::Ordering;
use wasmscope_instrument::MeasureSet;

/// What there is to say of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AdviceReport {
    /// First what the run gains, then what the file does, by falling gain.
    pub lines: Vec<Advice>,
    /// What could not be looked for, since what it needs was not measured, or too little of it was seen.
    pub unknown: Vec<AdviceKind>,
    /// What was measured.
    pub measured: MeasureSet,
    /// The profile was imported, and has no module: there is nothing to look at.
    pub needs_module: bool,
}

impl AdviceReport {
    /// What a run would have to measure besides, so that all could be looked for.
    pub fn missing(&self) -> MeasureSet {
        let needed = self.unknown.iter().flat_map(|kind| kind.needs().iter());
        let missing = needed.filter(|measure| !self.measured.has(**measure));
        missing.fold(MeasureSet::NONE, |set, measure| set.with(*measure))
    }

    /// What was looked for.
    pub fn looked_for(&self) -> impl Iterator<Item = AdviceKind> {
        AdviceKind::ALL.into_iter().filter(|kind| !self.unknown.contains(kind))
    }

    /// What was looked for, and what was not, in sentences.
    pub fn remark(&self) -> Vec<String> {
        if self.needs_module {
            return vec!["Nothing was looked for: the profile was imported, and has no module.".to_owned()];
        }
        let is_measured = |kind: &AdviceKind| kind.needs().iter().all(|measure| self.measured.has(*measure));
        let (unseen, unmeasured): (Vec<_>, Vec<_>) = self.unknown.iter().copied().partition(is_measured);
        let missing = self.missing();
        let all = missing.iter().fold(self.measured, MeasureSet::with);
        let sentences = [
            (self.looked_for().collect(), "Looked for", String::new()),
            (unmeasured, "Not measured", format!(" ({missing} missing): run again with --measure {all}")),
            (
                unseen,
                "Not enough seen",
                ": there are too few samples, no known allocator, or no end".to_owned(),
            ),
        ];
        let told = sentences.into_iter().filter(|(kinds, ..)| !kinds.is_empty());
        let sentence = |(kinds, head, hint): (Vec<AdviceKind>, &str, String)| {
            let titles: Vec<_> = kinds.into_iter().map(AdviceKind::title).collect();
            format!("{head}: {}{hint}.", titles.join(", "))
        };
        told.map(sentence).collect()
    }
}

/// What there is to say of a run. Looks at each sample and each heap operation some times.
pub fn advice(profile: &Profile) -> AdviceReport {
    let needs_module = profile.needs_module();
    if needs_module {
        return AdviceReport { unknown: AdviceKind::ALL.to_vec(), needs_module, ..AdviceReport::default() };
    }
    let (code, engine, faults) = (HotCode::of(profile), EngineTime::of(profile), HeapFaults::of(profile));
    let mut lines: Vec<Advice> = Vec::new();
    lines.extend(chatty::advice(profile));
    lines.extend(byte_copy::advice(&code));
    lines.extend(bulk_copy::advice(profile, &engine));
    lines.extend(growth_steps::advice(profile, &engine, &faults));
    lines.extend(faults.advice(profile));
    lines.extend(allocator::advice(profile));
    lines.extend(no_simd::advice(&code));
    lines.extend(unoptimised::advice(&code));
    lines.extend(compile_time::advice(profile));
    lines.extend(debug_info::advice(profile));
    lines.sort_by(by_gain);
    let unknown = AdviceKind::ALL.into_iter().filter(|kind| !kind.is_known(profile)).collect();
    AdviceReport { lines, unknown, measured: profile.recording().meta.measures, needs_module }
}

/// Bytes of the file don't make the run any better, so they come last.
fn by_gain(a: &Advice, b: &Advice) -> Ordering {
    let is_of_file = |advice: &Advice| advice.gain.of == GainOf::File;
    let by_share = b.gain.share.total_cmp(&a.gain.share);
    is_of_file(a).cmp(&is_of_file(b)).then(by_share).then_with(|| a.what.cmp(&b.what))
}
