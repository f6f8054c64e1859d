//! What is measured of a run, as it is written on a command line.

use wasmscope_instrument::{DEFAULT_RATE_HZ, MeasureSet, OwnAllocator, RunOptions};

// No documentation of its own, which would take the place of the command's.
#[derive(Debug, clap::Args)]
pub(super) struct MeasureArgs {
    /// What to measure: a comma list of time, boundary, growth, heap, calls, instructions, access,
    /// stack
    #[arg(long, value_name = "LIST", default_value_t)]
    measure: MeasureSet,
    /// Don't keep what stands in the program's memory at the end, which is kept where heap or growth are measured: the
    /// recording then holds none of the program's data but its output
    #[arg(long)]
    no_memory_image: bool,
    /// A function that allocates though its name doesn't tell, and the C function that it does the same as, such as
    /// arena_alloc=malloc
    #[arg(long, value_name = "NAME=FUNCTION")]
    allocator: Vec<OwnAllocator>,
    /// Samples a second
    #[arg(
        long,
        value_name = "HZ",
        default_value_t = DEFAULT_RATE_HZ,
        value_parser = clap::value_parser!(u32).range(1..=10_000)
    )]
    rate: u32,
}

impl MeasureArgs {
    /// A run of which this is measured.
    pub(super) fn measured(&self, options: RunOptions) -> RunOptions {
        let MeasureArgs { measure, no_memory_image, allocator, rate } = self;
        RunOptions {
            measures: *measure,
            allocators: allocator.clone(),
            rate_hz: *rate,
            memory_image: !no_memory_image,
            ..options
        }
    }
}
