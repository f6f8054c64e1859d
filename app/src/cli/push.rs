//! `wasmscope push`: send a recording to a server that keeps profiles of many machines.

use super::export::metric;
use super::moment::{self, Moment};
use super::print;
use super::values::{SymbolArgs, duration};
use crate::analysis::{CallTreeQuery, Metric};
use crate::export::{build_id, pprof_at};
use crate::pipeline;
use crate::profile::Profile;
use crate::push::{self, BadServer, Label, Origin, Push, Receiver, Retry, Server, all_labels};
use crate::units;
use anyhow::{Context, bail};
use std::ffi::OsString;
use std::ops::Range;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The variable that has the token, so that it stands on no command line.
const TOKEN: &str = "WASMSCOPE_PUSH_TOKEN";

const ENVIRONMENT: &str = "\
A token in WASMSCOPE_PUSH_TOKEN goes along, as a bearer's or, where the URL names a user, as the password. Proxies are \
those that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name. It is tried again where nobody listens, the connection breaks off, \
no answer comes, or the server answers 429 or 5xx.

Example: wasmscope push http://localhost:4040 run.wscope --label env=dev";

/// Send a recording as pprof to Pyroscope, Parca, or what takes the same
#[derive(Debug, clap::Args)]
#[command(after_help = ENVIRONMENT)]
pub struct PushArgs {
    /// The server's base URL, such as http://localhost:4040 or https://user@profiles.example
    url: String,
    /// The recording (.wscope), or a profile of another tool
    file: PathBuf,
    #[command(flatten)]
    symbols: SymbolArgs,
    /// What runs on the server
    #[arg(long, value_enum, default_value_t, hide_possible_values = true, value_name = "pyroscope|parca")]
    receiver: Receiver,
    /// What the application is called there: the label service_name of Pyroscope, job of Parca [default: the module's
    /// name without its ending]
    #[arg(long, value_name = "APP")]
    name: Option<String>,
    /// A label to find it by, such as region=eu; may be given several times. module and build_id are there anyway
    #[arg(long = "label", value_name = "KEY=VALUE")]
    labels: Vec<Label>,
    /// Send this metric alone: time, crossings, host-time, pages, allocations, allocated, live, peak,
    /// short-lived, calls, instructions, moved [default: all that were recorded]
    #[arg(short, long)]
    metric: Option<Metric>,
    /// Only what happened between two moments: times since the recording began, such as 250ms, or start, peak, end, or
    /// calls: frame#3, frame#3.end
    #[arg(long, num_args = 2, value_names = ["FROM", "UNTIL"])]
    between: Option<Vec<Moment>>,
    /// Tell the time of now as that of the run: servers refuse what is old, Pyroscope what is older than an hour
    #[arg(long)]
    now: bool,
    /// How often it is tried again, after pauses that grow from a second to a minute, or what the server asks for, a
    /// minute at most
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(0..=100))]
    retries: u32,
    /// How long one try may take
    #[arg(long, value_name = "DUR", default_value = "30s", value_parser = duration)]
    timeout: Duration,
}

pub(super) fn run(args: &PushArgs) -> anyhow::Result<()> {
    let token = std::env::var_os(TOKEN).map(OsString::into_string).transpose();
    let token = token.map_err(|_| BadServer::Credentials)?;
    let token = token.as_deref().map(str::trim).filter(|token| !token.is_empty());
    let server = Server::new(&args.url, token)?;
    let profile = pipeline::open_recording(&args.file, args.symbols.path())?;
    let labels = args.all_labels(&profile)?;
    let pprof = args.pprof(&profile)?;
    print::damage(&args.file, &profile);
    if server.tells_secrets_openly() {
        print::note("the credentials go over http, where others can read them; https would hide them");
    }
    let PushArgs { receiver, retries, timeout, .. } = *args;
    push::push(
        &Push { server: &server, receiver, labels: &labels, profile: &pprof, retries, timeout },
        &tell_retry,
    )?;
    let (size, to) = (units::bytes(pprof.len() as u64), server.url(""));
    print::note(&format!("{}: sent {size} to {to} as {}", args.file.display(), braced(&labels)));
    Ok(())
}

impl PushArgs {
    fn all_labels(&self, profile: &Profile) -> anyhow::Result<Vec<Label>> {
        let recording = profile.recording();
        let module = &*recording.meta.module_name;
        let build_id = build_id(profile);
        let app = self.name.as_deref().unwrap_or(module.strip_suffix(".wasm").unwrap_or(module));
        if app.is_empty() {
            bail!("{}: the module has no name; --name gives one", self.file.display());
        }
        let origin = Origin { module, build_id: build_id.as_deref() };
        Ok(all_labels((self.receiver.app_key(), app), origin, &self.labels)?)
    }

    /// The file to be sent.
    fn pprof(&self, profile: &Profile) -> anyhow::Result<Vec<u8>> {
        if !Metric::ALL.into_iter().any(|metric| metric.available_in(profile)) {
            bail!("{}: there is nothing in it to send", self.file.display());
        }
        let metric = metric(&self.file, profile, self.metric)?;
        let time = self.time(profile, metric).with_context(|| self.file.display().to_string())?;
        let query = CallTreeQuery { metric, time, ..CallTreeQuery::default() };
        let created = Some(profile.recording().meta.created_unix_millis).filter(|at| *at > 0 && !self.now);
        Ok(pprof_at(profile, &query, created.unwrap_or_else(unix_millis), self.metric.is_some()))
    }

    fn time(&self, profile: &Profile, metric: Metric) -> anyhow::Result<Option<Range<u64>>> {
        let Some([from, until]) = self.between.as_deref() else { return Ok(None) };
        if !metric.is_timed() {
            bail!("{metric} is summed over the whole run: --between says nothing to it");
        }
        Ok(Some(moment::between(profile, None, from, until)?))
    }
}

fn unix_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn tell_retry(retry: &Retry<'_>) {
    let Retry { url, number, of, .. } = retry;
    let pause = units::nanos(u64::try_from(retry.pause.as_nanos()).unwrap_or(u64::MAX));
    print::note(&format!("{url}: {}; trying again in {pause} ({number} of {of})", retry.reason()));
}

/// `{service_name="words", module="words.wasm"}`.
fn braced(labels: &[Label]) -> String {
    let labels: Vec<_> = labels.iter().map(|Label { name, value }| format!("{name}={value:?}")).collect();
    format!("{{{}}}", labels.join(", "))
}
