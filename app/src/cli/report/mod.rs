//! `wasmscope report`: the views of a recording as text or as JSON.

mod access;
mod advice;
mod boundary;
mod functions;
mod growth;
mod heap;
mod lines;
mod module;
mod outcome;
mod paths;
mod source;
mod summary;
mod time;
mod timeline;
mod tree;
mod wat;
mod what_if;

use super::memory::memory;
use super::moment::{self, Moment};
use super::values::{SourceArgs, SymbolArgs, duration, millis};
use super::{export, print};
use crate::analysis::{
    self, CallTreeQuery, FRAME_BUDGET_NANOS, Metric, ModuleSizeQuery, SHORT_NANOS, WatQuery,
};
use crate::export::call_tree_json;
use crate::pipeline;
use crate::profile::Profile;
use anyhow::{Context, bail};
use clap::ValueEnum;
use heap::{Between, HeapQuestion};
use source::SourceQuestion;
use std::path::PathBuf;
use std::time::Duration;
use wasmscope_symbolize::{FuncIndex, MemoryIndex};

/// Rows of a text table, unless all are asked for.
const SHORT_ROWS: usize = 40;

/// Show what is in a recording
#[derive(Debug, clap::Args)]
pub struct ReportArgs {
    /// The recording (.wscope), or a profile of another tool
    file: PathBuf,
    #[command(flatten)]
    symbols: SymbolArgs,
    /// What to show
    #[arg(long, value_enum, default_value_t = View::Summary)]
    view: View,
    /// As JSON, with all rows
    #[arg(long)]
    json: bool,
    /// What functions, calltree, lines and source are weighed by: time, crossings, host-time, pages, allocations,
    /// allocated, live, peak, short-lived, calls, instructions, moved; of module time, calls or instructions
    /// [default: time if recorded]
    #[arg(short, long)]
    metric: Option<Metric>,
    #[command(flatten)]
    sources: SourceArgs,
    /// The file that the view source shows: its path, or the end of it [default: the one that costs most]
    #[arg(long = "file", value_name = "PATH")]
    source_file: Option<String>,
    /// The function that the view wat shows: its name, or its index in the module
    #[arg(long, value_name = "NAME|INDEX", required_if_eq("view", "wat"))]
    function: Option<String>,
    /// The moment that the view heap shows: a time since the recording began, such as 250ms, or start, peak, end, or
    /// when a call of an export or import began, such as frame#3, or ended, frame#3.end [default: end]
    #[arg(long, value_name = "TIME|start|peak|end|FUNCTION#N")]
    at: Option<Moment>,
    /// What the view heap shows instead: what was allocated, freed and kept between two such moments
    #[arg(long, num_args = 2, value_names = ["FROM", "UNTIL"], conflicts_with = "at")]
    between: Option<Vec<Moment>>,
    /// What counts as short-lived between them: blocks that live for less [default: 5ms]
    #[arg(long, value_name = "DURATION", requires = "between", value_parser = duration)]
    short: Option<Duration>,
    /// The memory that the views heap and what-if show [default: the first that has a heap; all with --between]
    #[arg(long, value_name = "INDEX")]
    memory: Option<u32>,
    /// What a call may take, in milliseconds: the view timeline counts those that took longer [default: 16.6]
    #[arg(long, value_name = "MS", value_parser = millis)]
    budget: Option<u64>,
    /// All rows, not only the first 40
    #[arg(long)]
    all: bool,
}

impl ReportArgs {
    /// Refuses what would be asked for in vain.
    fn check(&self) -> anyhow::Result<()> {
        let of_source = self.source_file.is_some() || !self.sources.is_empty();
        if of_source && self.view != View::Source {
            bail!("--file and --sources say something to --view source only");
        }
        if self.function.is_some() && self.view != View::Wat {
            bail!("--function says something to --view wat only");
        }
        if (self.at.is_some() || self.between.is_some()) && self.view != View::Heap {
            bail!("--at and --between say something to --view heap only");
        }
        if self.budget.is_some() && self.view != View::Timeline {
            bail!("--budget says something to --view timeline only");
        }
        if self.memory.is_some() && !matches!(self.view, View::Heap | View::WhatIf) {
            bail!("--memory says something to --view heap and what-if only");
        }
        Ok(())
    }

    fn heap(&self, profile: &Profile, memory: MemoryIndex) -> anyhow::Result<HeapQuestion> {
        match self.between.as_deref() {
            Some([from, until]) => {
                let memory = self.memory.map(|_| memory);
                let time = moment::between(profile, memory, from, until)?;
                let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
                let short_nanos = self.short.map_or(SHORT_NANOS, nanos);
                Ok(HeapQuestion::Between(Between { time, memory, short_nanos }))
            }
            _ => Ok(HeapQuestion::At(memory, self.at.clone().unwrap_or(Moment::End).resolve(profile)?)),
        }
    }
}

/// The views.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum View {
    Summary,
    Functions,
    Calltree,
    Boundary,
    Growth,
    Heap,
    Lines,
    Source,
    Access,
    Timeline,
    Wat,
    WhatIf,
    Module,
    Advice,
}

