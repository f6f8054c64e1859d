//! What is written for browsers, in a browser: somebody types, clicks and presses keys, and what is then seen is
//! compared with the profile.
//!
//! A script behind the page plays that somebody and leaves what it saw as text. Where there is no Chromium the tests
//! say so and pass, unless `WASMSCOPE_BROWSER_TEST=required` is set.

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use wasmscope::analysis::CallTreeQuery;
use wasmscope::export::{Format, export};
use wasmscope::profile::{Profile, ProfileBuilder};

const TIME_LIMIT: Duration = Duration::from_secs(60);
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// The whole is 1,000 ns wide; `render` hands out 400 bytes, and one name means harm.
fn profile() -> Profile {
    let profile = ProfileBuilder::new().memory(2, Some(16)).folded(
        "_start;main@main.c:3;parse@parse.c:7;scan@parse.c:9 600
         _start;main;render@main.c:5 200
         _start;main;render;</script><script>document.title='owned'</script> 100
         _start;main;render;[host.write] 100",
    );
    let profile = profile.alloc(5, "_start;main;render;malloc", 66_000, 300);
    let profile = profile.alloc(6, "_start;main;parse;malloc", 67_000, 100);
    profile.edit(|recording| recording.meta.module_name = "app.wasm".to_owned()).build()
}

fn written(format: Format) -> String {
    String::from_utf8(export(&profile(), &CallTreeQuery::default(), format)).unwrap()
}

/// What `script` leaves in `seen` on the page, opened with `fragment` behind its address.
fn seen(page: &str, ending: &str, fragment: &str, script: &str) -> Option<Value> {
    let Some(browser) = browser() else {
        assert!(!is_required(), "there is no Chromium among the programs of this machine");
        eprintln!("skipped: there is no Chromium");
        return None;
    };
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("page").with_extension(ending);
    std::fs::write(&file, with_script(page, ending, script)).unwrap();
    let dom = dom(&browser, dir.path(), &format!("file://{}{fragment}", file.display()));
    let found = dom.split_once("[seen[").and_then(|(_, rest)| rest.split_once("]seen]"));
    let (words, _) = found.unwrap_or_else(|| panic!("the script did not end: {dom}"));
    let words =
        words.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", "\u{a0}").replace("&amp;", "&");
    Some(serde_json::from_str(&words).unwrap_or_else(|error| panic!("{error}: {words}")))
}

/// The page with a script behind all of its own, which its policy is told of.
fn with_script(page: &str, ending: &str, script: &str) -> String {
    let body = format!(
        "addEventListener('load', () => setTimeout(() => {{\nlet result;\ntry {{ result = (() => {{ {script} }})(); }}\n\
         catch (error) {{ result = String(error.stack); }}\n\
         const note = document.createElementNS(document.documentElement.namespaceURI, 'desc');\n\
         note.textContent = '[seen' + '[' + JSON.stringify(result) + ']seen' + ']';\n\
         document.documentElement.append(note);\n}}, 300));"
    );
    match ending {
        "svg" => page.replace("</svg>", &format!("<script><![CDATA[{body}]]></script></svg>")),
        _ => {
            let page = page.replace("script-src 'sha256-", "script-src 'nonce-test' 'sha256-");
            page.replace("</body>", &format!("<script nonce=\"test\">{body}</script></body>"))
        }
    }
}

fn is_required() -> bool {
    std::env::var("WASMSCOPE_BROWSER_TEST").is_ok_and(|value| value == "required")
}

fn browser() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let places: Vec<PathBuf> = std::env::split_paths(&path).collect();
    NAMES.iter().flat_map(|name| places.iter().map(move |place| place.join(name))).find(|file| file.is_file())
}

/// The document after its scripts ran.
fn dom(browser: &Path, dir: &Path, address: &str) -> String {
    let output = dir.join("dom");
    let mut command = Command::new(browser);
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]);
    command.args(["--disable-background-networking", "--disable-component-update", "--disable-sync"]);
    command.arg(format!("--user-data-dir={}", dir.join("user").display()));
    command.args(["--window-size=1280,800", "--virtual-time-budget=4000", "--dump-dom", address]);
    command.env("HOME", dir).stderr(Stdio::null()).stdin(Stdio::null());
    command.stdout(std::fs::File::create(&output).unwrap());
    wait(command.spawn().unwrap_or_else(|error| panic!("{}: {error}", browser.display())));
    std::fs::read_to_string(output).unwrap()
}

