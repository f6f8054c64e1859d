//! Profiles sent to servers: to one of our own, which keeps what it is told, by the program itself.

use crate::profile_proto::{Profile, ValueType};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};
use std::{fs, thread};
use tempfile::TempDir;
use wasmscope_tests::{program, sample_module, wasmscope};

const RECEIVED: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";

/// A run of a program in Rust.
static RECORDING: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    let module = sample_module("words", "words.wasm");
    let output = wasmscope(dir.path(), &["record", module.to_str().unwrap(), "-q", "-o", "run.wscope"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::read(dir.path().join("run.wscope")).unwrap()
});

/// What servers make of what they are told.
trait Served {
    fn metrics(&self) -> Vec<&str>;
    fn profile_types(&self, name: &str) -> Vec<String>;
}

impl Served for Profile {
    fn metrics(&self) -> Vec<&str> {
        self.sample_type.iter().map(|of| self.text(of.r#type)).collect()
    }

    /// What servers call each column, as `wasm:time:nanoseconds:time:nanoseconds`.
    fn profile_types(&self, name: &str) -> Vec<String> {
        let type_of = |of: &ValueType| format!("{}:{}", self.text(of.r#type), self.text(of.unit));
        let period = type_of(&self.period_type.unwrap());
        self.sample_type.iter().map(|of| format!("{name}:{}:{period}", type_of(of))).collect()
    }
}

/// What the server was told.
#[derive(Clone, Debug, PartialEq)]
struct Request {
    line: String,
    headers: HashMap<String, String>,
    body: Vec<u8>,
}

impl Request {
    fn read(stream: &mut BufReader<&TcpStream>) -> Option<Request> {
        // A client that wants TLS doesn't begin with a letter.
        if !stream.fill_buf().ok()?.first()?.is_ascii_alphabetic() {
            return None;
        }
        let mut lines = stream.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty());
        let line = lines.next()?;
        let headers: HashMap<_, _> = lines
            .filter_map(|line| {
                line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            })
            .collect();
        let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
        stream.read_exact(&mut body).ok()?;
        Some(Request { line, headers, body })
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The labels, from where `place` leads to within the series.
    fn labels(&self, place: &str) -> Vec<(String, String)> {
        let json = self.json();
        let word = |label: &Value, key: &str| label[key].as_str().unwrap().to_owned();
        let labels = json.pointer(place).unwrap().as_array().unwrap();
        labels.iter().map(|label| (word(label, "name"), word(label, "value"))).collect()
    }

    fn profile(&self) -> Vec<u8> {
        let json = self.json();
        let series = json["series"].as_array().unwrap();
        assert_eq!((series.len(), series[0]["samples"].as_array().unwrap().len()), (1, 1));
        STANDARD.decode(series[0]["samples"][0]["rawProfile"].as_str().unwrap()).unwrap()
    }
}

/// A server on this machine, which gives one answer after the other, and the last one again and again.
struct Server {
    url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    fn start(answers: &[&str]) -> Server {
        let answers: Vec<String> = answers.iter().map(|answer| (*answer).to_owned()).collect();
        Server::with(move |number, stream| {
            let answer = &answers[number.min(answers.len() - 1)];
            let _ = stream.write_all(answer.as_bytes());
        })
    }

    /// `answer` is told how many requests there were before.
    fn with(answer: impl Fn(usize, &mut &TcpStream) + Send + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::<Mutex<Vec<Request>>>::default();
        let seen = Arc::clone(&requests);
        // It ends with the tests.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Some(request) = Request::read(&mut BufReader::new(&stream)) else {
                    let _ = (&stream).write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
                    continue;
                };
                let before = seen.lock().unwrap().len();
                seen.lock().unwrap().push(request);
                answer(before, &mut &stream);
            }
        });
        Server { url, requests }
    }

    fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

fn folder() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("run.wscope"), &*RECORDING).unwrap();
    dir
}

