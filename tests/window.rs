//! The real window, under a display server of its own: a sample is run, its flame graph is on screen, it is saved; its
//! hot line is found and its flame graph exported; two builds are run and compared.
//!
//! Widgets are found by their labels and clicked over the window's inspection socket, so that nothing depends on where
//! they are drawn. Where there is no display server or no OpenGL the test says so and passes, unless
//! `WASMSCOPE_WINDOW_TEST=required` is set.

use egui::{Event, Key, Modifiers, PointerButton, Pos2, Rect, Role, accesskit, pos2};
use egui_inspection::protocol::{self, Request, Response};
use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const TIME_LIMIT: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(100);

#[test]
fn a_sample_runs_is_on_screen_and_is_saved() {
    let Some(mut window) = window() else { return };
    window.click("Two loops · C");
    window.click("Run");
    let [main, long, short] =
        ["__original_main", "long_loop", "short_loop"].map(|name| window.wait_for(Role::TreeItem, name));
    let canvas = window.wait_for(Role::Canvas, "Flame graph");
    assert!(canvas.contains_rect(long) && canvas.contains_rect(short), "{canvas:?}: {long:?}, {short:?}");
    assert!(long.width() > 100.0 && long.height() > 10.0, "{long:?}");
    assert!(long.width() > short.width(), "{long:?} ran three times as long as {short:?}");
    assert!(main.bottom() <= long.top(), "{main:?} called {long:?}");

    let picture = window.screenshot();
    let seen = colours(&picture, long);
    let fill = seen.iter().max_by_key(|(_, count)| *count).map(|(colour, _)| *colour);
    assert!(seen.len() > 4, "a box with a label has more than one colour: {seen:?}");
    let below = pos2(canvas.center().x, canvas.bottom() - 3.0);
    assert_ne!(fill, Some(pixel(&picture, below)), "the box looks like the empty canvas");

    // There is no desktop here to ask for a path, so the window does.
    window.press(Key::S, Modifiers::COMMAND);
    window.wait_for(Role::TextInput, "Path");
    window.press(Key::Enter, Modifiers::NONE);
    window.wait_for(Role::Button, "Dismiss");
    let saved = std::fs::read(window.home.path().join("hotloop.wscope")).expect("the recording was saved");
    assert!(wasmscope_instrument::recording::read(&saved).is_ok());

    window.click("Fragmentation");
    let whole = window.wait_for(Role::Canvas, "Fragmentation map");
    assert!(whole.width() > 300.0, "{whole:?}");
    window.click("Zoom in");
    let svg = String::from_utf8(window.takes_picture("SVG", b"</svg>\n")).expect("it is text");
    assert!(svg.contains("<title>hotloop.wscope: Fragmentation</title>") && svg.contains("<image "), "{svg}");
    let png = window.takes_picture("PNG", b"IEND\xaeB`\x82");
    let saved = image::load_from_memory(&png).expect("it is a PNG").to_rgba8();
    let size = [saved.width(), saved.height()];
    assert!(
        size[0] > whole.width() as u32 && size[1] > whole.height() as u32,
        "{size:?} is more than {whole:?}"
    );
    let all = Rect::from_min_size(Pos2::ZERO, egui::vec2(size[0] as f32, size[1] as f32));
    assert!(colours(&saved, all).len() > 20, "it is more than its paper");
    let [width, height] = ["width", "height"].map(|name| number(&svg, name));
    assert!(
        (width - size[0] as f32).abs() <= 1.0 && (height - size[1] as f32).abs() <= 1.0,
        "{size:?}: {svg}"
    );
}

#[test]
fn the_hot_line_is_found_and_the_flame_graph_exported() {
    let Some(mut window) = window() else { return };
    window.click("Two loops · C");
    window.click("Run");
    let long = window.wait_for(Role::TreeItem, "long_loop");
    window.settle();
    window.click_at(long.center());
    let is_told =
        |node: &accesskit::Node, words: &str| node.description().is_some_and(|told| told.contains(words));
    let is_line = |node: &accesskit::Node| node.role() == Role::ListItem;
    let is_hot = |node: &accesskit::Node| {
        is_line(node) && is_told(node, "Total") && node.label().is_some_and(|text| text.contains("mix(x)"))
    };
    let line = window.wait_until("line that takes time", is_hot);
    window.click_at(line.center());
    window.wait_until("chosen line", |node| is_hot(node) && node.is_selected() == Some(true));
    window.does("Export: Flame graph (SVG)");
    window.wait_for(Role::TextInput, "Path");
    window.press(Key::Enter, Modifiers::NONE);
    let svg = String::from_utf8(window.wait_for_file("hotloop.svg", b"</svg>\n")).expect("it is text");
    assert!(svg.contains("long_loop") && svg.contains("short_loop"), "{svg}");
}