fn wait(mut browser: Child) {
    let deadline = Instant::now() + TIME_LIMIT;
    while browser.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            browser.kill().unwrap();
            browser.wait().unwrap();
            panic!("the browser does not come to an end");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What the scripts share: somebody's hands and eyes. Row 0 of the picture is `all`; a row is 19 pixels high.
const HANDS: &str = "
    const find = (id) => document.getElementById(id), canvas = find('canvas');
    const type = (id, text) => { find(id).value = text; find(id).dispatchEvent(new Event('input', { bubbles: true })); };
    const press = (key, node = canvas) => {
        node.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    };
    const at = (kind, share, row) => {
        const box = canvas.getBoundingClientRect();
        const place = { clientX: box.left + box.width * share, clientY: box.top + row * 19 + 9, bubbles: true };
        canvas.dispatchEvent(new PointerEvent(kind, place));
    };
    const choose = (metric) => { find('metric').value = metric; find('metric').dispatchEvent(new Event('change')); };
    const details = () => find('details').textContent;
    const rows = () => Array.from(find('table').tBodies[0].rows, (row) => Array.from(row.cells, (c) => c.textContent));
";

/// Does `script` on the report, with hands and eyes.
fn on_report(fragment: &str, script: &str) -> Option<Value> {
    seen(&written(Format::Html), "html", fragment, &format!("{HANDS}{script}"))
}

#[test]
fn the_report_opens_with_what_the_profile_says() {
    let script = "return {
        title: document.title, details: details(), rows: rows(), about: find('about').textContent,
        metrics: Array.from(find('metric').options, (option) => option.value),
        inked: new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data).size > 8,
    };";
    let Some(seen) = on_report("", script) else { return };
    assert_eq!(seen["title"], "app.wasm: Wasmscope report", "nobody's name is a script");
    assert_eq!(seen["details"], "all · Total 1.00 µs, 100.0 % of all · Own 0 ns, 0.0 % of all");
    assert_eq!(seen["metrics"], json!(["time", "allocations", "allocated", "live", "peak", "short-lived"]));
    assert!(seen["about"].as_str().unwrap().ends_with("1.00 µs in all."), "{seen}");
    assert_eq!(seen["inked"], true);
    let rows = seen["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 7, "{rows:?}");
    assert_eq!(rows[0], json!(["scan", "600 ns", "60.0 %", "600 ns", "60.0 %", "parse.c:9"]));
    assert_eq!((&rows[1][0], &rows[1][3]), (&json!("render"), &json!("400 ns")));
}

#[test]
fn boxes_are_zoomed_to_by_clicks_and_keys() {
    let script = "
        const steps = [];
        const note = () => steps.push([details().split(' · ')[0], location.hash]);
        at('pointermove', 0.3, 3);
        const tip = find('tip').textContent;
        at('click', 0.3, 3); note();
        press('Escape'); note();
        press('ArrowDown'); press('ArrowDown'); press('ArrowDown'); note();
        press('ArrowRight'); note();
        press('Enter'); note();
        press('ArrowUp'); note();
        press('Home'); note();
        find('flip').click();
        return { steps, tip, flipped: location.hash, pressed: find('flip').getAttribute('aria-pressed') };
    ";
    let Some(seen) = on_report("", script) else { return };
    let tip = seen["tip"].as_str().unwrap();
    assert!(tip.starts_with("parseTotal 600 ns, 60.0 % of all, 60.0 % of its callerOwn 0 ns"), "{tip}");
    let expected = json!([
        ["parse", "#metric=time&zoom=3"],
        ["all", "#metric=time"],
        ["parse", "#metric=time"],
        ["render", "#metric=time"],
        ["render", "#metric=time&zoom=5"],
        // Its caller is wider than what is shown, so all of it is.
        ["main", "#metric=time&zoom=2"],
        ["all", "#metric=time"],
    ]);
    assert_eq!(seen["steps"], expected);
    assert_eq!((&seen["flipped"], &seen["pressed"]), (&json!("#metric=time&flip=1"), &json!("true")));
}

#[test]
fn search_tells_hits_and_their_share() {
    let script = "
        const told = {};
        for (const text of ['scan|write', 'parse|scan', '^r', 'nothing', '(', '']) {
            type('search', text);
            told[text] = find('matched').textContent;
        }
        type('search', 'scan|write');
        press('n', document.body); const first = details().split(' · ')[0];
        press('n', document.body); const second = details().split(' · ')[0];
        press('n', document.body); const third = details().split(' · ')[0];
        press('N', document.body); const before = details().split(' · ')[0];
        return { told, hits: [first, second, third, before], hash: location.hash };
    ";
    let Some(seen) = on_report("", script) else { return };
    let expected = json!({
        "scan|write": "2 functions, 2 boxes, 70.0 %",
        "parse|scan": "2 functions, 2 boxes, 60.0 %",
        "^r": "1 function, 1 box, 40.0 %",
        "nothing": "0 functions, 0 boxes, 0.0 %",
        "(": "not a regular expression",
        "": "",
    });
    assert_eq!(seen["told"], expected);
    assert_eq!(seen["hits"], json!(["scan", "host.write", "scan", "host.write"]));
    assert_eq!(seen["hash"], "#metric=time&search=scan%7Cwrite");
}

