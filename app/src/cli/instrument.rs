//! `wasmscope instrument`: put the probes into a module and write it.

use super::print;
use crate::pipeline::{self, PipelineError};
use anyhow::Context;
use std::path::PathBuf;
use std::sync::Arc;
use wasmscope_instrument::{Guest, Instrumented, MeasureSet, instrument, instrument_component};
use wasmscope_symbolize::{ModuleError, ModuleIndex};

/// Put the probes into a module and write it, without running it
#[derive(Debug, clap::Args)]
pub struct InstrumentArgs {
    /// The module or component (.wasm)
    module: PathBuf,
    /// Where the module with probes goes
    #[arg(short, long, value_name = "OUT.wasm")]
    output: PathBuf,
    /// What the probes measure: a comma list of time, boundary, growth, heap (time needs none)
    #[arg(long, value_name = "LIST", default_value_t)]
    measure: MeasureSet,
}

pub(super) fn run(args: &InstrumentArgs) -> anyhow::Result<()> {
    match pipeline::open_module(&args.module) {
        Err(PipelineError::Module { source: ModuleError::Component, .. }) => component(args),
        opened => module(args, &opened?),
    }
}

fn module(args: &InstrumentArgs, guest: &Guest) -> anyhow::Result<()> {
    let place = || args.module.display().to_string();
    let index = Arc::new(ModuleIndex::parse(&guest.bytes).with_context(place)?);
    let instrumented = instrument(&guest.bytes, &index, args.measure).with_context(place)?;
    let Instrumented { wasm, warnings, .. } = instrumented;
    warnings.iter().for_each(|warning| print::note(warning));
    print::file_or_text(Some(&args.output), &args.module, &wasm)
}

/// Its core modules get the probes; what is said of one begins with its number.
fn component(args: &InstrumentArgs) -> anyhow::Result<()> {
    let place = || args.module.display().to_string();
    let bytes = std::fs::read(&args.module).with_context(place)?;
    let instrumented = instrument_component(&bytes, args.measure).with_context(place)?;
    for (at, module) in instrumented.modules.iter().enumerate() {
        match &module.instrumented {
            Ok(Instrumented { warnings, .. }) => {
                warnings.iter().for_each(|warning| print::note(&format!("core module {at}: {warning}")));
            }
            Err(error) => print::note(&format!("core module {at} stays as it is: {error}")),
        }
    }
    print::file_or_text(Some(&args.output), &args.module, &instrumented.wasm)
}