/// What is asked of the views.
struct Question {
    tree: CallTreeQuery,
    size: ModuleSizeQuery,
    wat: WatQuery,
    source: SourceQuestion,
    heap: HeapQuestion,
    memory: MemoryIndex,
    budget_nanos: u64,
}

/// How a text is to be made.
#[derive(Clone, Copy)]
struct Limit {
    rows: usize,
}

impl Limit {
    /// A line that says what was left out of `count` rows; nothing where that is none.
    fn rest(self, count: usize) -> String {
        match count.saturating_sub(self.rows) {
            0 => String::new(),
            more => format!("… and {more} more; --all shows them\n"),
        }
    }
}

pub(super) fn run(args: &ReportArgs) -> anyhow::Result<()> {
    args.check()?;
    let profile = match args.view {
        View::Module | View::Wat => pipeline::open_unrun(&args.file, args.symbols.path())?,
        _ => pipeline::open_recording(&args.file, args.symbols.path())?,
    };
    let metric = match args.view {
        View::Functions | View::Calltree | View::Lines | View::Source => {
            export::metric(&args.file, &profile, args.metric)?
        }
        View::Module => export::heat(&args.file, &profile, args.metric)?,
        _ => Metric::default(),
    };
    let function = match &args.function {
        Some(wanted) => {
            wat::function(profile.symbols(), wanted).with_context(|| args.file.display().to_string())?
        }
        None => FuncIndex(0),
    };
    let memory = memory(&profile, args.memory).with_context(|| args.file.display().to_string())?;
    let question = Question {
        tree: CallTreeQuery { metric, ..CallTreeQuery::default() },
        size: ModuleSizeQuery { metric, time: None },
        wat: WatQuery { function, time: None },
        source: SourceQuestion { file: args.source_file.clone(), sources: args.sources.sources() },
        memory,
        budget_nanos: args.budget.unwrap_or(FRAME_BUDGET_NANOS),
        heap: args.heap(&profile, memory).with_context(|| args.file.display().to_string())?,
    };
    print::damage(&args.file, &profile);
    if args.json {
        return json(&profile, args.view, &question);
    }
    let limit = Limit { rows: if args.all { usize::MAX } else { SHORT_ROWS } };
    print::text(text(&profile, args.view, &question, limit)?.as_bytes())
}

fn json(profile: &Profile, view: View, question: &Question) -> anyhow::Result<()> {
    let query = &question.tree;
    match view {
        View::Summary => print::json(&summary::json(profile, &analysis::summary(profile))),
        View::Functions => print::json(&functions::json(profile, &analysis::functions(profile, query))),
        View::Calltree => print::json(&call_tree_json(profile, &analysis::call_tree(profile, query))),
        View::Boundary => print::json(&boundary::json(profile, &analysis::boundary(profile))),
        View::Growth => print::json(&growth::json(profile, &analysis::growth(profile))),
        View::Heap => match &question.heap {
            HeapQuestion::At(memory, moment) => {
                print::json(&heap::json(profile, &moment.heap(profile, *memory)))
            }
            HeapQuestion::Between(between) => print::json(&heap::between_json(profile, between)),
        },
        View::Lines => print::json(&lines::json(profile, &analysis::lines(profile, query))),
        View::Source => print::json(&source::json(&source::view(profile, query, &question.source)?)),
        View::Access => print::json(&access::json(profile, &analysis::accesses(profile))),
        View::Timeline => {
            let budget = question.budget_nanos;
            print::json(&timeline::json(&analysis::timeline(profile, budget), budget))
        }
        View::Wat => print::json(&wat::json(&analysis::wat(profile, &question.wat))),
        View::WhatIf => print::json(&what_if::json(&analysis::what_if(profile, question.memory))),
        View::Module => print::json(&module::json(profile, &analysis::module_size(profile, &question.size))),
        View::Advice => print::json(&advice::json(profile, &analysis::advice(profile))),
    }
}

fn text(profile: &Profile, view: View, question: &Question, limit: Limit) -> anyhow::Result<String> {
    let query = &question.tree;
    Ok(match view {
        View::Summary => summary::text(profile, &analysis::summary(profile)),
        View::Functions => functions::text(&analysis::functions(profile, query), limit),
        View::Calltree => tree::text(profile, &analysis::call_tree(profile, query), limit),
        View::Boundary => boundary::text(profile, &analysis::boundary(profile), limit),
        View::Growth => growth::text(profile, &analysis::growth(profile), limit),
        View::Heap => match &question.heap {
            HeapQuestion::At(memory, moment) => heap::text(profile, &moment.heap(profile, *memory), limit),
            HeapQuestion::Between(between) => heap::between_text(profile, between, limit),
        },
        View::Lines => lines::text(profile, &analysis::lines(profile, query), limit),
        View::Source => source::text(&source::view(profile, query, &question.source)?),
        View::Access => access::text(profile, &analysis::accesses(profile), limit),
        View::Timeline => {
            let budget = question.budget_nanos;
            timeline::text(&analysis::timeline(profile, budget), budget, limit)
        }
        View::Wat => wat::text(&analysis::wat(profile, &question.wat)),
        View::WhatIf => what_if::text(&analysis::what_if(profile, question.memory)),
        View::Module => module::text(profile, &analysis::module_size(profile, &question.size), limit),
        View::Advice => advice::text(profile, &analysis::advice(profile)),
    })
}