#[test]
fn two_builds_are_run_and_compared() {
    let Some(mut window) = window() else { return };
    for build in ["after", "before"] {
        window.click(&format!("Chatty boundary {build}"));
        window.click("Run");
        window.wait_for(Role::TreeItem, "escape_time");
        let is_end = |text: Option<&str>| text == Some("exited with code 0");
        window.wait_until("end of the run", |node| is_end(node.label()) || is_end(node.value()));
        if build == "after" {
            window.does("Start page");
        }
    }
    window.press(Key::D, Modifiers::COMMAND | Modifiers::SHIFT);
    let is_other = |node: &accesskit::Node| {
        node.role() == Role::Button && node.label().is_some_and(|label| label.starts_with("1. chatty-after"))
    };
    window.wait_until("other build", is_other);
    window.settle();
    let other = window.wait_until("other build", is_other);
    window.click_at(other.center());
    window.click("Flame graph of both");
    let canvas = window.wait_for(Role::Canvas, "Flame graph of both builds");
    let gone = window.wait_for(Role::TreeItem, "put (gone)");
    assert!(canvas.contains_rect(gone), "{canvas:?}: {gone:?}");
}

/// The window; `None` where there can't be one, which is said.
fn window() -> Option<Window> {
    match Window::open() {
        Ok(window) => Some(window),
        Err(reason) if is_required() => panic!("{reason}"),
        Err(reason) => {
            eprintln!("skipped: {reason}");
            None
        }
    }
}

/// The first number of that name.
fn number(svg: &str, name: &str) -> f32 {
    let (_, rest) = svg.split_once(&format!(" {name}=\"")).expect("the picture has a size");
    rest.split_once('"').and_then(|(number, _)| number.parse().ok()).expect("it is a number")
}

fn is_required() -> bool {
    std::env::var("WASMSCOPE_WINDOW_TEST").is_ok_and(|value| value == "required")
}

type Colour = [u8; 4];

/// The colours within `rect` and how many pixels have each.
fn colours(picture: &image::RgbaImage, rect: Rect) -> std::collections::BTreeMap<Colour, usize> {
    let mut counts = std::collections::BTreeMap::new();
    let (left, top) = (rect.left().ceil() as u32, rect.top().ceil() as u32);
    for y in top..rect.bottom() as u32 {
        for x in left..rect.right() as u32 {
            *counts.entry(pixel(picture, pos2(x as f32, y as f32))).or_default() += 1;
        }
    }
    counts
}

fn pixel(picture: &image::RgbaImage, at: Pos2) -> Colour {
    picture.get_pixel(at.x as u32, at.y as u32).0
}

/// The program with its window. Both end with it; the program goes first, as fields are dropped in order.
struct Window {
    socket: TcpStream,
    deadline: Instant,
    _program: Killed,
    _display: Killed,
    home: TempDir,
}