/// The program, pushing, with nothing of the environment that decides where connections go.
fn command(dir: &Path, url: &str, words: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.args(["push", url, "run.wscope"]).args(words).current_dir(dir).env("HOME", dir);
    for name in ["http_proxy", "https_proxy", "all_proxy"] {
        command.env_remove(name).env_remove(name.to_uppercase());
    }
    command.env_remove("WASMSCOPE_PUSH_TOKEN");
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn pushed(url: &str, words: &[&str]) -> String {
    let output = command(folder().path(), url, words).output().unwrap();
    assert!(output.status.success(), "{words:?}: {}", said(&output));
    said(&output)
}

/// The sentence at the end, of which there is one for each try before.
fn refused(url: &str, words: &[&str]) -> String {
    refused_as("", url, words)
}

fn refused_as(token: &str, url: &str, words: &[&str]) -> String {
    let output = command(folder().path(), url, words).env("WASMSCOPE_PUSH_TOKEN", token).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{words:?}: {}", said(&output));
    assert!(output.stdout.is_empty() && !said(&output).contains("panicked"), "{}", said(&output));
    said(&output)
}

#[test]
fn a_busy_server_has_it_in_the_end() {
    let busy = answer(
        "503 Service Unavailable",
        "Retry-After: 0\r\n",
        r#"{"code":"unavailable","message":"the ring is not ready"}"#,
    );
    let server = Server::start(&[&busy, &busy, RECEIVED]);
    let said = pushed(&server.url, &["--name", "a \"shop\"", "--label", "region=eu", "--label", "env=größe"]);
    let again = said.lines().filter(|line| line.contains("503: the ring is not ready; trying again in"));
    assert_eq!(again.count(), 2, "{said}");
    assert!(said.contains("(2 of 4)") && said.lines().last().unwrap().contains("sent"), "{said}");

    let requests = server.requests();
    assert!(requests.len() == 3 && requests[0] == requests[2], "the same is sent each time");
    let request = &requests[2];
    assert_eq!(request.line, "POST /push.v1.PusherService/Push HTTP/1.1");
    assert_eq!(request.headers["content-type"], "application/json");
    assert_eq!(request.headers["connect-protocol-version"], "1");
    assert!(!request.headers.contains_key("authorization"));
    let labels = request.labels("/series/0/labels");
    let at = labels.iter().position(|(name, _)| name == "build_id").unwrap();
    assert!(labels[at].1.len() >= 16 && labels[at].1.chars().all(|c| c.is_ascii_hexdigit()), "{labels:?}");
    let others: Vec<_> = labels.iter().filter(|(name, _)| name != "build_id").collect();
    let pair = |(name, value): &(String, String)| format!("{name}={value}");
    assert_eq!(
        others.into_iter().map(pair).collect::<Vec<_>>(),
        [
            "__name__=wasm",
            "__delta__=false",
            "service_name=a \"shop\"",
            "module=words.wasm",
            "region=eu",
            "env=größe"
        ]
    );
}

#[test]
fn what_arrives_is_what_is_exported() {
    let server = Server::start(&[RECEIVED]);
    let dir = folder();
    let output = command(dir.path(), &server.url, &[]).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let profile = server.requests()[0].profile();
    let exported = wasmscope(dir.path(), &["export", "run.wscope", "--format", "pprof"]);
    assert!(exported.stdout == profile, "the file of the export is another one");

    // Our own reader, and pprof's, see the program in it.
    fs::write(dir.path().join("got.pb.gz"), &profile).unwrap();
    let report = wasmscope(dir.path(), &["report", "got.pb.gz", "--view", "functions", "--all"]);
    assert!(report.status.success(), "{}", said(&report));
    assert!(String::from_utf8_lossy(&report.stdout).contains("words::"), "{report:?}");
    let words = ["tool", "pprof", "-top", "-sample_index=host_time", "got.pb.gz"];
    match Command::new("go").args(words).current_dir(dir.path()).env("HOME", dir.path()).output() {
        Ok(top) => {
            let text = String::from_utf8_lossy(&top.stdout).into_owned();
            assert!(top.status.success() && text.contains("Type: host_time"), "{text} {}", said(&top));
        }
        Err(_) => eprintln!("skipped: there is no go to read it"),
    }
}

#[test]
fn parca_is_told_in_its_own_words() {
    let server = Server::start(&[RECEIVED]);
    pushed(&format!("{}/prefix/", server.url), &["--receiver", "parca", "--label", "env=dev"]);
    let request = &server.requests()[0];
    assert_eq!(request.line, "POST /prefix/api/profiles/writeraw HTTP/1.1");
    let names: Vec<_> = request.labels("/series/0/labels/labels").into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["__name__", "job", "module", "build_id", "env"]);
    assert!(request.labels("/series/0/labels/labels").contains(&("job".to_owned(), "words".to_owned())));
    // Names of PromQL, five words each, or Parca refuses all.
    let types = Profile::of(&request.profile()).profile_types("wasm");
    let is_name = |name: &String| name.chars().all(|c| c.is_ascii_alphanumeric() || "_:".contains(c));
    assert!(types.iter().all(|name| is_name(name) && name.split(':').count() == 5), "{types:?}");
    assert!(types.iter().any(|name| name == "wasm:host_time:nanoseconds:time:nanoseconds"), "{types:?}");
}

#[test]
fn less_is_sent_where_less_is_asked_for() {
    let server = Server::start(&[RECEIVED]);
    let sent = |words: &[&str]| {
        pushed(&server.url, words);
        Profile::of(&server.requests().last().unwrap().profile())
    };
    let all = sent(&[]);
    assert!(all.metrics().contains(&"time") && all.metrics().contains(&"crossings"), "{:?}", all.metrics());
    let allocated = sent(&["--metric", "allocated"]);
    assert_eq!(allocated.metrics(), ["allocated"]);
    assert!(all.time_nanos == allocated.time_nanos && all.period_type.is_some());
    let part = sent(&["--between", "0", "1ms"]);
    assert!(part.duration_nanos == 1_000_000 && !part.metrics().contains(&"crossings"));
    assert!(sent(&["--now"]).time_nanos > all.time_nanos);
}