#[test]
fn another_metric_keeps_the_place() {
    let script = "
        at('click', 0.3, 3);
        choose('allocated');
        const allocated = [details(), rows()[0]];
        choose('time');
        return { allocated, time: details() };
    ";
    let Some(seen) = on_report("", script) else { return };
    let details = seen["allocated"][0].as_str().unwrap();
    assert!(details.starts_with("parse · Total 100 B, 25.0 % of all"), "{details}");
    assert_eq!(seen["allocated"][1], json!(["malloc", "400 B", "100.0 %", "400 B", "100.0 %", ""]));
    assert!(seen["time"].as_str().unwrap().starts_with("parse · Total 600 ns"), "{seen}");
}

#[test]
fn functions_are_sorted_filtered_and_found() {
    let script = "
        const names = () => rows().map((row) => row[0]);
        const heads = find('table').querySelectorAll('th button');
        heads[0].click(); const rising = names();
        heads[0].click(); const falling = names();
        heads[3].click(); const total = names().slice(0, 2);
        type('filter', 'REN'); const filtered = [names(), find('filtered').textContent];
        find('table').querySelector('td button').click();
        return { rising, falling, total, filtered, search: find('search').value, details: details() };
    ";
    let Some(seen) = on_report("", script) else { return };
    let mut falling: Vec<Value> = seen["rising"].as_array().unwrap().clone();
    falling.reverse();
    assert_eq!(seen["falling"], Value::Array(falling));
    assert_eq!(seen["total"], json!(["main", "_start"]), "what is alike stays in the order that it had");
    assert_eq!(seen["filtered"], json!([["render"], "1 of 7"]));
    assert_eq!(seen["search"], "^render$");
    assert!(seen["details"].as_str().unwrap().starts_with("render · Total 400 ns"), "{seen}");
}

#[test]
fn a_link_leads_to_a_place() {
    let script =
        "return [find('metric').value, find('search').value, find('matched').textContent, details()];";
    let Some(seen) = on_report("#metric=live&search=malloc&zoom=2", script) else { return };
    assert_eq!(seen[0], "live");
    assert_eq!((&seen[1], &seen[2]), (&json!("malloc"), &json!("1 function, 2 boxes, 100.0 %")));
    assert!(seen[3].as_str().unwrap().starts_with("main · Total 400 B"), "{seen}");
    let Some(seen) = on_report("#memory", script) else { return };
    assert_eq!((&seen[0], &seen[1]), (&json!("time"), &json!("")));
}

/// A script that is smuggled in does not run, since the policy knows none but the report's own.
#[test]
fn nothing_else_runs_in_the_report() {
    let page = written(Format::Html).replace("<main>", "<main><script>document.title = 'owned';</script>");
    let Some(seen) = seen(&page, "html", "", "return document.title;") else { return };
    assert_eq!(seen, "app.wasm: Wasmscope report");
}

#[test]
fn the_flame_graph_in_one_file_zooms_and_searches() {
    let script = "
        const box = (name) => document.querySelector(`.f[data-n='${name}']`);
        const width = (name) => Number(box(name).querySelector('rect').getAttribute('width'));
        const matched = document.getElementById('matched'), before = width('render');
        window.prompt = () => 'scan|write';
        document.getElementById('search').dispatchEvent(new MouseEvent('click'));
        const found = [matched.textContent, box('scan').classList.contains('hit')];
        box('render').dispatchEvent(new MouseEvent('click'));
        const zoomed = [width('render'), box('scan').classList.contains('gone'), box('main').classList.contains('above')];
        window.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }));
        return { before, found, zoomed, after: width('render') };
    ";
    let Some(seen) = seen(&written(Format::Svg), "svg", "", script) else { return };
    assert_eq!(seen["found"], json!(["scan|write: 70.0 %", true]));
    assert_eq!(seen["zoomed"], json!([1180, true, true]));
    assert_eq!((&seen["before"], &seen["after"]), (&json!(472), &json!(472)));
}