/// A process that ends with its owner, however the test ends.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Window {
    /// Opens the window on a new display. An error says what this machine lacks.
    fn open() -> Result<Window, String> {
        // The build must not count as time of the window.
        let mut command = Command::new(wasmscope_tests::program());
        let deadline = Instant::now() + TIME_LIMIT;
        let (display, name) = start_display()?;
        let home = TempDir::new().expect("there is room for a folder");
        for variable in ["HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"] {
            command.env(variable, home.path());
        }
        let address = free_address();
        command
            .env_remove("WAYLAND_DISPLAY")
            .env("DISPLAY", name)
            .env("EGUI_INSPECTION", address.to_string());
        command.env("LIBGL_ALWAYS_SOFTWARE", "1").env("LC_ALL", "C.UTF-8").stderr(Stdio::piped());
        // Neither the bus nor a helper of the user's desktop is to show dialogs of its own.
        command.env_remove("DBUS_SESSION_BUS_ADDRESS").env("PATH", "").current_dir(home.path());
        let mut program = Killed(command.spawn().expect("the program was built"));
        let socket = connect(&mut program.0, address, deadline)?;
        Ok(Window { socket, deadline, _program: program, _display: display, home })
    }

    fn ask(&mut self, request: &Request) -> Response {
        protocol::write_message(&mut self.socket, request).expect("the window listens");
        protocol::read_message(&mut self.socket).expect("the window answers")
    }

    /// Where the first widget of that role and label is, as soon as there is one.
    fn wait_for(&mut self, role: Role, label: &str) -> Rect {
        self.wait_until(&format!("{role:?} `{label}`"), |node| {
            node.role() == role && node.label() == Some(label)
        })
    }

    /// Where the first widget is that is the one that is meant, as soon as there is one.
    fn wait_until(&mut self, what: &str, is_it: impl Fn(&accesskit::Node) -> bool) -> Rect {
        loop {
            let Response::Tree { accesskit: Some(tree), .. } = self.ask(&Request::GetTree) else {
                panic!("the window does not tell its widgets");
            };
            let mut nodes = tree.nodes.iter().map(|(_, node)| node);
            let found = nodes.find(|node| is_it(node));
            if let Some(bounds) = found.and_then(accesskit::Node::bounds) {
                return in_points(bounds);
            }
            let labels: Vec<_> = tree.nodes.iter().filter_map(|(_, node)| node.label()).collect();
            assert!(Instant::now() < self.deadline, "no {what} among {labels:?}");
            std::thread::sleep(POLL);
        }
    }

    /// A picture of the fragmentation map, by the list of commands and the path that is suggested.
    fn takes_picture(&mut self, format: &str, end: &[u8]) -> Vec<u8> {
        self.does(&format!("picture fragmentation {format}"));
        self.wait_for(Role::TextInput, "Path");
        self.press(Key::Enter, Modifiers::NONE);
        self.wait_for_file(&format!("hotloop.fragmentation.{}", format.to_lowercase()), end)
    }

    /// What is in a file, as soon as it is there up to its `end`.
    fn wait_for_file(&self, name: &str, end: &[u8]) -> Vec<u8> {
        let path = self.home.path().join(name);
        loop {
            match std::fs::read(&path) {
                Ok(bytes) if bytes.ends_with(end) => return bytes,
                _ => assert!(Instant::now() < self.deadline, "there is no {}", path.display()),
            }
            std::thread::sleep(POLL);
        }
    }

    /// Does the first command that the list of them finds by these words.
    fn does(&mut self, words: &str) {
        self.press(Key::P, Modifiers::COMMAND | Modifiers::SHIFT);
        self.wait_for(Role::TextInput, "Command");
        self.feed([Event::Text(words.to_owned())]);
        self.press(Key::Enter, Modifiers::NONE);
    }

    /// Clicks the button `label`, as soon as there is one.
    fn click(&mut self, label: &str) {
        self.wait_for(Role::Button, label);
        self.settle();
        let pos = self.wait_for(Role::Button, label).center();
        self.click_at(pos);
    }

    /// Waits until what has just appeared moves no more; also the display's own pointer enters the window as it opens.
    fn settle(&mut self) {
        let answer = self.ask(&Request::Settle { max_steps: 60 });
        assert!(matches!(answer, Response::Settled { .. }), "{answer:?}");
    }

    fn click_at(&mut self, pos: Pos2) {
        let press = |pressed| Event::PointerButton {
            pos,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        };
        // What is under the pointer is known from the frame before.
        self.feed([Event::PointerMoved(pos), press(true), press(false)]);
    }

    fn press(&mut self, key: Key, modifiers: Modifiers) {
        let event = |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers };
        self.feed([event(true), event(false)]);
    }

    /// A frame for each event.
    fn feed(&mut self, events: impl IntoIterator<Item = Event>) {
        for event in events {
            let answer = self.ask(&Request::ApplyEvents { events: vec![event] });
            assert!(matches!(answer, Response::Done), "{answer:?}");
        }
    }

    /// What is on screen, a pixel a point.
    fn screenshot(&mut self) -> image::RgbaImage {
        let Response::Screenshot(png) = self.ask(&Request::GetScreenshot { pixels_per_point: Some(1.0) })
        else {
            panic!("the window shows nothing");
        };
        image::load_from_memory(&png.bytes).expect("the toolkit writes PNG").to_rgba8()
    }
}

fn in_points(bounds: accesskit::Rect) -> Rect {
    let accesskit::Rect { x0, y0, x1, y1 } = bounds;
    Rect::from_min_max(pos2(x0 as f32, y0 as f32), pos2(x1 as f32, y1 as f32))
}

/// A display server and the name of its display. It looks for a free number itself.
fn start_display() -> Result<(Killed, String), String> {
    let mut command = Command::new("Xvfb");
    command.args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"]);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let started = command.spawn().map_err(|error| format!("no Xvfb: {error}"))?;
    let mut display = Killed(started);
    let output = display.0.stdout.as_mut().ok_or("Xvfb has no output")?;
    let mut number = String::new();
    BufReader::new(output).read_line(&mut number).map_err(|error| format!("Xvfb: {error}"))?;
    match number.trim() {
        "" => Err("Xvfb could not start".to_owned()),
        number => Ok((display, format!(":{number}"))),
    }
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a loopback address is free");
    listener.local_addr().expect("it is bound")
}

/// The window's socket, open as soon as the window is. What the program says on ending earlier is the error.
fn connect(program: &mut Child, address: SocketAddr, deadline: Instant) -> Result<TcpStream, String> {
    loop {
        if let Ok(socket) = TcpStream::connect(address) {
            socket.set_read_timeout(Some(TIME_LIMIT)).expect("a socket has a time limit");
            let version = protocol::read_handshake(&socket).expect("the window greets");
            assert_eq!(version, protocol::PROTOCOL_VERSION);
            return Ok(socket);
        }
        let ended = program.try_wait().is_ok_and(|status| status.is_some());
        if ended {
            let mut words = String::new();
            let stderr = program.stderr.as_mut().map(|stderr| stderr.read_to_string(&mut words));
            stderr.transpose().map_err(|error| error.to_string())?;
            // Anything but this sentence is a fault of the program.
            assert!(words.contains("the window can't be opened"), "{words}");
            return Err(words);
        }
        assert!(Instant::now() < deadline, "the window does not open");
        std::thread::sleep(POLL);
    }
}
