//! `wasmscope instrument`: put the probes into a module and write it.

use super::explain::explanation;
use super::print;
use crate::pipeline;
use anyhow::Context;
use std::path::PathBuf;
use std::sync::Arc;
use wasmscope_instrument::{Guest, Instrumented, MeasureSet, OwnAllocator, instrument, instrument_component};
use wasmscope_symbolize::ModuleIndex;

/// Put the probes into a module and write it, without running it
#[derive(Debug, clap::Args)]
pub struct InstrumentArgs {
    /// The module or component (.wasm)
    module: PathBuf,
    /// Where the module with probes goes
    #[arg(short, long, value_name = "OUT.wasm", required_unless_present = "explain")]
    output: Option<PathBuf>,
    /// What the probes measure: a comma list of time, boundary, growth, heap, calls, instructions, access,
    /// stack (time needs none)
    #[arg(long, value_name = "LIST", default_value_t)]
    measure: MeasureSet,
    /// A function that allocates though its name doesn't tell, and the C function that it does the same as, such as
    /// arena_alloc=malloc
    #[arg(long, value_name = "NAME=FUNCTION")]
    allocator: Vec<OwnAllocator>,
    /// Tell for each function what is injected, why, and how many bytes it takes
    #[arg(long)]
    explain: bool,
}

pub(super) fn run(args: &InstrumentArgs) -> anyhow::Result<()> {
    let guest = pipeline::open_module(&args.module)?;
    let place = || args.module.display().to_string();
    let index = ModuleIndex::parse(&guest.bytes).with_context(place)?;
    if index.is_component() { component(args, &guest.bytes) } else { module(args, &guest, Arc::new(index)) }
}

fn module(args: &InstrumentArgs, guest: &Guest, index: Arc<ModuleIndex>) -> anyhow::Result<()> {
    let place = || args.module.display().to_string();
    let instrumented = instrument(&guest.bytes, &index, args.measure, &args.allocator).with_context(place)?;
    if args.explain {
        print::text(explanation(&guest.bytes, &index, &instrumented)?.as_bytes())?;
    } else {
        instrumented.warnings.iter().for_each(|warning| print::note(warning));
    }
    let Some(output) = &args.output else { return Ok(()) };
    print::file_or_text(Some(output), &[&args.module], &instrumented.wasm)
}

/// Its core modules get the probes; what is said of one begins with its number.
fn component(args: &InstrumentArgs, bytes: &[u8]) -> anyhow::Result<()> {
    let place = || args.module.display().to_string();
    let instrumented = instrument_component(bytes, args.measure, &args.allocator).with_context(place)?;
    for (at, module) in instrumented.modules.iter().enumerate() {
        match &module.instrumented {
            Ok(instrumented) if args.explain => {
                let range = module.range.start.0 as usize..module.range.end.0 as usize;
                let bytes: Arc<[u8]> = bytes.get(range).unwrap_or_default().into();
                let index = Arc::new(ModuleIndex::parse(&bytes).with_context(place)?);
                let explanation = explanation(&bytes, &index, instrumented)?;
                print::text(format!("core module {at}: {explanation}\n").as_bytes())?;
            }
            Ok(Instrumented { warnings, .. }) => {
                warnings.iter().for_each(|warning| print::note(&format!("core module {at}: {warning}")));
            }
            Err(error) => print::note(&format!("core module {at} stays as it is: {error}")),
        }
    }
    let Some(output) = &args.output else { return Ok(()) };
    print::file_or_text(Some(output), &[&args.module], &instrumented.wasm)
}
