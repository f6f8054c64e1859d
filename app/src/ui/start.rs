//! Starts the window, or says in one sentence why there can be none.

use super::App;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The machine has no display that we could draw on.
    #[error(
        "there is no display to draw a window on; `wasmscope record` and `wasmscope report` work without one \
         ({reason})"
    )]
    NoDisplay {
        /// What the toolkit said.
        reason: String,
    },
    /// The window failed for want of a library, or for a reason of the toolkit's own.
    #[error(
        "the window can't be opened ({reason}); on Debian or Ubuntu `apt install {PACKAGES}` brings what it needs, \
         and `wasmscope record` and `wasmscope report` work without it"
    )]
    NoWindow {
        /// What the toolkit said.
        reason: String,
    },
}

/// What a bare Debian lacks.
const PACKAGES: &str = "libx11-6 libx11-xcb1 libxcursor1 libxi6 libxkbcommon-x11-0 libgl1 libegl1 \
                        libgl1-mesa-dri libwayland-client0 libwayland-egl1";

const NAME: &str = "wasmscope";
/// What the window is called while no recording is in front.
pub const TITLE: &str = "Wasmscope";

/// Opens the window with the modules and recordings at `paths`, and names and lines out of what is at `symbols`.
/// Returns when it is closed.
pub fn run(paths: Vec<PathBuf>, symbols: Option<PathBuf>) -> Result<(), StartError> {
    if no_display_is_named() {
        return Err(StartError::NoDisplay {
            reason: "neither DISPLAY nor WAYLAND_DISPLAY is set".to_owned(),
        });
    }
    // The toolkit panics where a library is missing; its backtrace would only hide our sentence.
    let hook = std::panic::take_hook();
    let started = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    std::panic::set_hook(quiet_until(&started, hook));
    let result = catch_unwind(AssertUnwindSafe(|| {
        eframe::run_native(NAME, options(), creator(paths, symbols, started))
    }));
    match result {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(why(&error.to_string())),
        Err(panic) => Err(why(&panic_words(&*panic))),
    }
}

/// The toolkit's words, without the places in its own source that they begin with.
fn why(words: &str) -> StartError {
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let reason = words.rsplit(".rs:").next().unwrap_or_default();
    let reason = reason.trim_start_matches(|c: char| c.is_ascii_digit() || c == ':' || c == ' ').to_owned();
    if reason.contains("connection") {
        StartError::NoDisplay { reason }
    } else {
        StartError::NoWindow { reason }
    }
}

type Hook = Box<dyn Fn(&std::panic::PanicHookInfo<'_>) + Sync + Send + 'static>;

fn quiet_until(started: &std::sync::Arc<std::sync::atomic::AtomicBool>, hook: Hook) -> Hook {
    let started = std::sync::Arc::clone(started);
    Box::new(move |info| {
        if started.load(std::sync::atomic::Ordering::Relaxed) {
            hook(info);
        }
    })
}

fn creator(
    paths: Vec<PathBuf>,
    symbols: Option<PathBuf>,
    started: std::sync::Arc<std::sync::atomic::AtomicBool>,
) -> eframe::AppCreator<'static> {
    Box::new(move |cc| {
        started.store(true, std::sync::atomic::Ordering::Relaxed);
        Ok(Box::new(App::new(cc, paths, symbols)))
    })
}

fn options() -> eframe::NativeOptions {
    let viewport = egui::ViewportBuilder::default()
        .with_title(TITLE)
        .with_app_id(NAME)
        .with_inner_size([1280.0, 800.0])
        .with_min_inner_size([640.0, 420.0])
        .with_drag_and_drop(true);
    // Without an icon the window is as good.
    let icon = eframe::icon_data::from_png_bytes(include_bytes!("../../../assets/wasmscope.png"));
    let viewport = match icon {
        Ok(icon) => viewport.with_icon(icon),
        Err(_) => viewport,
    };
    eframe::NativeOptions { viewport, ..Default::default() }
}

fn no_display_is_named() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(all(unix, not(target_os = "macos"))) && !is_set("DISPLAY") && !is_set("WAYLAND_DISPLAY")
}

fn panic_words(panic: &(dyn std::any::Any + Send)) -> String {
    let words = panic.downcast_ref::<String>().map(String::as_str);
    words.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("the toolkit failed").to_owned()
}

#[cfg(test)]
mod tests {
    use super::why;

    #[test]
    fn reasons_name_no_file_of_the_toolkit() {
        let words = "winit EventLoopError: os error at /x/mod.rs:788: Failed to open connection to X server";
        let text = why(words).to_string();
        assert!(
            text.starts_with("there is no display")
                && text.ends_with("(Failed to open connection to X server)"),
            "{text}"
        );
        let text = why("library libX11.so.6 could not be loaded").to_string();
        assert!(text.contains("libX11.so.6") && text.contains("apt install"), "{text}");
    }
}