#[test]
fn profiles_that_tell_no_time_are_of_now() {
    let server = Server::start(&[RECEIVED]);
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("run.wscope"), "main;parse 12\nmain;draw 3\n").unwrap();
    let output = command(dir.path(), &server.url, &["--name", "folded"]).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let request = &server.requests()[0];
    assert!(request.labels("/series/0/labels").iter().all(|(name, _)| name != "build_id"));
    let profile = Profile::of(&request.profile());
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() as i64;
    assert!(((now - 60_000_000_000)..=now).contains(&profile.time_nanos), "{}", profile.time_nanos);
    assert!(profile.period_type.is_some(), "Pyroscope breaks where there is none");
}

#[test]
fn refusals_are_told_and_final() {
    let cases = [
        (
            "400 Bad Request",
            r#"{"code":"invalid_argument","message":"bad \u001b[31mlabels"}"#,
            "400: bad [31mlabels",
        ),
        ("401 Unauthorized", "", "401; set WASMSCOPE_PUSH_TOKEN"),
        ("404 Not Found", "404 page not found\n", "404: 404 page not found; is this its base URL"),
        ("413 Payload Too Large", "<html>\n<p>too\n<p>large\n<hr>", "413: <html> <p>too <p>large; --metric"),
    ];
    for (status, body, sentence) in cases {
        let server = Server::start(&[&answer(status, "", body)]);
        let said = refused(&server.url, &[]);
        assert!(said.contains(sentence) && said.contains(&server.url), "{status}: {said}");
        assert_eq!((said.lines().count(), server.requests().len()), (1, 1), "{status}: {said}");
    }
}

#[test]
fn credentials_are_sent_and_never_shown() {
    let server = Server::start(&[&answer("401 Unauthorized", "", "who?")]);
    let said = refused_as("s3cret\n", &server.url, &[]);
    assert!(
        said.contains("401: who?; it doesn't take the credentials") && !said.contains("s3cret"),
        "{said}"
    );
    let user = server.url.replace("http://", "http://12:s3cret@");
    let said = [said, refused(&user, &["--receiver", "parca"])].concat();
    let told: Vec<_> = server.requests().iter().map(|it| it.headers["authorization"].clone()).collect();
    assert_eq!(told, ["Bearer s3cret".to_owned(), format!("Basic {}", STANDARD.encode("12:s3cret"))]);
    let said = [said, refused("http://12:s3cret@", &[]), refused("12:s3cret@localhost", &[])].concat();
    assert!(!said.contains("s3cret"), "{said}");
}

#[test]
fn redirects_are_told_and_not_followed() {
    let other = Server::start(&[RECEIVED]);
    let to = format!("Location: {}/push.v1.PusherService/Push\r\n", other.url.replace("//", "//me:pw@"));
    for status in ["301 Moved Permanently", "307 Temporary Redirect"] {
        let server = Server::start(&[&answer(status, &to, "")]);
        let said = refused_as("s3cret", &server.url, &[]);
        assert!(said.contains("sends on to") && said.contains(&other.url) && !said.contains("pw@"), "{said}");
        assert_eq!(server.requests().len(), 1, "{status}");
    }
    assert!(other.requests().is_empty());
}

#[test]
fn what_is_no_receiver_is_known() {
    let page = answer("200 OK", "Content-Type: text/html\r\n", "<!doctype html>\n<title>Parca</title>");
    let server = Server::start(&[&page]);
    let said = refused(&server.url, &["--receiver", "parca"]);
    assert!(said.contains("no receiver of profiles: <!doctype html>"), "{said}");
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let said = refused(&format!("http://{nobody}"), &["--retries", "1"]);
    assert!(said.contains("nobody listens there; trying again in"), "{said}");
    assert!(said.trim_end().ends_with("nobody listens there (tried 2 times)"), "{said}");
    let said = refused(&server.url.replace("http:", "https:"), &[]);
    assert!(said.contains("doesn't speak TLS; is it http:// rather than https://?"), "{said}");
    let other = Server::start(&["SSH-2.0-OpenSSH_9.2\r\n"]);
    assert!(refused(&other.url, &[]).contains("doesn't speak HTTP"));
}

#[test]
fn slow_servers_are_left() {
    let server = Server::with(|_, _| thread::sleep(Duration::from_secs(60)));
    let said = refused(&server.url, &["--timeout", "300ms", "--retries", "0"]);
    assert!(said.contains("no answer within 0.3 s") && said.lines().count() == 1, "{said}");
    // One that says more than anybody wants to hear.
    let server = Server::with(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        while stream.write_all(&[b'x'; 1 << 16]).is_ok() {}
    });
    let said = refused(&server.url, &[]);
    assert!(said.contains("xxx…") && said.len() < 600, "{said}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_wait() {
    let busy = answer("429 Too Many Requests", "Retry-After: 3600\r\n", "");
    let server = Server::start(&[&busy]);
    let dir = folder();
    let mut child = command(dir.path(), &server.url, &[]).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("429; trying again in 1 min 00 s (1 of 4)"), "{line}");
    let began = Instant::now();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert!(!child.wait().unwrap().success());
    assert!(began.elapsed() < Duration::from_secs(40), "{:?}", began.elapsed());
    assert_eq!(server.requests().len(), 1);
}
